import { type ErrorCategory, isCounted, isErrorCategory } from '../machines/categories.ts';
import { categoryOf, type PermitStamp, type ToolCircuitEvent } from '../machines/circuit-context.ts';
import { durationOf, isLate } from '../machines/circuit-rules.ts';
import { admitsAll, type CircuitState } from '../machines/circuit-state.ts';
import { consecutiveFailures } from '../machines/trip-strategy.ts';
import { Call, type CallContext, type ExecuteOptions } from './call.ts';
import type { Channels } from './channels.ts';
import type { CircuitActor } from './circuit-actor.ts';
import { CircuitOpenError } from './circuit-open-error.ts';
import type { Circuits } from './circuits.ts';
import type { Clock } from './clock.ts';
import { checkTimeout, checkUpstream } from './config.ts';
import { judge } from './contain.ts';
import { type Denial, denialOf, errorText } from './denial.ts';
import { evidenceOf, type Verdict } from './evidence.ts';
import { isProbe, type Leave } from './leave.ts';
import { Permit, type PermitOwner } from './permit.ts';
import type { RecentErrors } from './recent-errors.ts';
import { retryAfterMs } from './retry-after.ts';

/** What a guard works with. */
export interface GuardOptions {
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

const noOptions = Object.freeze({});

/** What a function gives, as a promise: also where it throws. */
function settled<Result>(fn: () => Result | PromiseLike<Result>): Promise<Awaited<Result>> {
  try {
    return Promise.resolve(fn()) as Promise<Awaited<Result>>;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Lets calls through or refuses them, and tells the circuits how they ended. */
export class Guard implements PermitOwner {
  readonly #circuits: Circuits;
  readonly #clock: Required<Clock>;
  readonly #classify: (error: unknown) => ErrorCategory;
  readonly #channels: Channels;
  readonly #recentErrors: RecentErrors;

  constructor({ circuits, clock, classify, channels, recentErrors }: GuardOptions) {
    this.#circuits = circuits;
    this.#clock = clock;
    this.#classify = classify;
    this.#channels = channels;
    this.#recentErrors = recentErrors;
  }

  tryAcquire(name: string, upstream?: string): Permit | Denial {
    const asked = this.#ask(name, upstream);
    return asked.admitted ? new Permit(asked, this) : asked;
  }

  /** Whether a call may be made. Its result will come without a permit. */
  allows(name: string): boolean {
    const circuit = this.#circuits.touch(name);
    if (circuit === undefined) return this.#allowsFirst(name);
    if (circuit.upstream !== undefined) return this.#ask(name, undefined).admitted;
    return admitsAll(circuit.outline.value as CircuitState) || this.#admit(circuit) !== null;
  }

  /** A tool that was never used has its own leave for sure, but maybe not that of what it depends on. */
  #allowsFirst(name: string): boolean {
    const isAlone = this.#circuits.settingsOf(name)?.upstream === undefined;
    return isAlone || this.#circuits.isStopped || this.#ask(name, undefined).admitted;
  }

  /** Not an async function: this is the way of every call, and each `await` on it would be a promise more. */
  execute<Result>(
    name: string,
    fn: (context: CallContext) => Result | PromiseLike<Result>,
    options: ExecuteOptions<Result> = noOptions,
  ): Promise<Awaited<Result>> {
    try {
      const { signal, timeoutMs, fallback } = options;
      if (timeoutMs !== undefined) checkTimeout(timeoutMs);
      signal?.throwIfAborted();
      const leave = this.#ask(name, options.upstream);
      if (leave.admitted) return this.#call(leave, fn, options);
      const refusal = new CircuitOpenError(leave);
      return fallback === undefined ? Promise.reject(refusal) : settled(() => fallback(refusal));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #call<Result>(
    leave: Leave,
    fn: (context: CallContext) => Result | PromiseLike<Result>,
    options: ExecuteOptions<Result>,
  ): Promise<Awaited<Result>> {
    const { signal, timeoutMs, fallback, isFailure } = options;
    const call = new Call(leave.circuit.id, isProbe(leave));
    let result: Promise<Awaited<Result>>;
    if (signal !== undefined || timeoutMs !== undefined) {
      result = call.run(fn, options, this.#clock) as Promise<Awaited<Result>>;
    } else {
      try {
        result = Promise.resolve(fn(call)) as Promise<Awaited<Result>>;
      } catch (error) {
        result = Promise.reject(error);
      }
    }
    return result.then(
      (value) => {
        const failure = isFailure === undefined ? false : judge(isFailure, value);
        if (failure === false) this.succeed(leave);
        else this.fail(leave, failure, true);
        return value;
      },
      (error) => {
        if (call.isCancelled) {
          this.#cancel(leave);
          return Promise.reject(error);
        }
        if (call.isTimedOut && this.#circuits.isCurrent(leave.circuit)) leave.circuit.stats.timeOut();
        this.fail(leave, error, false);
        if (fallback === undefined) throw error;
        return settled(() => fallback(error));
      },
    );
  }

  recordSuccess(name: string): void {
    if (this.#circuits.isStopped) return;
    const circuit = this.#circuits.use(name);
    this.#count(circuit, null);
    this.#succeed(circuit);
    const upstream = this.#upstreamOf(circuit);
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
    const upstream = this.#upstreamOf(circuit);
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

  /** A permitted call was not made, or says nothing. */
  abandon({ circuit, stamp, upstream }: Leave): void {
    this.#giveBack(circuit, stamp);
    if (upstream !== undefined) this.#giveBack(upstream.circuit, upstream.stamp);
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
  #cancel(leave: Leave): void {
    if (this.#circuits.isCurrent(leave.circuit)) this.#count(leave.circuit, 'cancelled', leave);
    this.abandon(leave);
  }

  /** Leave of all circuits that a call needs, or why not. */
  #ask(name: string, upstreamName: string | undefined): Leave | Denial {
    const circuit = this.#circuits.use(name);
    if (upstreamName !== undefined) {
      checkUpstream(name, upstreamName);
      circuit.upstream = upstreamName;
    }
    const upstream = this.#upstreamOf(circuit);
    if (upstream !== undefined) return this.#askBoth(circuit, upstream);
    const stamp = this.#admit(circuit);
    if (stamp === null) return this.#denial(circuit, name);
    const startedAt = circuit.shouldTime() ? this.#clock.now() : undefined;
    return { admitted: true, circuit, stamp, startedAt, upstream: undefined };
  }

  /** Leave of a tool's circuit and of the one that it depends on. */
  #askBoth(circuit: CircuitActor, upstreamCircuit: CircuitActor): Leave | Denial {
    // First, so that the tool's own probe is not spent on a call that cannot be made.
    const upstreamStamp = this.#admit(upstreamCircuit);
    if (upstreamStamp === null) {
      if (!this.#circuits.isStopped) circuit.upstreamDenials += 1;
      return this.#denial(upstreamCircuit, circuit.id);
    }
    const stamp = this.#admit(circuit);
    if (stamp === null) {
      this.#giveBack(upstreamCircuit, upstreamStamp);
      return this.#denial(circuit, circuit.id);
    }
    const startedAt = circuit.shouldTime() || upstreamCircuit.isTimed ? this.#clock.now() : undefined;
    const upstream = {
      admitted: true,
      circuit: upstreamCircuit,
      stamp: upstreamStamp,
      startedAt: undefined,
      upstream: undefined,
    } as const;
    return { admitted: true, circuit, stamp, startedAt, upstream };
  }

  /** The circuit that a tool depends on. */
  #upstreamOf({ upstream }: CircuitActor): CircuitActor | undefined {
    if (upstream === undefined) return undefined;
    if (this.#circuits.isStopped) return this.#circuits.get(upstream);
    const circuit = this.#circuits.use(upstream);
    circuit.isUpstream = true;
    return circuit;
  }

  /** Leave of one circuit, or null. */
  #admit(circuit: CircuitActor): PermitStamp | null {
    const { value, context } = circuit.outline;
    if (admitsAll(value as CircuitState)) return circuit.stampOf(context.generation);
    return this.#circuits.isStopped ? null : circuit.request(this.#clock.now());
  }

  #denial(circuit: CircuitActor, tool: string): Denial {
    return denialOf(circuit.settled, {
      tool,
      now: this.#clock.now(),
      wallNow: this.#clock.wallNow(),
      lastError: circuit.lastError,
      alternatives: this.#circuits.settingsOf(tool)?.alternatives,
    });
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
    else if (stamp !== undefined) this.#giveBack(circuit, stamp);
    else if (circuit.settled.value === 'halfOpen') circuit.tell({ type: 'ABANDON' });
  }

  #giveBack(circuit: CircuitActor, stamp: PermitStamp): void {
    if (stamp.probeStart !== null && this.#circuits.isCurrent(circuit)) {
      circuit.tell({ type: 'ABANDON', stamp });
    }
  }

  #succeed(circuit: CircuitActor, stamp?: PermitStamp, durationMs?: number): void {
    const { value, context } = circuit.outline;
    const isHealthy = context.failureCount === 0 && !context.tripIsSpared && admitsAll(value as CircuitState);
    const isOfNow = stamp === undefined || stamp.generation === context.generation;
    // Nothing would change.
    if (isHealthy && isOfNow && context.config.trip === consecutiveFailures) return;
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
