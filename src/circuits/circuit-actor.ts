import { Actor, type ActorOptions, type Observer, type Subscription } from 'xstate';
import { contextWith, type ToolCircuitEvent } from '../../machines/circuit-context.ts';
import { type ToolCircuitSnapshot, toolCircuitMachine } from '../../machines/tool-circuit.ts';
import { type Scope, snapshotWith } from '../../machines/xstate-internals.ts';
import { circuitChart } from './charts.ts';

type Machine = typeof toolCircuitMachine;

/** What stands behind an actor. */
export interface CircuitLife {
  /** Whether somebody watches every step. */
  readonly isInterpreted: boolean;
  /** A user has sent an event. */
  onSent(event: ToolCircuitEvent): void;
  /** Somebody is about to be shown the snapshot, or each one from now on. */
  onSeen(): void;
  /** The snapshot after an event. */
  process(before: ToolCircuitSnapshot, event: ToolCircuitEvent, scope: Scope): ToolCircuitSnapshot;
}

/** What an observer may be told besides snapshots: an error, and the end. */
type Endings = [error?: (error: unknown) => void, complete?: () => void];

let lifeOf: (actor: CircuitActor) => CircuitLife;

/** The circuit of one tool as a user holds it: an actor of XState's, and nothing of ours can be reached through it. */
export class CircuitActor extends Actor<Machine> {
  readonly #life: CircuitLife;

  static {
    lifeOf = (actor) => actor.#life;
  }

  constructor(options: ActorOptions<Machine>, life: CircuitLife) {
    super(life.isInterpreted ? interpreted : compiled, options);
    this.#life = life;
  }

  /** @throws TypeError for what is no event, which would otherwise end the actor. */
  override send(event: ToolCircuitEvent): void {
    this.#life.onSent(event);
  }

  override subscribe(observer: Observer<ToolCircuitSnapshot>): Subscription;
  override subscribe(next?: (snapshot: ToolCircuitSnapshot) => void, ...others: Endings): Subscription;
  override subscribe(observer: never, ...others: Endings): Subscription {
    this.#life.onSeen();
    return super.subscribe(observer, ...others);
  }

  override getSnapshot(): ToolCircuitSnapshot {
    this.#life.onSeen();
    return super.getSnapshot();
  }

  override getPersistedSnapshot(...options: Parameters<Actor<Machine>['getPersistedSnapshot']>) {
    this.#life.onSeen();
    return super.getPersistedSnapshot(...options);
  }
}

/**
 * The snapshot that XState's interpreter gives, in half the room: it makes a context key by key, and V8 a hash table of that; so
 * all circuits look alike to it as well.
 */
export const compact = (snapshot: ToolCircuitSnapshot): ToolCircuitSnapshot =>
  snapshotWith(snapshot, contextWith(snapshot.context, {}));

const transition = ((snapshot, event, scope) =>
  lifeOf(scope.self as unknown as CircuitActor).process(
    snapshot,
    event,
    scope as unknown as Scope,
  )) satisfies Machine['transition'];

const interpreted: Machine = Object.create(toolCircuitMachine, {
  getInitialSnapshot: {
    value: ((scope, input) =>
      compact(toolCircuitMachine.getInitialSnapshot(scope, input))) satisfies Machine['getInitialSnapshot'],
  },
  transition: { value: transition },
});

const compiled: Machine = Object.create(interpreted, {
  getInitialSnapshot: {
    value: ((scope, input) =>
      circuitChart.initial(scope as unknown as Scope, input) ??
      interpreted.getInitialSnapshot(scope, input)) satisfies Machine['getInitialSnapshot'],
  },
});
