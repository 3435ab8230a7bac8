import type { ActorNews } from '../protocol.ts';
import { boardRows, onlyState, type Sort, search, sort, sorts, stateCounts, tools } from './board-list.ts';
import { Countdown, nextTimer } from './countdown.tsx';
import { Failures } from './failures.tsx';
import { RegistryStrip } from './registry-strip.tsx';
import { go } from './route.ts';
import { Sparkline } from './sparkline.tsx';
import { StateBadge } from './state-badge.tsx';
import { hello } from './store.ts';
import { refusingUpstream } from './upstream.ts';
import { VirtualList } from './virtual-list.tsx';
import { count, eventWords, phrase } from './words.ts';

const rowHeight = 44;

function Row({ actor }: { actor: ActorNews }) {
  const { tool, state, kind, name } = actor;
  const timer = nextTimer(actor.timers);
  const upstream = refusingUpstream(actor);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only enlarges the target of the button inside.
    <div class="tool-row" role="presentation" onClick={() => go({ view: 'chart', actor: actor.id })}>
      <span role="cell" class="cell state">
        <StateBadge kind={kind} state={state} />
      </span>
      <span role="cell" class="cell name">
        <button type="button" class="plain" title={`${name}: its statechart`}>
          {name}
        </button>
      </span>
      <span role="cell" class="cell failures-cell">
        {tool && <Failures failures={tool.failures} threshold={tool.threshold} />}
      </span>
      <span role="cell" class="cell recovery" title={timer && eventWords(timer.event)}>
        {timer && <Countdown timer={timer} />}
      </span>
      <span role="cell" class="cell denials">
        {tool !== null && tool.denials > 0 && tool.denials.toLocaleString('en')}
      </span>
      <span role="cell" class="cell error">
        {upstream ? `refused: ${upstream.name}` : tool?.lastError && phrase(tool.lastError)}
      </span>
      <span role="cell" class="cell outcomes">
        {tool && <Sparkline outcomes={tool.outcomes} />}
      </span>
    </div>
  );
}

function Filters() {
  const all = tools.value.length;
  return (
    <div class="chips" role="group" aria-label="Show only a state">
      <button type="button" aria-pressed={onlyState.value === null} onClick={() => (onlyState.value = null)}>
        All <span class="tally">{all.toLocaleString('en')}</span>
      </button>
      {stateCounts.value.map(({ state, kind, count: howMany }) => (
        <button
          type="button"
          key={state}
          aria-pressed={onlyState.value === state}
          onClick={() => (onlyState.value = onlyState.value === state ? null : state)}
        >
          <StateBadge kind={kind} state={state} /> <span class="tally">{howMany.toLocaleString('en')}</span>
        </button>
      ))}
    </div>
  );
}

function Nothing() {
  return (
    <div class="empty">
      <p>
        <strong>No tool yet.</strong> A circuit appears here when its tool is first used.
      </p>
      <p>
        Any XState v5 app shows itself here with <code>createWebSocketInspector</code> of{' '}
        <code>@statelyai/inspect</code>, at <code>{hello.value?.appUrl}</code>.
      </p>
    </div>
  );
}

function SearchAndSort() {
  return (
    <>
      <input
        type="search"
        placeholder="Find a tool"
        aria-label="Find a tool"
        value={search.value}
        onInput={({ currentTarget }) => (search.value = currentTarget.value)}
      />
      <label class="sorting">
        <span>Sort</span>
        <select
          value={sort.value}
          onChange={({ currentTarget }) => (sort.value = currentTarget.value as Sort)}
        >
          {Object.entries(sorts).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

const columns = [
  ['state', 'State'],
  ['name', 'Tool'],
  ['failures-cell', 'Failures'],
  ['recovery', 'Waits'],
  ['denials', 'Denied'],
  ['error', 'Last error'],
  ['outcomes', 'Outcomes'],
] as const;

function Tools() {
  const rows = boardRows.value;
  return (
    <>
      <div class="table" role="table" aria-label="Tools" aria-rowcount={rows.length + 1}>
        <div class="head" role="rowgroup">
          <div class="tool-row" role="row" aria-rowindex={1}>
            {columns.map(([name, words]) => (
              <span key={name} role="columnheader" class={`cell ${name}`}>
                {words}
              </span>
            ))}
          </div>
        </div>
        <VirtualList
          items={rows}
          rowHeight={rowHeight}
          keyOf={({ id }) => id}
          row={(actor) => <Row actor={actor} />}
          label={count(rows.length, 'tool')}
          before={1}
        />
      </div>
      {rows.length === 0 && <p class="empty">No tool matches.</p>}
    </>
  );
}

/** The board: a row for every tool. */
export function Board() {
  return (
    <main class="board">
      <h1 class="unseen">Board</h1>
      <RegistryStrip />
      {tools.value.length === 0 ? (
        <Nothing />
      ) : (
        <>
          <div class="bar">
            <Filters />
            <span class="push" />
            <SearchAndSort />
          </div>
          <Tools />
        </>
      )}
    </main>
  );
}
