import type { AnyStateMachine, StateNode } from 'xstate';
import { type Branch, branchesOf, eventlessOf, type Place } from '../../machines/xstate-internals.ts';
import type { ChartMoment, Update } from './chart-moment.ts';
import {
  assignmentOf,
  compileAction,
  compileGuard,
  type Implementations,
  nameOf,
  type Step,
} from './compiled-action.ts';

/** A way on from a state. */
export interface CompiledBranch {
  /** As a reader of the chart would say it. */
  readonly name: string;
  /** The same, as XState has it. */
  readonly transition: Branch;
  /** Whether it is taken; undefined where only the interpreter can say. */
  readonly guard: ((moment: ChartMoment) => boolean) | undefined;
  /** What is done, exits and entries included; undefined where only the interpreter can do it. */
  readonly steps: readonly Step[] | undefined;
  /** Where it leads; undefined where the state stays. */
  readonly target: CompiledState | undefined;
  /** What it changes, or null for nothing, where it does nothing else. */
  readonly change: ((moment: ChartMoment) => Update | null) | undefined;
}

/** A state with all ways on from it, those of the whole machine included. */
export interface CompiledState {
  readonly place: Place;
  readonly branches: Map<string, readonly CompiledBranch[]>;
  /** The branches that are taken without an event. */
  eventless: readonly CompiledBranch[];
}

const isFlat = (node: StateNode): boolean => node.type === 'atomic' && node.invoke.length === 0;

/** The steps of actions in order; undefined where one of them is the interpreter's. */
export function compileActions(
  actions: readonly unknown[],
  implementations: Implementations,
): readonly Step[] | undefined {
  const steps = actions.map((action) => compileAction(action, implementations));
  return steps.every((step) => step !== undefined) ? steps : undefined;
}

/** Whether a type of events stands for many: `*`, or `news.*`. */
const isPattern = (type: string): boolean => type.includes('*');

/** The states of a machine by name. None, where the interpreter is needed for what is done without an event, or upon any. */
export function compileStates(machine: AnyStateMachine): ReadonlyMap<unknown, CompiledState> {
  const states = new Map<string, CompiledState>();
  const nodes = (Object.values(machine.states) as StateNode[]).filter(isFlat);
  for (const { key } of nodes) {
    const { value, _nodes, tags } = machine.resolveState({ value: key, context: {} });
    states.set(key, { place: { value, _nodes, tags }, branches: new Map(), eventless: [] });
  }
  const implementations = machine.implementations as Implementations;
  for (const node of nodes) {
    const state = states.get(node.key) as CompiledState;
    const compile = (branch: Branch) => compileBranch(branch, node, states, implementations);
    // XState asks the state first, and then the whole machine.
    for (const [type, branches] of [...branchesOf(node), ...branchesOf(machine.root)]) {
      state.branches.set(type, [...(state.branches.get(type) ?? []), ...branches.map(compile)]);
    }
    state.eventless = [...eventlessOf(node), ...eventlessOf(machine.root)].map(compile);
  }
  const isWhole = [...states.values()].every(
    ({ branches, eventless }) =>
      eventless.every(({ steps }) => steps) && ![...branches.keys()].some(isPattern),
  );
  return isWhole ? states : new Map();
}

function compileBranch(
  transition: Branch,
  from: StateNode,
  states: ReadonlyMap<string, CompiledState>,
  implementations: Implementations,
): CompiledBranch {
  const { guard: reference, source, reenter, actions, target: [target] = [] } = transition;
  // A state that is its own target is not left, unless it is entered anew.
  const moves = target !== undefined && (target !== source || reenter);
  const to = moves && target.parent === source.machine.root ? states.get(target.key) : undefined;
  // What the whole machine enters anew would leave the machine first.
  const canLead = !moves || (to !== undefined && !(reenter && source !== from));
  const all = moves ? [...from.exit, ...actions, ...target.entry] : actions;
  const guard = compileGuard(reference, implementations);
  const steps = guard && canLead ? compileActions(all, implementations) : undefined;
  return {
    name: [
      reference === undefined ? '' : ` [${nameOf(reference)}]`,
      all.length === 0 ? '' : ` / ${all.map(nameOf).join(', ')}`,
      moves ? ` -> ${target.key}` : '',
    ].join(''),
    transition,
    guard: steps && guard,
    steps,
    target: to,
    change: moves ? undefined : changeOf(all, implementations),
  };
}

/** What actions change, where they are one `assign` at most. */
function changeOf(
  [only, ...others]: readonly unknown[],
  implementations: Implementations,
): CompiledBranch['change'] {
  if (others.length > 0) return undefined;
  return only === undefined ? () => null : assignmentOf(only, implementations);
}
