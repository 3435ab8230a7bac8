import { type ErrorCategory, isCounted, isErrorCategory } from '../../machines/categories.ts';
import { categoryOf, type PermitStamp, type ToolCircuitEvent } from '../../machines/circuit-context.ts';
import { durationOf, isLate } from '../../machines/circuit-rules.ts';
import { admitsAll, type CircuitState } from '../../machines/circuit-state.ts';
import type { ToolRegistryRef } from '../../machines/tool-registry.ts';
import { consecutiveFailures } from '../../machines/trip-strategy.ts';
import { isProbe, type Leave } from '../circuits/admission.ts';
import type { CircuitActor } from '../circuits/circuit-actor.ts';
import type { Circuits } from '../circuits/circuits.ts';
import { retryAfterMs } from '../classify/retry-after.ts';
import type { Channels } from '../telemetry/channels.ts';
import type { RecentErrors } from '../telemetry/recent-errors.ts';
import type { Clock } from '../time/clock.ts';
import { errorText } from './denial.ts';
import { evidenceOf, type Verdict } from './evidence.ts';
import type { PermitOwner } from './permit.ts';

/** What results are told with. */
export interface ResultsOptions {
  readonly registry: ToolRegistryRef;
  readonly circuits: Circuits;
  readonly clock: Required<Clock>;
  readonly classify: (error: unknown) => ErrorCategory;
  readonly channels: Channels;
  readonly recentErrors: RecentErrors;
}

type ResultEvent = ToolCircuitEvent & { type: 'SUCCESS' | 'FAILURE' };

/** Adds what is known. Set rather than spread: every result passes here. */
function withDetails<Event extends ResultEvent>(
  event: Event,
  stamp: PermitStamp | undefined,
  durationMs: number | undefined,
): Event {
  if (stamp !== undefined) event.stamp = stamp;
  if (durationMs !== undefined) event.durationMs = durationMs;
  return event;
}

/** Counts how calls ended, and tells the circuits that they are evidence for or against. */
export class Results implements PermitOwner {
  readonly #registry: ToolRegistryRef;
  readonly #circuits: Circuits;
  readonly #clock: Required<Clock>;
  readonly #classify: (error: unknown) => ErrorCategory;
  readonly #channels: Channels;
  readonly #recentErrors: RecentErrors;

  constructor({ registry, circuits, clock, classify, channels, recentErrors }: ResultsOptions) {
    this.#registry = registry;
    this.#circuits = circuits;
    this.#clock = clock;
    this.#classify = classify;
    this.#channels = channels;
    this.#recentErrors = recentErrors;
  }

  recordSuccess(name: string): void {
    if (this.#circuits.isStopped) return;
    const circuit = this.#circuits.use(name);
    this.#count(circuit, null);
    this.#succeed(circuit);
    const upstream = this.#circuits.upstreamOf(circuit);
    if (upstream !== undefined) this.#succeed(upstream);
  }

  recordFailure(name: string, failure: unknown): void {
    if (this.#circuits.isStopped) return;
    const category = this.#categoryOf(failure);
    // The classifier is a stranger: it may have stopped the registry.
    if (this.#circuits.isStopped) return;
    const known = this.#circuits.touch(name);
    // Nothing would change, but that a probe gives its place back.
    if (known === undefined && !isCounted(category)) {
      this.#circuits.forgotten.fail(category);
      return;
    }
    const circuit = known ?? this.#circuits.use(name);
    this.#count(circuit, category);
    const upstream = this.#circuits.upstreamOf(circuit);
    if (upstream === undefined) {
      this.#fail(circuit, category, failure);
      return;
    }
    const evidence = evidenceOf(category, failure, false);
    this.#tell(circuit, evidence.tool, category, failure);
    this.#tell(upstream, evidence.upstream, category, failure);
  }

  /** A permitted call succeeded. */
  succeed(leave: Leave): void {
    const { circuit, stamp, upstream } = leave;
    const durationMs = this.#durationOf(leave);
    if (this.#circuits.isCurrent(circuit)) {
      this.#count(circuit, null, leave, durationMs);
      this.#succeed(circuit, stamp, durationMs);
    }
    if (upstream !== undefined && this.#circuits.isCurrent(upstream.circuit)) {
      upstream.circuit.stats.succeed(durationMs);
      this.#succeed(upstream.circuit, upstream.stamp, durationMs);
    }
  }

  /** A permitted call failed. */
  fail(leave: Leave, failure: unknown, roundTrip: boolean): void {
    const { circuit, stamp, upstream } = leave;
    if (this.#circuits.isStopped) return;
    const category = this.#categoryOf(failure);
    const durationMs = this.#durationOf(leave);
    // The classifier is a stranger: it may have stopped the registry, or reset the tool.
    if (upstream === undefined) {
      if (!this.#circuits.isCurrent(circuit)) return;
      this.#count(circuit, category, leave, durationMs);
      this.#fail(circuit, category, failure, stamp, durationMs);
      return;
    }
    const evidence = evidenceOf(category, failure, roundTrip);
    if (this.#circuits.isCurrent(circuit)) {
      this.#count(circuit, category, leave, durationMs);
      this.#tell(circuit, evidence.tool, category, failure, stamp, durationMs);
    }
    if (this.#circuits.isCurrent(upstream.circuit)) {
      upstream.circuit.stats.fail(category, durationMs);
      this.#tell(upstream.circuit, evidence.upstream, category, failure, upstream.stamp, durationMs);
    }
  }

  /** A permitted call was given up after a time limit. It fails, too. */
  timeOut({ circuit }: Leave): void {
    if (this.#circuits.isCurrent(circuit)) circuit.stats.timeOut();
  }

  /** A permitted call was not made, or says nothing. */
  abandon({ circuit, stamp, upstream }: Leave): void {
    this.giveBack(circuit, stamp);
    if (upstream !== undefined) this.giveBack(upstream.circuit, upstream.stamp);
  }

  /** A result was sent to a circuit's actor itself. */
  countBareResult(circuit: CircuitActor, event: ResultEvent): void {
    if (!this.#circuits.isCurrent(circuit)) return;
    const category = event.type === 'SUCCESS' ? null : categoryOf(event);
    this.#count(circuit, category, undefined, durationOf(event) ?? undefined);
  }

  /** The category of whatever a call failed with. */
  #categoryOf(failure: unknown): ErrorCategory {
    return isErrorCategory(failure) ? failure : this.#classify(failure);
  }

  /** The caller has ended the call: counted, and no verdict. */
  cancel(leave: Leave): void {
    if (this.#circuits.isCurrent(leave.circuit)) this.#count(leave.circuit, 'cancelled', leave);
    this.abandon(leave);
  }

  #durationOf({ startedAt }: Leave): number | undefined {
    return startedAt === undefined ? undefined : Math.max(0, this.#clock.now() - startedAt);
  }

  #count(circuit: CircuitActor, category: ErrorCategory | null, leave?: Leave, durationMs?: number): void {
    if (category === null) circuit.stats.succeed(durationMs);
    else circuit.stats.fail(category, durationMs);
    const { call } = this.#channels;
    if (!call.hasSubscribers) return;
    call.publish({
      registry: this.#registry,
      tool: circuit.id,
      category,
      durationMs: durationMs ?? null,
      late: leave !== undefined && isLate(circuit.settled.context, leave.stamp),
      probe: leave !== undefined && isProbe(leave),
    });
  }

  #tell(
    circuit: CircuitActor,
    verdict: Verdict,
    category: ErrorCategory,
    failure: unknown,
    stamp?: PermitStamp,
    durationMs?: number,
  ): void {
    if (verdict === 'success') this.#succeed(circuit, stamp, durationMs);
    else if (verdict === 'failure') this.#fail(circuit, category, failure, stamp, durationMs);
    else if (stamp !== undefined) this.giveBack(circuit, stamp);
    else if (circuit.settled.value === 'halfOpen') circuit.tell({ type: 'ABANDON' });
  }

  /** A probe of a circuit was not made, or says nothing. */
  giveBack(circuit: CircuitActor, stamp: PermitStamp): void {
    if (stamp.probeStart !== null && this.#circuits.isCurrent(circuit)) {
      circuit.tell({ type: 'ABANDON', stamp });
    }
  }

  #succeed(circuit: CircuitActor, stamp?: PermitStamp, durationMs?: number): void {
    const { value, context } = circuit.outline;
    const isHealthy = context.failureCount === 0 && !context.tripIsSpared && admitsAll(value as CircuitState);
    const isOfNow = stamp === undefined || stamp.generation === context.generation;
    // Nothing would change.
    if (isHealthy && isOfNow && circuit.trip === consecutiveFailures) return;
    const at = this.#clock.now();
    // Nothing would, but what the trip strategy remembers.
    if (isHealthy && isOfNow && circuit.remember(at, durationMs)) return;
    circuit.tell(withDetails({ type: 'SUCCESS', at }, stamp, durationMs));
  }

  #fail(
    circuit: CircuitActor,
    category: ErrorCategory,
    failure: unknown,
    stamp?: PermitStamp,
    durationMs?: number,
  ): void {
    const at = this.#clock.now();
    if (!isCounted(category)) {
      const isProbeResult =
        stamp === undefined ? circuit.settled.value === 'halfOpen' : stamp.probeStart !== null;
      // Nothing would change, but that a probe gives its place back.
      if (isProbeResult) circuit.tell({ type: 'FAILURE', category, at, ...(stamp && { stamp }) });
      return;
    }
    if (stamp === undefined || stamp.generation === circuit.settled.context.generation) {
      circuit.lastError = isErrorCategory(failure) ? null : errorText(failure);
      this.#recentErrors.add({ tool: circuit.id, category, message: circuit.lastError, at });
    }
    const askedMs = typeof failure === 'object' ? retryAfterMs(failure, this.#clock.wallNow()) : undefined;
    const event: ToolCircuitEvent & { type: 'FAILURE' } = { type: 'FAILURE', category, at };
    if (askedMs !== undefined) event.retryAfterMs = askedMs;
    circuit.tell(withDetails(event, stamp, durationMs));
  }
}
