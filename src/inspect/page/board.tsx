import {
  type BoardRow,
  boardRows,
  fold,
  onlyState,
  type Sort,
  search,
  sort,
  sorts,
  stateCounts,
  tools,
} from './board-list.ts';
import { Countdown, nextTimer } from './countdown.tsx';
import { Failures } from './failures.tsx';
import type { Actor } from './feed.ts';
import { Calls, Errors, LatencyText } from './figures.tsx';
import { Lane } from './lane.tsx';
import { period, periods, showPeriod } from './lanes.ts';
import { Legend } from './legend.tsx';
import { linesOf } from './measure-text.ts';
import { isNarrow, windowWidth } from './narrow.ts';
import { nextAttemptOf, reasonOf } from './reason.ts';
import { RegistryLine, RegistryStrip } from './registry-strip.tsx';
import { go } from './route.ts';
import { StateBadge } from './state-badge.tsx';
import { goneSince, hello } from './store.ts';
import { factsOf } from './upstream.ts';
import { VirtualList } from './virtual-list.tsx';
import { clock, count, eventWords, percent, rate, span, took } from './words.ts';

const rowHeight = 58;
const groupHeight = 44;
/** The parts of a card beside its name and its reason, in px, and the height of a line of each. */
const cardRest = 124;
const nameLine = 21;
const reasonLine = 19;
const indentPx = 18;

const isGone = (actor: Actor): boolean => goneSince(actor) !== null;

function goneWords(actor: Actor): string | null {
  const since = goneSince(actor);
  if (since === null) return null;
  return since === 'unknown' ? 'not connected' : `gone since ${clock(since)}`;
}

const reasonWords = (actor: Actor): string | null => goneWords(actor) ?? reasonOf(actor)?.words ?? null;

function Reason({ actor }: { actor: Actor }) {
  const words = reasonWords(actor);
  if (words === null) return null;
  return (
    <span class={reasonOf(actor)?.isBad && !isGone(actor) ? 'reason bad-reason' : 'reason'} title={words}>
      {words}
    </span>
  );
}

/** How many of the rows below a row refuse calls. */
function innerWords(inner: readonly Actor[]): string {
  const refusing = inner.filter(({ state }) => state === 'open' || state === 'isolated').length;
  return `${refusing > 0 ? `${refusing} of ` : ''}${inner.length}${refusing > 0 ? ' open' : ''}`;
}

function FoldButton({ row }: { row: BoardRow & { kind: 'tool' | 'keys' } }) {
  if (row.inner.length === 0) return null;
  const name = row.kind === 'tool' ? row.actor.name : row.name;
  return (
    <button
      type="button"
      class="fold"
      aria-expanded={!row.isFolded}
      aria-label={`Below ${name}: ${innerWords(row.inner)}`}
      onClick={(event) => {
        event.stopPropagation();
        fold(row.key, !row.isFolded);
      }}
    >
      <svg viewBox="0 0 10 10" aria-hidden="true">
        <path d={row.isFolded ? 'M3 1l4 4-4 4' : 'M1 3l4 4 4-4'} />
      </svg>
      {innerWords(row.inner)}
    </button>
  );
}

function NextAttempt({ actor }: { actor: Actor }) {
  const { state, timers, kind } = actor;
  const next = kind === 'circuit' ? nextAttemptOf(actor) : nextTimer(timers);
  if (next !== undefined) return <Countdown timer={next} hasClock />;
  return state === 'isolated' ? <span class="quiet">when released</span> : null;
}

const since = ({ since: at }: Actor): string | undefined => (at === null ? undefined : `since ${clock(at)}`);

function Row({ row }: { row: BoardRow & { kind: 'tool' } }) {
  const { actor, depth } = row;
  const { tool, state, kind, name } = actor;
  const facts = factsOf(actor);
  const timer = nextTimer(actor.timers);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only enlarges the target of the button inside.
    <div
      class={isGone(actor) ? 'tool-row is-gone' : 'tool-row'}
      role="presentation"
      onClick={() => go({ view: 'chart', actor: actor.id })}
    >
      <span role="cell" class="cell state" title={since(actor)}>
        <StateBadge kind={kind} state={state} />
      </span>
      <span role="cell" class="cell name" style={{ paddingLeft: `${depth * indentPx}px` }}>
        <span class="line">
          <button type="button" class="plain" title={`${name}: its statechart`}>
            {name}
          </button>
          <FoldButton row={row} />
        </span>
        <Reason actor={actor} />
      </span>
      <span role="cell" class="cell history">
        <Lane actor={actor} />
      </span>
      <span role="cell" class="cell rate">
        {facts && <Calls facts={facts} />}
      </span>
      <span role="cell" class="cell share">
        {facts && <Errors share={facts.errorShare} />}
      </span>
      <span role="cell" class="cell times">
        {facts && <LatencyText latency={facts.latency} />}
      </span>
      <span role="cell" class="cell failures-cell">
        {tool && <Failures failures={tool.failures} threshold={tool.threshold} />}
      </span>
      <span role="cell" class="cell denials">
        {tool !== null && tool.denials > 0 && tool.denials.toLocaleString('en')}
      </span>
      <span role="cell" class="cell recovery" title={timer && eventWords(timer.event)}>
        <NextAttempt actor={actor} />
      </span>
    </div>
  );
}

/** The figures of a card, in words. */
function cardFigures(actor: Actor): string[] {
  const { tool } = actor;
  const facts = factsOf(actor);
  return [
    ...(facts === undefined ? [] : [facts.perMinute === 0 ? 'no calls' : rate(facts.perMinute)]),
    ...(facts?.errorShare == null ? [] : [`${percent(facts.errorShare)} errors`]),
    ...(facts?.latency == null ? [] : [`p95 ${took(facts.latency.p95)}`]),
    ...(tool === null ? [] : [`${tool.failures}/${tool.threshold} failures`]),
    ...(tool === null || tool.denials === 0 ? [] : [`${tool.denials.toLocaleString('en')} denied`]),
  ];
}

/** A row of a narrow window. */
function Card({ row }: { row: BoardRow & { kind: 'tool' } }) {
  const { actor, depth } = row;
  const { state, kind, name } = actor;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only enlarges the target of the button inside.
    <div
      class={isGone(actor) ? 'tool-card is-gone' : 'tool-card'}
      role="presentation"
      style={{ marginLeft: `${Math.min(depth, 2) * indentPx}px` }}
      onClick={() => go({ view: 'chart', actor: actor.id })}
    >
      <span role="cell" class="state">
        <StateBadge kind={kind} state={state} />
        <FoldButton row={row} />
        <span class="push" />
        <NextAttempt actor={actor} />
      </span>
      <span role="cell" class="name">
        <button type="button" class="plain">
          {name}
        </button>
      </span>
      <span role="cell" class="why">
        <Reason actor={actor} />
      </span>
      <span role="cell" class="history">
        <Lane actor={actor} />
      </span>
      <span role="cell" class="card-figures">
        {cardFigures(actor).map((words) => (
          <span key={words}>{words}</span>
        ))}
      </span>
    </div>
  );
}

/** The head of a tool of which only circuits with keys exist. */
function KeysRow({ row }: { row: BoardRow & { kind: 'keys' } }) {
  return (
    <div class="keys-row" role="presentation">
      <span role="cell" class="name">
        <strong>{row.name}</strong> <FoldButton row={row} />
      </span>
    </div>
  );
}

function AnyRow({ row }: { row: BoardRow }) {
  if (row.kind === 'group') {
    return (
      <div class="group-row" role="presentation">
        <span role="cell">
          <RegistryLine registry={row.actor} count={row.count} />
        </span>
      </div>
    );
  }
  if (row.kind === 'keys') return <KeysRow row={row} />;
  return isNarrow.value ? <Card row={row} /> : <Row row={row} />;
}

/** The height of a row in px. A card has all of its words, so that it is as high as they need. */
function heightOf(row: BoardRow): number {
  if (row.kind === 'group') return isNarrow.value ? 2 * groupHeight : groupHeight;
  if (row.kind === 'keys') return groupHeight;
  if (!isNarrow.value) return rowHeight;
  const width = windowWidth.value - 62 - Math.min(row.depth, 2) * indentPx;
  const words = reasonWords(row.actor);
  const name = linesOf(row.actor.name, width, { size: 15, isBold: true });
  return (
    cardRest +
    name * nameLine +
    (words === null ? 0 : linesOf(words, width, { size: 13, isBold: false }) * reasonLine)
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

/** How far back the lanes reach. */
function PeriodChoice() {
  return (
    <label class="sorting">
      <span>History</span>
      <select
        value={String(period.value)}
        onChange={({ currentTarget }) => showPeriod(Number(currentTarget.value))}
      >
        {periods.map(({ ms, words }) => (
          <option key={ms} value={String(ms)}>
            {words}
          </option>
        ))}
      </select>
    </label>
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
      <PeriodChoice />
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
  ['state', 'State', ''],
  ['name', 'Tool', ''],
  ['history', '', ''],
  ['rate', 'Calls', 'in the last 5 minutes, and how they ended'],
  ['share', 'Errors', 'the share of failures, in the last 5 minutes'],
  ['times', 'p50 · p95 · p99', 'how long recent calls took'],
  ['failures-cell', 'Failures', 'towards the threshold'],
  ['denials', 'Denied', 'calls that were refused since the start'],
  ['recovery', 'Next attempt', ''],
] as const;

function Head() {
  return (
    <div class={isNarrow.value ? 'head unseen' : 'head'} role="rowgroup">
      <div class="tool-row" role="row" aria-rowindex={1}>
        {columns.map(([name, words, about]) => (
          <span key={name} role="columnheader" class={`cell ${name}`} title={about || undefined}>
            {name === 'history' ? (
              <>
                <span>−{span(period.value).replace(/ 0 (min|s)$/, '')}</span>
                <span class="unseen">History</span>
                <span>now</span>
              </>
            ) : (
              words
            )}
          </span>
        ))}
      </div>
    </div>
  );
}

function Tools() {
  const rows = boardRows.value;
  const howMany = rows.filter(({ kind }) => kind === 'tool').length;
  return (
    <>
      <div
        class={isNarrow.value ? 'table cards' : 'table'}
        role="table"
        aria-label="Tools"
        aria-rowcount={rows.length + 1}
      >
        <Head />
        <VirtualList
          items={rows}
          rowHeight={heightOf}
          keyOf={({ key }) => key}
          row={(row) => <AnyRow row={row} />}
          label={count(howMany, 'tool')}
          before={1}
          inWindow={isNarrow.value}
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
          <Legend of="circuit" />
        </>
      )}
    </main>
  );
}
