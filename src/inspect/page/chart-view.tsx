import { activeStates } from '../chart/index.ts';
import type { ActorNews, TimerNews } from '../protocol.ts';
import { activeFromText } from '../state-text.ts';
import { ChartDrawing, type Lit } from './chart-drawing.tsx';
import { Controls } from './controls.tsx';
import { type DrawnChart, drawnChart, stateOfTimer, transitionsOf } from './drawn-chart.ts';
import { Facts } from './facts.tsx';
import { go, route } from './route.ts';
import { chosen, type LastEvents, lastEventsOf, stateAfter } from './sequence-list.ts';
import { lookOf } from './state-look.ts';
import { actorList, actors, actorsTick, eventsTick } from './store.ts';
import { ZoomPane } from './zoom-pane.tsx';

/** The shown actor: the chosen one, or else the first. */
function actorInView(): ActorNews | undefined {
  actorsTick.value;
  const { actor } = route.value;
  return (actor === null ? undefined : actors.get(actor)) ?? actorList.value[0];
}

const byName = (a: ActorNews, b: ActorNews): number => (a.name < b.name ? -1 : 1);

function Picker({ actor }: { actor: ActorNews | undefined }) {
  const [registries, tools] = [true, false].map((isRegistry) =>
    actorList.value
      .filter(({ kind }) => (kind === 'registry') === isRegistry)
      .sort(byName)
      .map(({ id, name, kind, state }) => (
        <option key={id} value={id}>
          {name} ({lookOf(kind, state).word})
        </option>
      )),
  );
  return (
    <select
      class="picker"
      aria-label="Whose statechart"
      value={actor?.id ?? ''}
      onChange={({ currentTarget }) => go({ actor: currentTarget.value })}
    >
      <optgroup label="Registry">{registries}</optgroup>
      <optgroup label="Tools">{tools}</optgroup>
    </select>
  );
}

/** The highlights: the active state, its timers, the transition into it, and the last event. */
function litOf(actor: ActorNews, { model }: DrawnChart, then: string | undefined, last: LastEvents): Lit {
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
  return { kind: actor.kind, active, taken, timers };
}

function Drawing({ actor, then }: { actor: ActorNews; then: string | undefined }) {
  eventsTick.value;
  if (actor.chart === null) return <p class="canvas empty">{actor.name} is not a state machine.</p>;
  const chart = drawnChart(actor.chart);
  if (typeof chart === 'string') return <p class="canvas empty">{chart}</p>;
  const state = then ?? actor.state;
  return (
    <ZoomPane
      key={actor.chart}
      width={chart.layout.width}
      height={chart.layout.height}
      label={`Statechart of ${actor.name}, ${lookOf(actor.kind, state).word}`}
    >
      <ChartDrawing
        layout={chart.layout}
        lit={litOf(actor, chart, then, lastEventsOf(actor.id, chosen.value))}
      />
    </ZoomPane>
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
        <div class="split">
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
