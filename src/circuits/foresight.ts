import { transition } from 'xstate';
import type { PermitStamp, ToolCircuitContext, ToolCircuitEvent } from '../../machines/circuit-context.ts';
import { type ToolCircuitSnapshot, toolCircuitMachine } from '../../machines/tool-circuit.ts';
import { sendTo, snapshotOf } from '../../machines/xstate-internals.ts';
import type { CircuitActor } from './circuit-actor.ts';

/** A request that waits for its answer. */
interface Question {
  readonly event: ToolCircuitEvent & { readonly at: number };
  answer: PermitStamp | null | undefined;
  /** The question in whose middle this one was asked. */
  readonly outer: Question | undefined;
}

/** The list of every circuit that nothing waits for. */
const nothing: ToolCircuitEvent[] = [];
/** A list that is out of use: circuits have events one after another, and to make a list for each would cost as much again. */
let spare: ToolCircuitEvent[] | undefined;

const after = (snapshot: ToolCircuitSnapshot, event: ToolCircuitEvent): ToolCircuitSnapshot =>
  transition(toolCircuitMachine, snapshot, event)[0];

/**
 * Knows what a circuit will be when all that it has been sent is processed.
 *
 * XState queues what is sent from inside a listener, so there the actor's snapshot is behind, and a decision made from
 * it would be wrong: two probes let through where one place is free. `latest` is never behind.
 */
export class Foresight {
  readonly #actor: CircuitActor;
  /** Sent, but not yet processed, in order. */
  #waiting = nothing;
  #question: Question | undefined;
  /** Undefined while it has to be worked out. */
  #latest: ToolCircuitSnapshot | undefined;

  constructor(actor: CircuitActor) {
    this.#actor = actor;
    this.#latest = snapshotOf(actor);
  }

  get latest(): ToolCircuitSnapshot {
    this.#latest ??= this.#waiting.reduce(after, snapshotOf(this.#actor));
    return this.#latest;
  }

  /** Whether the actor's snapshot is the latest, and no event is at work. */
  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#latest === snapshotOf(this.#actor);
  }

  /** The actor was given a snapshot without an event. */
  replace(snapshot: ToolCircuitSnapshot): void {
    this.#latest = snapshot;
  }

  /** @returns whether the event still waits. */
  send(event: ToolCircuitEvent): boolean {
    if (snapshotOf(this.#actor).status === 'active') this.#list().push(event);
    sendTo(this.#actor, event);
    if (this.#waiting.length === 0) return false;
    this.#latest = undefined;
    return true;
  }

  /**
   * Sends a request for permission to make a call. The answer is what becomes of this very event, whatever is asked meanwhile
   * from listeners.
   *
   * @returns what a permit for the call carries, or null.
   */
  request(at: number, send: (event: ToolCircuitEvent) => void): PermitStamp | null {
    const outer = this.#question;
    const question: Question = { event: { type: 'REQUEST', at }, answer: undefined, outer };
    this.#question = question;
    send(question.event);
    this.#question = outer;
    // In the middle of another event it has to wait: worked out ahead, with all that waits before it.
    return question.answer === undefined ? this.#foresee(question) : question.answer;
  }

  /** An event is about to be processed. A timer's event comes without `send`. */
  begin(event: ToolCircuitEvent): void {
    if (this.#waiting[0] !== event && !this.#waiting.includes(event)) this.#list().unshift(event);
    this.#latest = undefined;
  }

  /** @returns whether nothing else waits. */
  end(event: ToolCircuitEvent, before: ToolCircuitSnapshot, next: ToolCircuitSnapshot): boolean {
    for (let asked = this.#question; asked !== undefined; asked = asked.outer) {
      if (asked.event === event) asked.answer = answerTo(asked.event.at, before.context, next.context);
    }
    const isLast = this.#waiting.length === 1;
    if (isLast) {
      this.#waiting.pop();
      spare = this.#waiting;
      this.#waiting = nothing;
    } else this.#waiting.splice(this.#waiting.indexOf(event), 1);
    // Not before an event is over: an inspector may have asked in the middle of it.
    this.#latest = isLast ? next : undefined;
    return isLast;
  }

  /** Where events wait. */
  #list(): ToolCircuitEvent[] {
    if (this.#waiting === nothing) {
      this.#waiting = spare ?? [];
      spare = undefined;
    }
    return this.#waiting;
  }

  #foresee({ event }: Question): PermitStamp | null {
    let before = snapshotOf(this.#actor);
    for (const waiting of this.#waiting) {
      const next = after(before, waiting);
      if (waiting === event) return answerTo(event.at, before.context, next.context);
      before = next;
    }
    return null;
  }
}

/** Whether a request was admitted, read off what the circuit knew before and after it. */
export function answerTo(
  at: number,
  before: ToolCircuitContext,
  after: ToolCircuitContext,
): PermitStamp | null {
  const { deniedRequests, generation, probesInFlight } = after;
  if (deniedRequests !== before.deniedRequests) return null;
  return { generation, probeStart: probesInFlight === 0 ? null : at };
}
