import { activeStates } from '../chart/index.ts';
import type { TimerNews } from '../protocol.ts';
import { activeFromText } from '../state-text.ts';
import { ChartDrawing, type Lit } from './chart-drawing.tsx';
import { Controls } from './controls.tsx';
import {
  type DrawnChart,
  drawnChart,
  hasMore,
  refusedBy,
  showsAll,
  stateOfTimer,
  transitionsOf,
} from './drawn-chart.ts';
import { Facts } from './facts.tsx';
import type { Actor } from './feed.ts';
import { guardNumbers } from './guard-numbers.ts';
import { go, route } from './route.ts';
import { chosen, type LastEvents, lastEventsOf, stateAfter } from './sequence-list.ts';
import { lookOf } from './state-look.ts';
import { actorList, actors, actorsTick, eventsTick, feeds, goneSince } from './store.ts';
import { ZoomPane } from './zoom-pane.tsx';

/** The shown actor: the chosen one, or else the first. */
function actorInView(): Actor | undefined {
  actorsTick.value;
  const { actor } = route.value;
  return (actor === null ? undefined : actors.get(actor)) ?? actorList.value[0];
}

const byName = (a: Actor, b: Actor): number => (a.name < b.name ? -1 : 1);

const groups = [
  ['Registry', (kind: string) => kind === 'registry'],
  ['Tools', (kind: string) => kind !== 'registry' && kind !== 'run'],
  ['Runs', (kind: string) => kind === 'run'],
] as const;

function Picker({ actor }: { actor: Actor | undefined }) {
  const hasFeeds = feeds.value.length > 1;
  return (
    <select
      class="picker"
      aria-label="Whose statechart"
      value={actor?.id ?? ''}
      onChange={({ currentTarget }) => go({ actor: currentTarget.value })}
    >
      {groups.map(([label, isOf]) => {
        const all = actorList.value.filter(({ kind }) => isOf(kind)).sort(byName);
        return all.length === 0 ? null : (
          <optgroup key={label} label={label}>
            {all.map(({ id, name, kind, state, feed }) => (
              <option key={id} value={id}>
                {name} ({lookOf(kind, state).word}){hasFeeds && !feed.isOwn && `, ${feed.name ?? feed.id}`}
              </option>
            ))}
          </optgroup>
        );
      })}
    </select>
  );
}

/** The highlights: the active state, its timers, the transition into it, and the last event. */
function litOf(actor: Actor, { model }: DrawnChart, then: string | undefined, last: LastEvents): Lit {
  const active = then === undefined ? new Set(activeStates(actor.value)) : activeFromText(then);
  const timers = new Map<string, TimerNews>();
  for (const timer of then === undefined ? actor.timers : []) {
    const state = stateOfTimer(model, timer.event, active);
    if (state !== undefined) timers.set(state, timer);
  }
  const taken = new Map<string, number>();
  for (const event of [last.change, last.event]) {
    for (const id of event === undefined ? [] : transitionsOf(model, event)) taken.set(id, event?.seq ?? 0);
  }
  const refused = new Map<string, string>();
  if (last.event !== undefined) {
    for (const id of refusedBy(model, last.event)) {
      const guard = model.transitions.find((each) => each.id === id)?.guard ?? null;
      // The numbers are of now, and not of an event of the past.
      refused.set(id, (then === undefined ? guardNumbers(actor, guard) : undefined) ?? '');
    }
  }
  return { kind: actor.kind, active, taken, refused, timers };
}

/** The box that the drawing begins with where it does not fit in: that of the active state. */
function focusOf(
  { layout }: DrawnChart,
  state: string,
): { readonly x: number; readonly y: number } | undefined {
  const active = activeFromText(state);
  const box = layout.boxes.findLast(({ id, isFrame }) => !isFrame && active.has(id));
  return box && { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Which transitions the guards have refused at the last event, in words, and by which numbers. */
function RefusedWords({ chart: { model }, refused }: { chart: DrawnChart; refused: Lit['refused'] }) {
  const words = [...refused].flatMap(([id, numbers]) => {
    const transition = model.transitions.find((each) => each.id === id);
    if (transition === undefined) return [];
    return `not ${transition.targets.join(', ')}, because not: ${transition.guard}${numbers === '' ? '' : ` (${numbers})`}`;
  });
  return words.length === 0 ? null : (
    <span class="refused-words">
      <svg viewBox="0 0 24 6" aria-hidden="true">
        <path d="M0 3H24" />
      </svg>
      {[...new Set(words)].join('; ')}
    </span>
  );
}

function Drawing({ actor, then }: { actor: Actor; then: string | undefined }) {
  eventsTick.value;
  if (actor.chart === null) return <p class="canvas empty">{actor.name} is not a state machine.</p>;
  const chart = drawnChart(actor.chart);
  if (typeof chart === 'string') return <p class="canvas empty">{chart}</p>;
  const state = then ?? actor.state;
  const lit = litOf(actor, chart, then, lastEventsOf(actor.id, chosen.value));
  return (
    <div class="drawing">
      <div class="drawing-head">
        <RefusedWords chart={chart} refused={lit.refused} />
        <span class="push" />
        {hasMore(chart) && (
          <button
            type="button"
            aria-pressed={showsAll.value}
            onClick={() => (showsAll.value = !showsAll.value)}
          >
            All transitions
          </button>
        )}
      </div>
      <ZoomPane
        key={`${actor.chart} ${showsAll.value}`}
        width={chart.layout.width}
        height={chart.layout.height}
        focus={focusOf(chart, state)}
        label={`Statechart of ${actor.name}, ${lookOf(actor.kind, state).word}`}
      >
        <ChartDrawing layout={chart.layout} lit={lit} />
      </ZoomPane>
    </div>
  );
}

/** The statechart of one actor, with its facts beside it. */
export function ChartView() {
  const actor = actorInView();
  const then = actor && chosen.value !== null ? stateAfter(actor.id, chosen.value) : undefined;
  return (
    <main class="chart-view">
      <h1 class="unseen">Statechart</h1>
      <div class="bar">
        <Picker actor={actor} />
        {then !== undefined && (
          <span class="then">
            as it was at event #{chosen.value}{' '}
            <button type="button" class="link" onClick={() => (chosen.value = null)}>
              Back to now
            </button>
          </span>
        )}
      </div>
      {actor && (
        <div class={goneSince(actor) === null ? 'split' : 'split is-gone'}>
          <Drawing actor={actor} then={then} />
          <aside class="details" aria-label={actor.name}>
            <h2>{actor.name}</h2>
            <Facts actor={actor} />
            <Controls key={actor.id} actor={actor} />
          </aside>
        </div>
      )}
    </main>
  );
}
