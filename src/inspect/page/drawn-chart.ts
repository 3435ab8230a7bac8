import { signal } from '@preact/signals';
import {
  type ChartLayout,
  type ChartModel,
  type ChartTransition,
  chartModel,
  layoutChart,
} from '../chart/index.ts';
import type { EventNews, TakenNews } from '../protocol.ts';
import { activeFromText } from '../state-text.ts';
import { measureText } from './measure-text.ts';
import { charts } from './store.ts';

/** A chart that was read and laid out. */
export interface DrawnChart {
  readonly model: ChartModel;
  readonly layout: ChartLayout;
}

const drawn = new Map<string, DrawnChart | string>();

/** Whether charts are drawn with all transitions of a circuit, or only with those that concern its tool. */
export const showsAll = signal(false);

/** The transitions of a circuit that are the library's own affair: the protocol of a fleet, modes, and starts and stops. */
const isInternal = ({ trigger }: ChartTransition): boolean =>
  /^(FLEET_|LEASE_|DISARM$|RESUME$|OBSERVE$|ENFORCE$)/.test(trigger.name);

/** Whether the chart of a definition has transitions that are left out at first. */
export const hasMore = ({ model }: DrawnChart): boolean =>
  model.id === 'toolCircuit' && model.transitions.some(isInternal);

/** The chart of a definition, or why it cannot be drawn. Each is laid out only once. */
export function drawnChart(id: string): DrawnChart | string {
  const definition = charts.get(id);
  if (definition === undefined) return 'Its definition has not arrived yet.';
  const key = `${showsAll.value} ${definition}`;
  let chart = drawn.get(key);
  if (chart === undefined) {
    try {
      const model = chartModel(definition);
      const isWhole = showsAll.value || model.id !== 'toolCircuit';
      const shown = isWhole
        ? model
        : { ...model, transitions: model.transitions.filter((each) => !isInternal(each)) };
      chart = { model, layout: layoutChart(shown, { detail: 'plain', measure: measureText }) };
    } catch (error) {
      chart = error instanceof Error ? error.message : 'Its definition cannot be drawn.';
    }
    drawn.set(key, chart);
  }
  return chart;
}

/** Whether an event's type triggers a transition. */
function isTriggeredBy({ trigger }: ChartTransition, type: string): boolean {
  switch (trigger.kind) {
    case 'event':
      return trigger.name === type;
    case 'after':
      return type.startsWith(`xstate.after.${trigger.name}.`) || type === `xstate.after.${trigger.name}`;
    case 'always':
      return type === '';
    default:
      return type.startsWith(`xstate.${trigger.kind}.`) && type.includes(trigger.name);
  }
}

const alike = (model: ChartModel, source: string, type: string): ChartTransition[] =>
  model.transitions.filter((each) => each.source === source && isTriggeredBy(each, type));

const idOfTaken = (model: ChartModel, { source, event, index }: TakenNews): string[] => {
  const transition = alike(model, source, event)[index];
  return transition === undefined ? [] : [transition.id];
};

/**
 * The transitions that an actor took because of an event. A remote app does not report them; then they are those that lead from
 * the state before the event to the state after it, if any.
 */
export function transitionsOf(model: ChartModel, event: EventNews): ReadonlySet<string> {
  if (event.taken !== null) return new Set(event.taken.flatMap((each) => idOfTaken(model, each)));
  if (event.before === null || event.after === null) return new Set();
  const [before, after] = [activeFromText(event.before), activeFromText(event.after)];
  const fits = (transition: ChartTransition): boolean =>
    isTriggeredBy(transition, event.type) &&
    (transition.source === '' || before.has(transition.source)) &&
    (event.before === event.after
      ? transition.targets.length === 0
      : transition.targets.some((target) => after.has(target)));
  const fitting = model.transitions.filter(fits);
  // Among several transitions that change no state, the one taken is unknown.
  return new Set(event.before === event.after && fitting.length > 1 ? [] : fitting.map(({ id }) => id));
}

/**
 * The guarded transitions that an event would have taken and that were refused: of the states that were active before it, those
 * before the one that was taken.
 */
export function refusedBy(model: ChartModel, event: EventNews): ReadonlySet<string> {
  const taken = transitionsOf(model, event);
  if (event.before === null || (event.taken === null && taken.size === 0)) return new Set();
  const before = activeFromText(event.before);
  const refused = new Set<string>();
  for (const source of [...before, '']) {
    const tried = alike(model, source, event.type);
    const end = tried.findIndex(({ id }) => taken.has(id));
    for (const { id, guard, targets } of end === -1 ? tried : tried.slice(0, end)) {
      // Only what would have changed the state is worth a word.
      if (guard !== null && guard !== 'else' && targets.some((target) => !before.has(target)))
        refused.add(id);
    }
    if (end !== -1) break;
  }
  return refused;
}

/** The state that a timer belongs to: the active one with a transition for its event. */
export function stateOfTimer(
  model: ChartModel,
  event: string,
  active: ReadonlySet<string>,
): string | undefined {
  const sources = model.transitions
    .filter((each) => active.has(each.source) && isTriggeredBy(each, event))
    .map(({ source }) => source);
  // If several have the same delay, XState's event names the state.
  return (
    sources.find((source) => event.endsWith(`.${[model.id, source].filter(Boolean).join('.')}`)) ?? sources[0]
  );
}
