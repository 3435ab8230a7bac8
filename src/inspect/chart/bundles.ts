import type { ChartModel, ChartState, ChartTransition } from './chart-model.ts';

/** A transition that every sibling of its target has: to that target, on the same event, without a guard. */
export interface Bundle {
  /** The state that contains them all. */
  readonly parent: ChartState;
  readonly target: string;
}

/** The smallest number of source states whose transitions are drawn as one line. */
const minSources = 3;

const canBeLeft = ({ kind }: ChartState): boolean =>
  kind === 'atomic' || kind === 'compound' || kind === 'parallel';

/** The transitions, by id, that can be drawn as one line from "any other state". */
export function bundles({ states, transitions }: ChartModel): ReadonlyMap<string, Bundle> {
  const byId = new Map(states.map((state) => [state.id, state]));
  const found = new Map<string, Bundle>();
  for (const alike of groupedByTargetAndTrigger(transitions, byId).values()) {
    const [first] = alike;
    const target = byId.get(first?.targets[0] ?? '');
    const parent = byId.get(target?.parent ?? '');
    if (target === undefined || parent?.kind !== 'compound') continue;
    const others = parent.children.filter((id) => {
      const child = byId.get(id);
      return id !== target.id && child !== undefined && canBeLeft(child);
    });
    const sources = new Set(alike.map(({ source }) => source));
    if (others.length < minSources || !others.every((id) => sources.has(id))) continue;
    for (const { id } of alike) found.set(id, { parent, target: target.id });
  }
  return found;
}

/** The unguarded transitions from a state to a sibling. */
function groupedByTargetAndTrigger(
  transitions: readonly ChartTransition[],
  states: ReadonlyMap<string, ChartState>,
): ReadonlyMap<string, ChartTransition[]> {
  const groups = new Map<string, ChartTransition[]>();
  for (const transition of transitions) {
    const { source, targets, guard, trigger } = transition;
    const [target] = targets;
    if (guard !== null || target === undefined || targets.length > 1 || target === source) continue;
    if (trigger.kind !== 'event' || states.get(target)?.parent !== states.get(source)?.parent) continue;
    const key = JSON.stringify([target, trigger.name]);
    groups.set(key, [...(groups.get(key) ?? []), transition]);
  }
  return groups;
}
