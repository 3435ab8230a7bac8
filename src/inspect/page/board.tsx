import { BoardBar } from './board-bar.tsx';
import { boardRows, tools } from './board-list.ts';
import { AnyRow } from './board-row.tsx';
import { heightOf } from './board-row-height.ts';
import { period } from './lanes.ts';
import { Legend } from './legend.tsx';
import { isNarrow } from './narrow.ts';
import { RegistryStrip } from './registry-strip.tsx';
import { hello } from './store.ts';
import { VirtualList } from './virtual-list.tsx';
import { count, span } from './words.ts';

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
          row={(row, _, isBrief) => <AnyRow row={row} isBrief={isBrief} />}
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
          <BoardBar />
          <Tools />
          <Legend of="circuit" />
        </>
      )}
    </main>
  );
}
