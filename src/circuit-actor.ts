import { Actor, type ActorOptions, transition } from 'xstate';
import {
  type PermitStamp,
  type ToolCircuitEvent,
  type ToolCircuitSnapshot,
  toolCircuitMachine,
} from '../machines/tool-circuit.ts';

type Machine = typeof toolCircuitMachine;

const firstStamp: PermitStamp = Object.freeze({ generation: 0, probeStart: null });

/** Who is told of what circuits are about to become. */
export interface CircuitOwner {
  /** The circuits that are in the middle of an event, and so may be about to be something else. */
  readonly unsettled: Set<CircuitActor>;
  /** What a circuit is, or will be, may have changed. */
  onSettled(circuit: CircuitActor): void;
}

/**
 * A circuit that knows what it will be when all that it has been sent is processed.
 *
 * XState queues what is sent from inside a listener, so there `getSnapshot()` is behind, and a decision made from
 * it would be wrong: two probes let through where one place is free. `settled` is never behind.
 */
export class CircuitActor extends Actor<Machine> {
  /** When it was last used, as a count of all circuits' uses. */
  usedAt = 0;
  /** What the last counted failure said. */
  lastError: string | null = null;
  /** What its owner last counted it as. */
  countedAsOpen = false;
  /** Shared by the permits of one generation. */
  #stamp = firstStamp;
  readonly #owner: CircuitOwner;
  /** Sent, but not yet processed, in order. */
  readonly #waiting: ToolCircuitEvent[] = [];
  /** Undefined while it has to be worked out. */
  #settled: ToolCircuitSnapshot | undefined;

  constructor(options: ActorOptions<Machine>, owner: CircuitOwner) {
    super(trackedMachine, options);
    this.#owner = owner;
    this.#settled = this.getSnapshot();
  }

  get settled(): ToolCircuitSnapshot {
    this.#settled ??= this.#waiting.reduce<ToolCircuitSnapshot>(
      (snapshot, event) => transition(toolCircuitMachine, snapshot, event)[0],
      this.getSnapshot(),
    );
    return this.#settled;
  }

  /** What a permit for a call that is no probe carries. */
  stampOf(generation: number): PermitStamp {
    if (this.#stamp.generation !== generation) this.#stamp = { generation, probeStart: null };
    return this.#stamp;
  }

  /** @throws TypeError for what is no event, which would otherwise end the actor. */
  override send(event: ToolCircuitEvent): void {
    if (typeof event?.type !== 'string' || event.type.startsWith('xstate.') || event.type.includes('*')) {
      throw new TypeError(`an event must be an object with a type such as 'FAILURE', got ${nameOf(event)}`);
    }
    const isActive = this.getSnapshot().status === 'active';
    if (isActive) this.#waiting.push(event);
    super.send(event);
    if (this.#waiting.length === 0) return;
    this.#settled = undefined;
    this.#owner.onSettled(this);
  }

  /** Runs the step that processes an event, and follows it. */
  process(event: ToolCircuitEvent, step: () => ToolCircuitSnapshot): ToolCircuitSnapshot {
    // A timer's event comes without `send`.
    if (!this.#waiting.includes(event)) this.#waiting.unshift(event);
    this.#settled = undefined;
    this.#owner.unsettled.add(this);
    const next = step();
    this.#owner.unsettled.delete(this);
    this.#waiting.splice(this.#waiting.indexOf(event), 1);
    if (this.#waiting.length === 0) {
      this.#settled = next;
      this.#owner.onSettled(this);
    }
    return next;
  }
}

const nameOf = (event: unknown): string =>
  typeof event === 'object' && event !== null
    ? `an object whose type is ${String((event as { type?: unknown }).type)}`
    : String(event);

const trackedMachine: Machine = Object.create(toolCircuitMachine, {
  transition: {
    value: ((snapshot, event, scope) =>
      (scope.self as unknown as CircuitActor).process(event, () =>
        toolCircuitMachine.transition(snapshot, event, scope),
      )) satisfies Machine['transition'],
  },
});
