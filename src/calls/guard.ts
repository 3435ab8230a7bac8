import { admitsAll, type CircuitState } from '../../machines/circuit-state.ts';
import { type Leave, leaveOf } from '../circuits/admission.ts';
import type { CircuitActor } from '../circuits/circuit-actor.ts';
import type { Circuits } from '../circuits/circuits.ts';
import { judge } from '../options/strangers.ts';
import { checkExecuteOptions, checkTimeout, checkUpstream } from '../registry/registry-options.ts';
import type { Clock } from '../time/clock.ts';
import { Call, type CallContext, type ExecuteOptions } from './call.ts';
import { CircuitOpenError } from './circuit-open-error.ts';
import { type Denial, denialOf } from './denial.ts';
import { Permit } from './permit.ts';
import type { Results } from './record-result.ts';

const noOptions = Object.freeze({});

/** What a function gives, as a promise: also where it throws. */
function settled<Result>(fn: () => Result | PromiseLike<Result>): Promise<Awaited<Result>> {
  try {
    return Promise.resolve(fn()) as Promise<Awaited<Result>>;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Lets calls through or refuses them. */
export class Guard {
  readonly #circuits: Circuits;
  readonly #clock: Required<Clock>;
  readonly #results: Results;

  constructor(circuits: Circuits, clock: Required<Clock>, results: Results) {
    this.#circuits = circuits;
    this.#clock = clock;
    this.#results = results;
  }

  tryAcquire(name: string, upstream?: string): Permit | Denial {
    const asked = this.#ask(name, upstream);
    return asked.admitted ? new Permit(asked, this.#results) : asked;
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
  execute<Result, Fallback>(
    name: string,
    fn: (context: CallContext) => Result | PromiseLike<Result>,
    options: ExecuteOptions<Result, Fallback> = noOptions,
  ): Promise<Awaited<Result | Fallback>> {
    try {
      if (options !== noOptions) checkExecuteOptions(options);
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

  #call<Result, Fallback>(
    leave: Leave,
    fn: (context: CallContext) => Result | PromiseLike<Result>,
    options: ExecuteOptions<Result, Fallback>,
  ): Promise<Awaited<Result | Fallback>> {
    // Read before the call is made: the options are the caller's, who may change them meanwhile.
    const { signal, timeoutMs, fallback, isFailure } = options;
    const call = new Call(leave);
    const isLimited = signal !== undefined || timeoutMs !== undefined;
    let result: Promise<Awaited<Result>>;
    try {
      result = Promise.resolve(isLimited ? call.run(fn, options, this.#clock) : fn(call)) as typeof result;
    } catch (error) {
      result = Promise.reject(error);
    }
    return result.then(
      (value) => {
        const failure = isFailure === undefined ? false : judge(isFailure, value);
        if (failure === false) this.#results.succeed(leave);
        else this.#results.fail(leave, failure, true);
        return value;
      },
      (error) => this.#failed(leave, call, error, fallback),
    );
  }

  #failed<Fallback>(
    leave: Leave,
    { isCancelled, isTimedOut }: Call,
    error: unknown,
    fallback: ExecuteOptions<unknown, Fallback>['fallback'],
  ): Promise<Awaited<Fallback>> {
    if (isCancelled) {
      this.#results.cancel(leave);
      return Promise.reject(error);
    }
    if (isTimedOut) this.#results.timeOut(leave);
    this.#results.fail(leave, error, false);
    return fallback === undefined ? Promise.reject(error) : settled(() => fallback(error));
  }

  /** Leave of all circuits that a call needs, or why not. */
  #ask(name: string, upstreamName: string | undefined): Leave | Denial {
    const circuit = this.#circuits.use(name);
    if (upstreamName !== undefined) {
      checkUpstream(name, upstreamName);
      circuit.upstream = upstreamName;
    }
    const upstream = circuit.upstream === undefined ? undefined : this.#circuits.upstreamOf(circuit);
    if (upstream !== undefined) return this.#askBoth(circuit, upstream);
    const leave = this.#admit(circuit);
    if (leave === null) return this.#denial(circuit, name);
    return circuit.shouldTime() ? { ...leave, startedAt: this.#clock.now() } : leave;
  }

  /** Leave of a tool's circuit and of the one that it depends on. */
  #askBoth(circuit: CircuitActor, upstreamCircuit: CircuitActor): Leave | Denial {
    // First, so that the tool's own probe is not spent on a call that cannot be made.
    const upstream = this.#admit(upstreamCircuit);
    if (upstream === null) {
      if (!this.#circuits.isStopped) circuit.upstreamDenials += 1;
      return this.#denial(upstreamCircuit, circuit.id);
    }
    const leave = this.#admit(circuit);
    if (leave === null) {
      this.#results.abandon(upstream);
      return this.#denial(circuit, circuit.id);
    }
    const startedAt = circuit.shouldTime() || upstreamCircuit.isTimed ? this.#clock.now() : undefined;
    return { ...leave, startedAt, upstream };
  }

  /** Leave of one circuit alone, not timed; null where it refuses. */
  #admit(circuit: CircuitActor): Leave | null {
    if (circuit.freeLeave !== undefined) return circuit.freeLeave;
    const { value, context } = circuit.outline;
    if (admitsAll(value as CircuitState)) {
      circuit.freeLeave = leaveOf(circuit, { generation: context.generation, probeStart: null });
      return circuit.freeLeave;
    }
    const stamp = this.#circuits.isStopped ? null : circuit.request(this.#clock.now());
    return stamp === null ? null : leaveOf(circuit, stamp);
  }

  #denial(circuit: CircuitActor, tool: string): Denial {
    const denial = denialOf(circuit.settled, {
      tool,
      now: this.#clock.now(),
      wallNow: this.#clock.wallNow(),
      lastError: circuit.lastError,
      alternatives: this.#circuits.settingsOf(tool)?.alternatives,
    });
    // Nothing moves any more: it would be refused later as well.
    return this.#circuits.isStopped ? { ...denial, retryAfterMs: null, retryAt: null } : denial;
  }
}
