import type { AnyMachineSnapshot, AnyStateMachine, EventObject, StateNode } from 'xstate';
import {
  initEvent,
  isOfXState,
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
import type { Implementations, Step } from './compiled-action.ts';
import { type CompiledBranch, type CompiledState, compileActions, compileStates } from './compiled-state.ts';

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
  readonly #options: MomentOptions;
  readonly #states: ReadonlyMap<unknown, CompiledState>;
  readonly #beginning: Beginning<Snapshot> | undefined;
  /** The moment of the event that was asked about last, and is yet to come. */
  #asked: ChartMoment<CompiledBranch> | undefined;

  constructor(machine: AnyStateMachine, contextWith: (context: never, update: never) => unknown) {
    const { delays } = machine.implementations as Implementations;
    this.#options = { contextWith: contextWith as ContextWith, delays };
    this.#states = compileStates(machine);
    this.#beginning = this.#compileBeginning(machine);
  }

  /**
   * The snapshot after an event; undefined for an event that is the interpreter's.
   *
   * @param taken Where the transitions that are taken are added, for somebody who follows them.
   */
  step(snapshot: Snapshot, event: EventObject, scope: Scope, taken?: unknown[]): Snapshot | undefined {
    const state = snapshot.status === 'active' ? this.#states.get(snapshot.value) : undefined;
    if (state === undefined) return undefined;
    const branches = state.branches.get(event.type);
    if (branches === undefined) return this.#unheard(snapshot, event);
    const moment = this.#momentOf(snapshot, event, scope);
    const branch = moment.branch ?? firstOf(branches, moment);
    if (branch === undefined) return snapshot;
    if (branch.steps === undefined) return undefined;
    taken?.push(branch.transition);
    return this.#take(branch.steps, branch.target, state, snapshot, moment, taken);
  }

  /**
   * What an event changes where it does nothing else; null for nothing, undefined for every other event. That one may be
   * given to `step` next, which does not ask again what was asked here.
   *
   * @param at When the event happened, if that is known for sure.
   */
  change(snapshot: Snapshot, event: EventObject, at?: number): Update | null | undefined {
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
    moment.at = at;
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
    target: CompiledState | undefined,
    state: CompiledState,
    snapshot: Snapshot,
    moment: ChartMoment,
    taken?: unknown[],
  ): Snapshot {
    for (const step of steps) step(moment);
    let next = target ?? state;
    for (let more = firstOf(next.eventless, moment); more?.steps; more = firstOf(next.eventless, moment)) {
      taken?.push(more.transition);
      for (const step of more.steps) step(moment);
      next = more.target ?? next;
    }
    const { context, children } = moment;
    if (next === state && context === snapshot.context && children === snapshot.children) return snapshot;
    return snapshotWith(snapshot, context, next === state ? snapshot : next.place, children);
  }

  #compileBeginning(machine: AnyStateMachine): Beginning<Snapshot> | undefined {
    const [first] = machine.root.initial.target as readonly StateNode[];
    const state = this.#states.get(first?.key);
    const { context } = machine.config;
    if (first === undefined || state === undefined || typeof context !== 'function') return undefined;
    const actions = [...machine.root.entry, ...machine.root.initial.actions, ...first.entry];
    const steps = compileActions(actions, machine.implementations as Implementations);
    const snapshot = machine.resolveState({ value: first.key, context: {} }) as Snapshot;
    return steps && { steps, state, snapshot, context: context as unknown as Beginning<never>['context'] };
  }
}
