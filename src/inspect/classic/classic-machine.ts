import type { ChartModel, ChartState, ChartTransition } from '../chart/chart-model.ts';
import type { ChartTrigger } from '../chart/trigger.ts';

/** A machine or state in XState v4's JSON format. */
export type ClassicConfig = Readonly<Record<string, unknown>>;

/** XState's name for a state without its own `id`. */
const nameOf = (machine: string, state: string): string => (state === '' ? machine : `${machine}.${state}`);

/** The definition of a machine for the viewers of v4. Guards are named by their phrase. */
export function classicMachine({ id, states, transitions }: ChartModel): ClassicConfig {
  const byId = new Map(states.map((state) => [state.id, state]));
  const convert = (state: ChartState): ClassicConfig => {
    const children = state.children.flatMap((child) => byId.get(child) ?? []);
    return {
      id: nameOf(id, state.id),
      key: state.key,
      ...typeOf(state),
      ...(state.kind === 'compound' && { initial: children.find(({ isInitial }) => isInitial)?.key }),
      entry: state.entry,
      exit: state.exit,
      invoke: state.invokes.map((actor) => ({ id: actor, src: actor })),
      ...triggered(
        transitions.filter(({ source }) => source === state.id),
        id,
        state.id,
      ),
      states: Object.fromEntries(children.map((child) => [child.key, convert(child)])),
    };
  };
  const [root] = states;
  // Without this field, v4 prints a warning about the order of actions.
  return root === undefined ? { id } : { ...convert(root), predictableActionArguments: true };
}

function typeOf({ kind }: ChartState): ClassicConfig {
  if (kind === 'history') return { type: 'history' };
  if (kind === 'deepHistory') return { type: 'history', history: 'deep' };
  return kind === 'parallel' || kind === 'final' ? { type: kind } : {};
}

/** Transitions by trigger: `always`, `after` and `on`, each with a list in the order of the definition. */
function triggered(transitions: readonly ChartTransition[], machine: string, state: string): ClassicConfig {
  const always: ClassicConfig[] = [];
  const after = new Map<string, ClassicConfig[]>();
  const on = new Map<string, ClassicConfig[]>();
  const add = (lists: Map<string, ClassicConfig[]>, name: string, transition: ClassicConfig): void => {
    lists.set(name, [...(lists.get(name) ?? []), transition]);
  };
  for (const transition of transitions) {
    const { trigger } = transition;
    const converted = classicTransition(transition, machine);
    if (trigger.kind === 'always') always.push(converted);
    else if (trigger.kind === 'after') add(after, trigger.name, converted);
    else add(on, eventOf(trigger, nameOf(machine, state)), converted);
  }
  return { always, after: Object.fromEntries(after), on: Object.fromEntries(on) };
}

function classicTransition({ source, targets, guard, actions, reenter }: ChartTransition, machine: string) {
  const staysInside = targets.every(
    (target) => target === source || source === '' || target.startsWith(`${source}.`),
  );
  return {
    ...(targets.length > 0 && { target: targets.map((target) => `#${nameOf(machine, target)}`) }),
    // `else` is not a guard; the order of the alternatives expresses it.
    ...(guard !== null && guard !== 'else' && { cond: guard }),
    actions,
    internal: staysInside && !reenter,
  };
}

function eventOf({ kind, name }: ChartTrigger, state: string): string {
  switch (kind) {
    case 'done':
      return name === '' ? `done.state.${state}` : `done.invoke.${name}`;
    case 'error':
      return `error.platform.${name}`;
    case 'snapshot':
      return `xstate.snapshot.${name}`;
    default:
      return name;
  }
}

/** The names of the states of a machine, longest first, for `classicEventType`. */
export const stateNames = ({ id, states }: ChartModel): readonly string[] =>
  states.map((state) => nameOf(id, state.id)).sort((a, b) => b.length - a.length);

const madeUp: readonly (readonly [v5: RegExp, v4: string])[] = [
  [/^xstate\.done\.actor\./, 'done.invoke.'],
  [/^xstate\.error\.actor\./, 'error.platform.'],
  [/^xstate\.done\.state\./, 'done.state.'],
];

/** The v4 name of an event; XState's own events have other names there. */
export function classicEventType(type: string, names: readonly string[]): string {
  const after = 'xstate.after.';
  const state = type.startsWith(after) ? names.find((name) => type.endsWith(`.${name}`)) : undefined;
  if (state !== undefined) return `xstate.after(${type.slice(after.length, -state.length - 1)})#${state}`;
  return madeUp.reduce((renamed, [v5, v4]) => renamed.replace(v5, v4), type);
}
