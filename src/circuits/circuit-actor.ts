import { Actor, type ActorOptions, transition } from 'xstate';
import {
  contextWith,
  type PermitStamp,
  type ToolCircuitContext,
  type ToolCircuitEvent,
} from '../../machines/circuit-context.ts';
import type { CircuitState } from '../../machines/circuit-state.ts';
import { denialReport } from '../../machines/reports.ts';
import { type ToolCircuitSnapshot, toolCircuitMachine } from '../../machines/tool-circuit.ts';
import type { CallOutcome, OwnStrategy } from '../../machines/trip-strategy.ts';
import { CallStats } from '../telemetry/call-stats.ts';
import type { Admission } from './admission.ts';
import { checkEvent } from './check-event.ts';
import { quickStep } from './quick-step.ts';
import { withContext } from './with-context.ts';

type Machine = typeof toolCircuitMachine;
type Scope = Parameters<Machine['transition']>[2];

/** Nothing is remembered that the circuit has not been told. */
const told = Symbol('told');

interface Question {
  readonly event: { readonly type: 'REQUEST'; readonly at: number };
  answer: PermitStamp | null | undefined;
}

/** Who is told of what circuits are about to become. */
export interface CircuitOwner {
  /** The circuits that are in the middle of an event, and so may be about to be something else. */
  readonly unsettled: Set<CircuitActor>;
  /** Whether somebody watches every step: then none may be taken in short. */
  readonly isInspected: boolean;
  /** What a circuit is, or will be, may have changed. */
  onSettled(circuit: CircuitActor): void;
  /** A result was sent to the actor itself. */
  onBareResult(circuit: CircuitActor, event: ToolCircuitEvent & { type: 'SUCCESS' | 'FAILURE' }): void;
}

/**
 * A circuit that knows what it will be when all that it has been sent is processed.
 *
 * XState queues what is sent from inside a listener, so there `getSnapshot()` is behind, and a decision made from
 * it would be wrong: two probes let through where one place is free. `latest` is never behind.
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
  /** Since when it has been open or isolated; null while it is not. */
  openSince: number | null = null;
  /** How long it has been open or isolated before that, in ms. */
  openMs = 0;
  /** Cached permission for untimed calls that are no probes; cleared by every event. */
  freeAdmission: Admission<CircuitActor> | undefined;
  /** What it depends on, as far as is known. */
  upstream: string | undefined;
  /** Whether other circuits depend on it. */
  isUpstream = false;
  /** When it trips. A user's strategy is contained, and so has no `addSuccess`. */
  readonly trip: OwnStrategy;
  /** Whether all of its calls have to be timed: its trip strategy asks how long they take. */
  readonly isTimed: boolean;
  /** Calls of it that were refused because of its upstream. */
  upstreamDenials = 0;
  #stats: CallStats | undefined;
  readonly #owner: CircuitOwner;
  /** Sent, but not yet processed, in order. */
  readonly #waiting: ToolCircuitEvent[] = [];
  /** The requests that wait for an answer. */
  readonly #questions: Question[] = [];
  /** What the trip strategy remembers, where the circuit has not been told yet. */
  #memory: unknown = told;
  /** The snapshot with that memory, once somebody has looked. */
  #remembering: ToolCircuitSnapshot | undefined;
  /** Undefined while it has to be worked out. */
  #latest: ToolCircuitSnapshot | undefined;

  constructor(options: ActorOptions<Machine>, owner: CircuitOwner) {
    super(trackedMachine, options);
    this.#owner = owner;
    this.#latest = this.getSnapshot();
    this.trip = this.#latest.context.config.trip;
    this.isTimed = this.trip.slowCallMs !== undefined;
  }

  get latest(): ToolCircuitSnapshot {
    return this.#memory === told || this.#waiting.length > 0 ? this.latestButMemory : this.getSnapshot();
  }

  /** The same, but that its trip strategy may remember more by now: cheap to ask at every call. */
  get latestButMemory(): ToolCircuitSnapshot {
    this.#latest ??= this.#waiting.reduce<ToolCircuitSnapshot>(
      (snapshot, event) => transition(toolCircuitMachine, snapshot, event)[0],
      this.getSnapshot(),
    );
    return this.#latest;
  }

  override getSnapshot(): ToolCircuitSnapshot {
    const snapshot = super.getSnapshot();
    return this.#memory === told ? snapshot : this.#withMemory(snapshot);
  }

  /**
   * Remembers a success that changes nothing but the memory of the trip strategy, without an event: where nobody
   * listens, the circuit is told when somebody looks, or with the next event.
   *
   * @returns false where it has to be an event.
   */
  remember(at: number, durationMs: number | null = null): boolean {
    if (this.#owner.isInspected || this.#waiting.length > 0 || this.#mayBeHeard()) return false;
    const isUnseen = this.#memory !== told && this.#remembering === undefined;
    if (isUnseen && this.trip.addSuccess?.(this.#memory, at, durationMs)) return true;
    return this.#recordSuccess(at, durationMs);
  }

  #recordSuccess(at: number, durationMs: number | null): boolean {
    const { trip } = this;
    const { tripMemory, config } = super.getSnapshot().context;
    const call: CallOutcome = { isFailure: false, category: null, durationMs, at, failuresInARow: 0 };
    const memory = trip.record(this.#memory === told ? tripMemory : this.#memory, call);
    if (trip.trips(memory, call, config)) return false;
    this.#memory = memory;
    this.#remembering = undefined;
    return true;
  }

  /** XState keeps its observers to itself. Where they cannot be counted, somebody may listen. */
  #mayBeHeard(): boolean {
    const { observers } = this as unknown as { observers?: ReadonlySet<unknown> };
    return observers?.size !== 0;
  }

  #withMemory(snapshot: ToolCircuitSnapshot): ToolCircuitSnapshot {
    this.#remembering ??= withContext(snapshot, contextWith(snapshot.context, { tripMemory: this.#memory }));
    return this.#remembering;
  }

  /** What is counted of its calls; made at the first one. */
  get stats(): CallStats {
    this.#stats ??= new CallStats();
    return this.#stats;
  }

  /** The same, where there was a call. */
  get statsIfAny(): CallStats | undefined {
    return this.#stats;
  }

  /** Whether the next call is to be timed. */
  shouldTime(): boolean {
    return this.stats.shouldMeasure() || this.isTimed;
  }

  /** @throws TypeError for what is no event, which would otherwise end the actor. */
  override send(event: ToolCircuitEvent): void {
    checkEvent(event);
    if (this.isForgotten) return;
    if (event.type === 'SUCCESS' || event.type === 'FAILURE') this.#owner.onBareResult(this, event);
    this.sendCounted(event);
  }

  /** Sends what the registry says itself: it is an event, and a result is counted already. */
  sendCounted(event: ToolCircuitEvent): void {
    // It is being stopped, as soon as the registry actor gets round to it.
    if (this.isForgotten) return;
    const isActive = super.getSnapshot().status === 'active';
    if (isActive) this.#waiting.push(event);
    super.send(event);
    if (this.#waiting.length === 0) return;
    this.#unsettle();
    this.#owner.onSettled(this);
  }

  /**
   * Asks for permission to make a call. The answer is what becomes of this very event, whatever is asked meanwhile from listeners.
   *
   * @returns what a permit for the call carries, or null.
   */
  request(at: number): PermitStamp | null {
    const question: Question = { event: { type: 'REQUEST', at }, answer: undefined };
    this.#questions.push(question);
    this.sendCounted(question.event);
    this.#questions.splice(this.#questions.indexOf(question), 1);
    // In the middle of another event it has to wait: worked out ahead, with all that waits before it.
    return question.answer === undefined ? this.#foresee(question) : question.answer;
  }

  #foresee({ event }: Question): PermitStamp | null {
    let before = this.getSnapshot();
    for (const waiting of this.#waiting) {
      const [after] = transition(toolCircuitMachine, before, waiting);
      if (waiting === event) return answerTo(event.at, before.context, after.context);
      before = after;
    }
    return null;
  }

  /** Processes an event, and follows what becomes of it. */
  process(before: ToolCircuitSnapshot, event: ToolCircuitEvent, scope: Scope): ToolCircuitSnapshot {
    const snapshot = this.#memory === told ? before : this.#withMemory(before);
    return this.#processQuickly(snapshot, event, scope) ?? this.#processByChart(snapshot, event, scope);
  }

  #processQuickly(
    snapshot: ToolCircuitSnapshot,
    event: ToolCircuitEvent,
    scope: Scope,
  ): ToolCircuitSnapshot | undefined {
    if (this.#owner.isInspected || this.#waiting.length !== 1 || this.#waiting[0] !== event) return undefined;
    const next = quickStep(snapshot, event);
    if (next === undefined) return undefined;
    if (event.type === 'REQUEST') {
      for (const question of this.#questions) if (question.event === event) question.answer = null;
      const parent = this._parent;
      if (parent !== undefined) {
        scope.defer(() => parent.send(denialReport(next.context)));
      }
    }
    this.#waiting.length = 0;
    this.#forgetMemory();
    this.#unsettle();
    this.#latest = next;
    return next;
  }

  #processByChart(snapshot: ToolCircuitSnapshot, event: ToolCircuitEvent, scope: Scope): ToolCircuitSnapshot {
    // A timer's event comes without `send`.
    if (!this.#waiting.includes(event)) this.#waiting.unshift(event);
    this.#unsettle();
    this.#owner.unsettled.add(this);
    const next = compact(toolCircuitMachine.transition(snapshot, event, scope));
    for (const question of this.#questions) {
      if (question.event === event)
        question.answer = answerTo(question.event.at, snapshot.context, next.context);
    }
    this.#owner.unsettled.delete(this);
    this.#waiting.splice(this.#waiting.indexOf(event), 1);
    this.#forgetMemory();
    this.#unsettle();
    if (this.#waiting.length === 0) {
      this.#latest = next;
      this.#owner.onSettled(this);
    }
    return next;
  }

  /** What was worked out has to be again: an inspector may have asked in the middle of the event as well. */
  #unsettle(): void {
    this.#latest = undefined;
    this.freeAdmission = undefined;
  }

  /** The circuit has been told: not before an event is over, for whoever asks meanwhile is answered by it. */
  #forgetMemory(): void {
    this.#memory = told;
    this.#remembering = undefined;
  }
}

/** Whether a request was admitted, read off what the circuit knew before and after it. */
function answerTo(at: number, before: ToolCircuitContext, after: ToolCircuitContext): PermitStamp | null {
  const { deniedRequests, generation, probesInFlight } = after;
  if (deniedRequests !== before.deniedRequests) return null;
  return { generation, probeStart: probesInFlight === 0 ? null : at };
}

/**
 * The same snapshot in half the room. XState makes a context key by key, and V8 a hash table of that; so all circuits
 * look alike to it as well.
 */
const compact = (snapshot: ToolCircuitSnapshot): ToolCircuitSnapshot =>
  withContext(snapshot, contextWith(snapshot.context, {}));

const trackedMachine: Machine = Object.create(toolCircuitMachine, {
  getInitialSnapshot: {
    value: ((scope, input) => {
      return compact(toolCircuitMachine.getInitialSnapshot(scope, input));
    }) satisfies Machine['getInitialSnapshot'],
  },
  transition: {
    value: ((snapshot, event, scope) =>
      (scope.self as unknown as CircuitActor).process(
        snapshot,
        event,
        scope,
      )) satisfies Machine['transition'],
  },
});
