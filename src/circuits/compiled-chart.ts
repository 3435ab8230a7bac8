import type { AnyMachineSnapshot, AnyStateMachine, EventObject, StateNode } from 'xstate';
import {
  type Branch,
  branchesOf,
  eventlessOf,
  initEvent,
  isOfXState,
  type Place,
  type Scope,
  snapshotWith,
  stopEvent,
} from '../../machines/xstate-internals.ts';
import {
  ChartMoment,
  type Context,
  type ContextWith,
  type MomentOptions,
  type Update,
} from './chart-moment.ts';
import {
  assignmentOf,
  compileAction,
  compileGuard,
  type Implementations,
  nameOf,
  type Step,
} from './compiled-action.ts';

/** A way on from a state. */
interface CompiledBranch {
  /** As a reader of the chart would say it. */
  readonly name: string;
  /** Whether it is taken; undefined where only the interpreter can say. */
  readonly guard: ((moment: ChartMoment) => boolean) | undefined;
  /** What is done, exits and entries included; undefined where only the interpreter can do it. */
  readonly steps: readonly Step[] | undefined;
  /** Where it leads; undefined where the state stays. */
  readonly target: string | undefined;
  /** What it changes, or null for nothing, where it does nothing else. */
  readonly change: ((moment: ChartMoment) => Update | null) | undefined;
}

interface CompiledState {
  readonly place: Place;
  readonly branches: ReadonlyMap<string, readonly CompiledBranch[]>;
  /** The branches that are taken without an event. */
  readonly eventless: readonly CompiledBranch[];
}

const isFlat = (node: StateNode): boolean =>
  node.type === 'atomic' && node.invoke.length === 0 && !('history' in node.config);

/** The steps of actions in order; undefined where one of them is the interpreter's. */
function compileActions(
  actions: readonly unknown[],
  implementations: Implementations,
): readonly Step[] | undefined {
  const steps = actions.map((action) => compileAction(action, implementations));
  return steps.every((step) => step !== undefined) ? steps : undefined;
}

/** The branch that is taken: one that cannot be compiled is, so that the interpreter is asked. */
function firstOf(branches: readonly CompiledBranch[], moment: ChartMoment): CompiledBranch | undefined {
  for (const branch of branches) if (branch.guard === undefined || branch.guard(moment)) return branch;
  return undefined;
}

/** For what needs no actor. */
const nowhere = Object.freeze({}) as Scope;

/** How an actor begins. */
interface Beginning<Snapshot> {
  readonly steps: readonly Step[];
  readonly state: CompiledState;
  readonly snapshot: Snapshot;
  readonly context: (given: { readonly input: unknown; readonly self: unknown }) => Context;
}

/**
 * A machine without its interpreter: by state and event, the branches in order, each with all that it does. It is made of the
 * machine's own definition, and gives snapshots that equal the interpreter's field by field. It knows one level of states;
 * what it cannot do is left to the interpreter.
 */
export class CompiledChart<Snapshot extends AnyMachineSnapshot> {
  readonly #machine: AnyStateMachine;
  readonly #options: MomentOptions;
  readonly #states = new Map<unknown, CompiledState>();
  readonly #beginning: Beginning<Snapshot> | undefined;
  /** The moment of the event that was asked about last, and is yet to come. */
  #asked: ChartMoment<CompiledBranch> | undefined;

  constructor(machine: AnyStateMachine, contextWith: (context: never, update: never) => unknown) {
    this.#machine = machine;
    const implementations = machine.implementations as Implementations;
    this.#options = { contextWith: contextWith as ContextWith, delays: implementations.delays };
    const nodes = Object.values(machine.states) as StateNode[];
    for (const node of nodes) {
      const eventless = eventlessOf(node).map((branch) => this.#compileBranch(branch, node));
      const isWhole = eventless.every(({ guard, steps }) => guard !== undefined && steps !== undefined);
      if (!isFlat(node) || !isWhole) continue;
      const { value, _nodes, tags } = machine.resolveState({ value: node.key, context: {} });
      const branches = new Map<string, CompiledBranch[]>();
      for (const [type, own] of branchesOf(node)) {
        branches.set(
          type,
          own.map((branch) => this.#compileBranch(branch, node)),
        );
      }
      for (const [type, ofRoot] of branchesOf(machine.root)) {
        const compiled = ofRoot.map((branch) => this.#compileBranch(branch, node));
        branches.set(type, [...(branches.get(type) ?? []), ...compiled]);
      }
      this.#states.set(node.key, { place: { value, _nodes, tags }, branches, eventless });
    }
    this.#beginning = this.#compileBeginning();
  }

  /** The snapshot after an event; undefined for an event that is the interpreter's. */
  step(snapshot: Snapshot, event: EventObject, scope: Scope): Snapshot | undefined {
    const state = snapshot.status === 'active' ? this.#states.get(snapshot.value) : undefined;
    if (state === undefined) return undefined;
    const branches = state.branches.get(event.type);
    if (branches === undefined) return this.#unheard(snapshot, event);
    const moment = this.#momentOf(snapshot, event, scope);
    const branch = moment.branch ?? firstOf(branches, moment);
    if (branch === undefined) return snapshot;
    return branch.steps && this.#take(branch.steps, branch.target, state, snapshot, moment);
  }

  /**
   * What an event changes where it does nothing else; null for nothing, undefined for every other event. That one may be
   * given to `step` next, which does not ask again what was asked here.
   */
  change(snapshot: Snapshot, event: EventObject): Update | null | undefined {
    const state = this.#states.get(snapshot.value);
    const branches = state?.branches.get(event.type);
    if (state === undefined || branches === undefined || state.eventless.length > 0) return undefined;
    const moment = new ChartMoment<CompiledBranch>(
      snapshot.context,
      event,
      nowhere,
      snapshot.children,
      this.#options,
    );
    const branch = firstOf(branches, moment);
    if (branch === undefined) return null;
    if (branch.change !== undefined) return branch.change(moment);
    moment.branch = branch;
    this.#asked = moment;
    return undefined;
  }

  /** The event that was asked about has to wait: by then the answer may be another. */
  forget(): void {
    this.#asked = undefined;
  }

  /** The moment of an event: that in which it was asked what it changes, where nothing has happened since. */
  #momentOf(snapshot: Snapshot, event: EventObject, scope: Scope): ChartMoment<CompiledBranch> {
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked?.event === event && asked.context === snapshot.context) {
      asked.scope = scope;
      return asked;
    }
    return new ChartMoment<CompiledBranch>(snapshot.context, event, scope, snapshot.children, this.#options);
  }

  /** The snapshot that an actor begins with; undefined where only the interpreter can make it. */
  initial(scope: Scope, input: unknown): Snapshot | undefined {
    if (this.#beginning === undefined) return undefined;
    const { steps, state, snapshot, context } = this.#beginning;
    const event = initEvent(input);
    const known = context({ input, self: scope.self });
    const moment = new ChartMoment(known, event, scope, snapshot.children, this.#options);
    return this.#take(steps, undefined, state, snapshot, moment);
  }

  /** Each branch as a reader of the chart would say it, and whether it is compiled. */
  get branches(): readonly string[] {
    return [...this.#states].flatMap(([name, { branches, eventless }]) =>
      [...branches, ['', eventless] as const].flatMap(([type, each]) =>
        each.map((branch) => `${String(name)} ${type}${branch.name}${branch.steps ? '' : ' (interpreted)'}`),
      ),
    );
  }

  /** What an event does that no branch is for: nothing, but where XState made it. */
  #unheard(snapshot: Snapshot, event: EventObject): Snapshot | undefined {
    if (!isOfXState(event)) return snapshot;
    if (event.type !== stopEvent || Object.keys(snapshot.children).length > 0) return undefined;
    return snapshotWith(snapshot, snapshot.context, snapshot, snapshot.children, 'stopped');
  }

  #take(
    steps: readonly Step[],
    target: string | undefined,
    state: CompiledState,
    snapshot: Snapshot,
    moment: ChartMoment,
  ): Snapshot {
    for (const step of steps) step(moment);
    let next = this.#after(state, target);
    for (let more = firstOf(next.eventless, moment); more?.steps; more = firstOf(next.eventless, moment)) {
      for (const step of more.steps) step(moment);
      next = this.#after(next, more.target);
    }
    const { context, children } = moment;
    if (next === state && context === snapshot.context && children === snapshot.children) return snapshot;
    return snapshotWith(snapshot, context, next === state ? snapshot : next.place, children);
  }

  #after(state: CompiledState, target: string | undefined): CompiledState {
    return target === undefined ? state : (this.#states.get(target) ?? state);
  }

  #compileBeginning(): Beginning<Snapshot> | undefined {
    const machine = this.#machine;
    const [first] = machine.root.initial.target as readonly StateNode[];
    const state = this.#states.get(first?.key);
    const { context } = machine.config;
    if (first === undefined || state === undefined || typeof context !== 'function') return undefined;
    const actions = [...machine.root.entry, ...machine.root.initial.actions, ...first.entry];
    const steps = compileActions(actions, machine.implementations as Implementations);
    const snapshot = machine.resolveState({ value: first.key, context: {} }) as Snapshot;
    return steps && { steps, state, snapshot, context: context as unknown as Beginning<never>['context'] };
  }

  #compileBranch(branch: Branch, from: StateNode): CompiledBranch {
    const implementations = this.#machine.implementations as Implementations;
    const { source, reenter, actions } = branch;
    const [target] = branch.target ?? [];
    const guard = compileGuard(branch.guard, implementations);
    // A state that is its own target is not left, unless it is entered anew.
    const moves = target !== undefined && (target !== source || reenter);
    const all = moves ? [...from.exit, ...actions, ...target.entry] : actions;
    const canLead =
      !moves || (isFlat(target) && target.parent === this.#machine.root && !(reenter && source !== from));
    const steps = guard && canLead ? compileActions(all, implementations) : undefined;
    const [only, ...others] = all;
    const isAssignment = !moves && others.length === 0;
    return {
      name: [
        branch.guard === undefined ? '' : ` [${nameOf(branch.guard)}]`,
        all.length === 0 ? '' : ` / ${all.map(nameOf).join(', ')}`,
        moves ? ` -> ${target.key}` : '',
      ].join(''),
      guard: steps && guard,
      steps,
      target: moves ? target.key : undefined,
      change: !isAssignment
        ? undefined
        : only === undefined
          ? () => null
          : assignmentOf(only, implementations),
    };
  }
}
