import { Actor, type ActorOptions, transition } from 'xstate';
import type { CircuitState } from '../machines/circuit-state.ts';
import {
  type PermitStamp,
  type ToolCircuitEvent,
  type ToolCircuitSnapshot,
  toolCircuitMachine,
} from '../machines/tool-circuit.ts';
import { checkEvent } from './check-event.ts';

type Machine = typeof toolCircuitMachine;

const firstStamp: PermitStamp = Object.freeze({ generation: 0, probeStart: null });

interface Question {
  readonly event: { readonly type: 'REQUEST'; readonly at: number };
  answer: PermitStamp | null | undefined;
}

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
  /** Whether the registry knows it no more: nothing that is sent to it counts. */
  isForgotten = false;
  /** What the last counted failure said. */
  lastError: string | null = null;
  /** What its owner last counted it as. */
  countedAs: CircuitState = 'closed';
  /** Shared by the permits of one generation. */
  #stamp = firstStamp;
  readonly #owner: CircuitOwner;
  /** Sent, but not yet processed, in order. */
  readonly #waiting: ToolCircuitEvent[] = [];
  /** The requests that wait for an answer. */
  readonly #questions: Question[] = [];
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
    checkEvent(event);
    // It is being stopped, as soon as the registry actor gets round to it.
    if (this.isForgotten) return;
    const isActive = this.getSnapshot().status === 'active';
    if (isActive) this.#waiting.push(event);
    super.send(event);
    if (this.#waiting.length === 0) return;
    this.#settled = undefined;
    this.#owner.onSettled(this);
  }

  /**
   * Asks leave for a call. The answer is what becomes of this very event, whatever is asked meanwhile from listeners.
   *
   * @returns what a permit for the call carries, or null.
   */
  request(at: number): PermitStamp | null {
    const question: Question = { event: { type: 'REQUEST', at }, answer: undefined };
    this.#questions.push(question);
    this.send(question.event);
    this.#questions.splice(this.#questions.indexOf(question), 1);
    // In the middle of another event it has to wait: worked out ahead, with all that waits before it.
    return question.answer === undefined ? this.#foresee(question) : question.answer;
  }

  #foresee({ event }: Question): PermitStamp | null {
    let before = this.getSnapshot();
    for (const waiting of this.#waiting) {
      const [after] = transition(toolCircuitMachine, before, waiting);
      if (waiting === event) return answerTo(event.at, before, after);
      before = after;
    }
    return null;
  }

  /** Runs the step that processes an event, and follows it. */
  process(event: ToolCircuitEvent, step: () => ToolCircuitSnapshot): ToolCircuitSnapshot {
    // A timer's event comes without `send`.
    if (!this.#waiting.includes(event)) this.#waiting.unshift(event);
    this.#settled = undefined;
    this.#owner.unsettled.add(this);
    const before = this.getSnapshot();
    const next = step();
    for (const question of this.#questions) {
      if (question.event === event) question.answer = answerTo(question.event.at, before, next);
    }
    this.#owner.unsettled.delete(this);
    this.#waiting.splice(this.#waiting.indexOf(event), 1);
    if (this.#waiting.length === 0) {
      this.#settled = next;
      this.#owner.onSettled(this);
    }
    return next;
  }
}

/** Whether a request was admitted, read off the snapshots before and after it. */
function answerTo(at: number, before: ToolCircuitSnapshot, after: ToolCircuitSnapshot): PermitStamp | null {
  const { deniedRequests, generation } = after.context;
  return deniedRequests === before.context.deniedRequests ? { generation, probeStart: at } : null;
}

const trackedMachine: Machine = Object.create(toolCircuitMachine, {
  transition: {
    value: ((snapshot, event, scope) =>
      (scope.self as unknown as CircuitActor).process(event, () =>
        toolCircuitMachine.transition(snapshot, event, scope),
      )) satisfies Machine['transition'],
  },
});
