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

/** Marks that no memory is deferred: the snapshot includes all of it. */
const upToDate = Symbol('upToDate');

interface Question {
  readonly event: { readonly type: 'REQUEST'; readonly at: number };
  answer: PermitStamp | null | undefined;
}

/** The owner of circuits, which is notified of their changes. */
export interface CircuitOwner {
  /** The circuits in the middle of an event, whose state may be about to change. */
  readonly unsettled: Set<CircuitActor>;
  /** Whether an inspector watches every step, so that shortcuts are not allowed. */
  readonly isInspected: boolean;
  /** The present or foreseen state of a circuit may have changed. */
  onSettled(circuit: CircuitActor): void;
  /** A result was sent directly to the actor. */
  onBareResult(circuit: CircuitActor, event: ToolCircuitEvent & { type: 'SUCCESS' | 'FAILURE' }): void;
}

/**
 * A circuit that foresees its snapshot after all events sent to it are processed.
 *
 * XState queues events that are sent from inside a listener. There, `getSnapshot()` lags behind, and decisions based on it
 * would be wrong: two probes could be admitted to one free slot. `latest` never lags behind.
 */
export class CircuitActor extends Actor<Machine> {
  /** The time of its last use, counted in uses of all circuits. */
  usedAt = 0;
  /** Whether the registry has forgotten it, so that events sent to it no longer count. */
  isForgotten = false;
  /** The message of its last counted failure. */
  lastError: string | null = null;
  /** The state in which its owner last counted it. */
  countedAs: CircuitState = 'closed';
  /** When it became open or isolated; null while it is neither. */
  openSince: number | null = null;
  /** How long it had been open or isolated before that, in ms. */
  openMs = 0;
  /** Cached permission for untimed, non-probe calls; cleared by every event. */
  freeAdmission: Admission<CircuitActor> | undefined;
  /** The name of the circuit that the tool depends on according to its settings. */
  upstream: string | undefined;
  /** The name of the circuit that the tool's last call depended on, from its settings or from the call's options. */
  lastUpstream: string | undefined;
  /** Whether other circuits depend on it. */
  isUpstream = false;
  /** Its trip strategy. A user's strategy is contained, and therefore has no `addSuccess`. */
  readonly trip: OwnStrategy;
  /** Whether all of its calls must be timed, because its trip strategy needs durations. */
  readonly isTimed: boolean;
  /** How many of its calls were refused because of its upstream. */
  upstreamDenials = 0;
  #stats: CallStats | undefined;
  readonly #owner: CircuitOwner;
  /** The events that were sent but not yet processed, in order. */
  readonly #waiting: ToolCircuitEvent[] = [];
  /** The requests that wait for an answer. */
  readonly #questions: Question[] = [];
  /** The trip strategy's memory that the snapshot does not include yet. */
  #memory: unknown = upToDate;
  /** The snapshot with that memory; computed when it is first read. */
  #remembering: ToolCircuitSnapshot | undefined;
  /** The cached value of `latestButMemory`; undefined if it must be recomputed. */
  #latest: ToolCircuitSnapshot | undefined;

  constructor(options: ActorOptions<Machine>, owner: CircuitOwner) {
    super(trackedMachine, options);
    this.#owner = owner;
    this.#latest = this.getSnapshot();
    this.trip = this.#latest.context.config.trip;
    this.isTimed = this.trip.slowCallMs !== undefined;
  }

  /** The snapshot as it will be once all waiting events are processed. */
  get latest(): ToolCircuitSnapshot {
    return this.#memory === upToDate || this.#waiting.length > 0 ? this.latestButMemory : this.getSnapshot();
  }

  /** Like `latest`, but without the deferred memory of the trip strategy, which makes it cheap enough for every call. */
  get latestButMemory(): ToolCircuitSnapshot {
    this.#latest ??= this.#waiting.reduce<ToolCircuitSnapshot>(
      (snapshot, event) => transition(toolCircuitMachine, snapshot, event)[0],
      this.getSnapshot(),
    );
    return this.#latest;
  }

  override getSnapshot(): ToolCircuitSnapshot {
    const snapshot = super.getSnapshot();
    return this.#memory === upToDate ? snapshot : this.#withMemory(snapshot);
  }

  /**
   * Records a success that changes only the trip strategy's memory, without an event. If nobody observes the circuit, its
   * snapshot is updated when it is next read, or with the next event.
   *
   * @returns False if the success must be sent as an event instead.
   */
  remember(at: number, durationMs: number | null = null): boolean {
    if (this.#owner.isInspected || this.#waiting.length > 0 || this.#mayBeHeard()) return false;
    const isUnseen = this.#memory !== upToDate && this.#remembering === undefined;
    if (isUnseen && this.trip.addSuccess?.(this.#memory, at, durationMs)) return true;
    return this.#recordSuccess(at, durationMs);
  }

  #recordSuccess(at: number, durationMs: number | null): boolean {
    const { trip } = this;
    const { tripMemory, config } = super.getSnapshot().context;
    const call: CallOutcome = { isFailure: false, category: null, durationMs, at, failuresInARow: 0 };
    const memory = trip.record(this.#memory === upToDate ? tripMemory : this.#memory, call);
    if (trip.trips(memory, call, config)) return false;
    this.#memory = memory;
    this.#remembering = undefined;
    return true;
  }

  /** Reads XState's private set of observers. If that does not exist, the circuit counts as observed. */
  #mayBeHeard(): boolean {
    const { observers } = this as unknown as { observers?: ReadonlySet<unknown> };
    return observers?.size !== 0;
  }

  #withMemory(snapshot: ToolCircuitSnapshot): ToolCircuitSnapshot {
    this.#remembering ??= withContext(snapshot, contextWith(snapshot.context, { tripMemory: this.#memory }));
    return this.#remembering;
  }

  /** The counters of its calls, created on first use. */
  get stats(): CallStats {
    this.#stats ??= new CallStats();
    return this.#stats;
  }

  /** The counters of its calls; undefined if there were no calls. */
  get statsIfAny(): CallStats | undefined {
    return this.#stats;
  }

  /** Whether the next call should be timed. */
  shouldTime(): boolean {
    return this.stats.shouldMeasure() || this.isTimed;
  }

  /** @throws TypeError for an invalid event, which would otherwise end the actor. */
  override send(event: ToolCircuitEvent): void {
    checkEvent(event);
    if (this.isForgotten) return;
    if (event.type === 'SUCCESS' || event.type === 'FAILURE') this.#owner.onBareResult(this, event);
    this.sendCounted(event);
  }

  /** Sends an event of the registry itself, whose result has already been counted. */
  sendCounted(event: ToolCircuitEvent): void {
    // A forgotten circuit is about to be stopped by the registry actor.
    if (this.isForgotten) return;
    const isActive = super.getSnapshot().status === 'active';
    if (isActive) this.#waiting.push(event);
    super.send(event);
    if (this.#waiting.length === 0) return;
    this.#unsettle();
    this.#owner.onSettled(this);
  }

  /**
   * Asks for permission to make a call. The answer belongs to this very request, even if listeners make others meanwhile.
   *
   * @returns The stamp for the call's permit, or null if the call is refused.
   */
  request(at: number): PermitStamp | null {
    const question: Question = { event: { type: 'REQUEST', at }, answer: undefined };
    this.#questions.push(question);
    this.sendCounted(question.event);
    this.#questions.splice(this.#questions.indexOf(question), 1);
    // In the middle of another event the request is queued, so its answer is computed ahead, after all events before it.
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

  /** Processes an event, and keeps track of its effects. */
  process(before: ToolCircuitSnapshot, event: ToolCircuitEvent, scope: Scope): ToolCircuitSnapshot {
    const snapshot = this.#memory === upToDate ? before : this.#withMemory(before);
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
    // The event of a timer does not pass through `send`.
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

  /** Discards the cached answers, which an inspector may have filled in the middle of an event. */
  #unsettle(): void {
    this.#latest = undefined;
    this.freeAdmission = undefined;
  }

  /** Drops the deferred memory once the snapshot includes it. Until the event is over, it still answers `getSnapshot()`. */
  #forgetMemory(): void {
    this.#memory = upToDate;
    this.#remembering = undefined;
  }
}

/** The answer to a request, derived from the contexts before and after it. */
function answerTo(at: number, before: ToolCircuitContext, after: ToolCircuitContext): PermitStamp | null {
  const { deniedRequests, generation, probesInFlight } = after;
  if (deniedRequests !== before.deniedRequests) return null;
  return { generation, probeStart: probesInFlight === 0 ? null : at };
}

/**
 * A copy of a snapshot that takes half the memory. XState builds a context key by key, which V8 stores as a hash table; the
 * copy is a plain object, and all circuits share its shape.
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
