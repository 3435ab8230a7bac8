import type { RunNews } from '../protocol.ts';
import type { Actor } from './feed.ts';
import { Lane } from './lane.tsx';
import { Legend } from './legend.tsx';
import { linesOf } from './measure-text.ts';
import { isNarrow, windowWidth } from './narrow.ts';
import { go } from './route.ts';
import { StateBadge } from './state-badge.tsx';
import { runStates } from './state-look.ts';
import { actorList, goneSince } from './store.ts';
import { VirtualList } from './virtual-list.tsx';
import { clock, count } from './words.ts';

const rowHeight = 58;

const kindWords: Readonly<Record<string, string>> = {
  sameCall: 'the same call, with an equal outcome',
  sameMistake: 'the same mistake',
  unknownTool: 'calls of tools that do not exist',
  inTurn: 'calls in turn',
};

/** What a run repeats, in words. */
export function loopWords({ loop }: RunNews): string {
  if (loop === null) return 'nothing';
  const what = kindWords[loop.kind] ?? loop.kind;
  return loop.kind === 'unknownTool' ? what : `${loop.tool}: ${what}`;
}

/** How it ended each time, in words. */
export const endingWords = ({ loop }: RunNews): string =>
  loop === null || loop.endings.length === 0 ? '' : loop.endings.join(' | ');

/** How often a run has repeated itself, on the way to being told, refused and stopped. */
export function Repetitions({ run }: { run: RunNews }) {
  const times = run.loop?.count ?? 0;
  const { warnAfter, denyAfter, stopAfter } = run;
  const words = `${times} times; told from ${warnAfter}, refused from ${denyAfter}, should stop at ${stopAfter}`;
  const x = (value: number): number => (Math.min(value, stopAfter) / Math.max(1, stopAfter)) * 100;
  const look =
    times >= stopAfter ? 'isolated' : times >= denyAfter ? 'open' : times >= warnAfter ? 'half' : 'closed';
  return (
    <span class="repetitions" role="img" aria-label={words} title={words}>
      <span class="number">
        {times}
        <span class="of">/{stopAfter}</span>
      </span>
      <svg class="ladder" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="rail" y="3" width="100" height="2" />
        <rect class={`run look-${look}`} y="2" width={x(times)} height="4" />
        {[warnAfter, denyAfter].map((at) => (
          <rect key={at} class="mark" x={x(at) - 0.5} y="0" width="1" height="8" />
        ))}
      </svg>
    </span>
  );
}

const byTrouble = (a: Actor, b: Actor): number => {
  const rank = ({ state }: Actor): number => (runStates as readonly string[]).indexOf(state);
  return (
    rank(a) - rank(b) ||
    (b.run?.loop?.count ?? 0) - (a.run?.loop?.count ?? 0) ||
    (b.since ?? 0) - (a.since ?? 0)
  );
};

const since = ({ since: at }: Actor): string => (at === null ? '' : `since ${clock(at)}`);

interface RunRow {
  readonly actor: Actor;
  readonly run: RunNews;
}

function Row({ actor, run }: RunRow) {
  const endings = endingWords(run);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only enlarges the target of the button inside.
    <div
      class={goneSince(actor) === null ? 'run-row' : 'run-row is-gone'}
      role="presentation"
      onClick={() => go({ view: 'chart', actor: actor.id })}
    >
      <span role="cell" class="cell state" title={since(actor)}>
        <StateBadge kind="run" state={actor.state} />
      </span>
      <span role="cell" class="cell name">
        <button type="button" class="plain" title={`${run.run}: its statechart`}>
          {run.run}
        </button>
      </span>
      <span role="cell" class="cell loop">
        <span class={run.loop === null ? 'quiet' : ''} title={loopWords(run)}>
          {loopWords(run)}
        </span>
        {endings !== '' && (
          <span class="reason" title={endings}>
            ended with: {endings}
          </span>
        )}
      </span>
      <span role="cell" class="cell times">
        <Repetitions run={run} />
      </span>
      <span role="cell" class="cell denials">
        {run.warned || ''}
      </span>
      <span role="cell" class="cell denials">
        {run.denied || ''}
      </span>
      <span role="cell" class="cell history">
        <Lane actor={actor} />
      </span>
    </div>
  );
}

function Card({ actor, run }: RunRow) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only enlarges the target of the button inside.
    <div
      class={goneSince(actor) === null ? 'tool-card' : 'tool-card is-gone'}
      role="presentation"
      onClick={() => go({ view: 'chart', actor: actor.id })}
    >
      <span role="cell" class="state">
        <StateBadge kind="run" state={actor.state} />
        <span class="push" />
        <Repetitions run={run} />
      </span>
      <span role="cell" class="name">
        <button type="button" class="plain">
          {run.run}
        </button>
      </span>
      <span role="cell" class="why">
        <span class="reason">{cardWords(run)}</span>
      </span>
      <span role="cell" class="history">
        <Lane actor={actor} />
      </span>
      <span role="cell" class="card-figures">
        <span>{count(run.warned, 'correction')}</span>
        <span>{run.denied.toLocaleString('en')} refused</span>
      </span>
    </div>
  );
}

function cardWords(run: RunNews): string {
  const endings = endingWords(run);
  return `${run.loop === null ? 'repeats nothing' : loopWords(run)}${endings === '' ? '' : `; ended with: ${endings}`}`;
}

function heightOf({ run }: RunRow): number {
  if (!isNarrow.value) return rowHeight;
  const width = windowWidth.value - 62;
  const name = linesOf(run.run, width, { size: 15, isBold: true });
  return 124 + name * 21 + linesOf(cardWords(run), width, { size: 13, isBold: false }) * 19;
}

const columns = [
  ['state', 'State'],
  ['name', 'Run'],
  ['loop', 'What it repeats'],
  ['times', 'Times'],
  ['denials', 'Told'],
  ['denials', 'Refused'],
  ['history', 'History'],
] as const;

/** The runs of agents, with what each repeats. */
export function Runs() {
  const all = actorList.value
    .flatMap((actor): RunRow[] => (actor.run === null ? [] : [{ actor, run: actor.run }]))
    .sort((a, b) => byTrouble(a.actor, b.actor));
  return (
    <main class="runs">
      <h1 class="unseen">Runs</h1>
      {all.length === 0 ? (
        <div class="empty">
          <p>
            <strong>No run yet.</strong> A run of an agent appears here when a call names it, or with{' '}
            <code>registry.run(id)</code>.
          </p>
          <p>
            It is told when it repeats itself, then refused, and in the end it should stop and ask its user.
          </p>
        </div>
      ) : (
        <>
          <div
            class={isNarrow.value ? 'table cards' : 'table'}
            role="table"
            aria-label="Runs"
            aria-rowcount={all.length + 1}
          >
            <div class={isNarrow.value ? 'head unseen' : 'head'} role="rowgroup">
              <div class="run-row" role="row" aria-rowindex={1}>
                {columns.map(([name, words]) => (
                  <span key={words} role="columnheader" class={`cell ${name}`}>
                    {words}
                  </span>
                ))}
              </div>
            </div>
            <VirtualList
              items={all}
              rowHeight={heightOf}
              keyOf={({ actor }) => actor.id}
              row={(each) => (isNarrow.value ? <Card {...each} /> : <Row {...each} />)}
              label={count(all.length, 'run')}
              before={1}
              inWindow={isNarrow.value}
            />
          </div>
          <Legend of="run" />
        </>
      )}
    </main>
  );
}
