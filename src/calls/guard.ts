import { admitsAll, type CircuitState } from '../../machines/circuit-state.ts';
import { admissionBy, isProbe } from '../circuits/admission.ts';
import type { CircuitActor } from '../circuits/circuit-actor.ts';
import type { Circuits } from '../circuits/circuits.ts';
import { askIsFailure } from '../options/strangers.ts';
import type { Clock } from '../time/clock.ts';
import type { AdmittedCall } from './admitted-call.ts';
import { Call, type CallContext } from './call.ts';
import { checkOptionNames, checkTimeout, checkUpstream, type ExecuteOptions } from './call-options.ts';
import { CircuitOpenError } from './circuit-open-error.ts';
import { type Denial, denialOf } from './denial.ts';
import { Permit } from './permit.ts';
import type { ResultRecorder } from './result-recorder.ts';
import type { PassingCall } from './steps/call-step.ts';
import type { CallSteps } from './steps/call-steps.ts';
import type { SettingsOfTools } from './tool-settings.ts';

const noOptions = Object.freeze({});

/** Runs a function and returns a promise of its result; a synchronous throw becomes a rejection. */
function promised<Result>(fn: () => Result | PromiseLike<Result>): Promise<Awaited<Result>> {
  try {
    return Promise.resolve(fn()) as Promise<Awaited<Result>>;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** The parts that a guard works with. */
export interface GuardOptions {
  readonly circuits: Circuits;
  readonly clock: Required<Clock>;
  readonly results: ResultRecorder;
  readonly steps: CallSteps;
  readonly settings: SettingsOfTools;
}

/** Admits calls or refuses them, and runs the admitted ones. */
export class Guard {
  readonly #circuits: Circuits;
  readonly #clock: Required<Clock>;
  readonly #results: ResultRecorder;
  readonly #steps: CallSteps;
  readonly #settings: SettingsOfTools;

  constructor({ circuits, clock, results, steps, settings }: GuardOptions) {
    this.#circuits = circuits;
    this.#clock = clock;
    this.#results = results;
    this.#steps = steps;
    this.#settings = settings;
  }

  tryAcquire(name: string, upstream?: string): Permit | Denial {
    const asked = this.#ask(name, upstream);
    return asked.admitted ? new Permit(asked, this.#results) : asked;
  }

  /** Whether a call may be made. Its result will be reported without a permit. */
  allows(name: string): boolean {
    if (this.#steps.seesCalls) return this.#ask(name, undefined).admitted;
    const circuit = this.#circuits.touch(name);
    if (circuit === undefined) return this.#allowsFirst(name);
    if (circuit.upstream !== undefined) return this.#ask(name, undefined).admitted;
    return admitsAll(circuit.latestButMemory.value as CircuitState) || this.#admit(circuit) !== null;
  }

  /** An unused tool's own circuit admits every call, but its upstream may not. */
  #allowsFirst(name: string): boolean {
    const isAlone = this.#settings.get(name)?.upstream === undefined;
    return isAlone || this.#circuits.isStopped || this.#ask(name, undefined).admitted;
  }

  /** Not an async function, because every call passes here and each `await` would cost another promise. */
  execute<Result, Fallback>(
    name: string,
    fn: (context: CallContext) => Result | PromiseLike<Result>,
    options: ExecuteOptions<Result, Fallback> = noOptions,
  ): Promise<Awaited<Result | Fallback>> {
    try {
      if (options !== noOptions) checkOptionNames(options);
      const { signal, timeoutMs, fallback } = options;
      if (timeoutMs !== undefined) checkTimeout(timeoutMs);
      signal?.throwIfAborted();
      const asked = this.#ask(name, options.upstream);
      if (asked.admitted) return this.#call(asked, fn, options);
      const refusal = new CircuitOpenError(asked);
      return fallback === undefined ? Promise.reject(refusal) : promised(() => fallback(refusal));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #call<Result, Fallback>(
    admitted: AdmittedCall,
    fn: (context: CallContext) => Result | PromiseLike<Result>,
    options: ExecuteOptions<Result, Fallback>,
  ): Promise<Awaited<Result | Fallback>> {
    // Read before the call is made, because the caller may change its options object meanwhile.
    const { signal, timeoutMs, fallback, isFailure } = options;
    const call = new Call(admitted);
    const isLimited = signal !== undefined || timeoutMs !== undefined;
    let result: Promise<Awaited<Result>>;
    try {
      result = Promise.resolve(isLimited ? call.run(fn, options, this.#clock) : fn(call)) as typeof result;
    } catch (error) {
      result = Promise.reject(error);
    }
    return result.then(
      (value) => {
        const failure = isFailure === undefined ? false : askIsFailure(isFailure, value);
        if (failure === false) this.#results.succeed(admitted);
        else this.#results.fail(admitted, failure, true);
        return value;
      },
      (error) => this.#failed(admitted, call, error, fallback),
    );
  }

  #failed<Fallback>(
    admitted: AdmittedCall,
    { isCancelled, isTimedOut }: Call,
    error: unknown,
    fallback: ExecuteOptions<unknown, Fallback>['fallback'],
  ): Promise<Awaited<Fallback>> {
    if (isCancelled) {
      this.#results.cancel(admitted);
      return Promise.reject(error);
    }
    if (isTimedOut) this.#results.timeOut(admitted);
    this.#results.fail(admitted, error, false);
    return fallback === undefined ? Promise.reject(error) : promised(() => fallback(error));
  }

  /** Asks the steps and every circuit that a call needs for permission. */
  #ask(name: string, upstream: string | undefined): AdmittedCall | Denial {
    if (upstream !== undefined) checkUpstream(name, upstream);
    return this.#steps.seesCalls ? this.#askInSteps(name, upstream) : this.#askCircuits(name, upstream);
  }

  #askInSteps(name: string, upstream: string | undefined): AdmittedCall | Denial {
    const passing: PassingCall = { tool: name, upstream: upstream ?? this.#upstreamOf(name) ?? null };
    const asked = this.#steps.asked(passing) ?? this.#askCircuits(name, upstream);
    if (!asked.admitted) {
      this.#steps.refused(passing, asked);
      return asked;
    }
    this.#steps.admitted(passing, isProbe(asked));
    return { ...asked, passing };
  }

  #upstreamOf(name: string): string | undefined {
    return this.#circuits.get(name)?.upstream ?? this.#settings.get(name)?.upstream;
  }

  #askCircuits(name: string, upstreamName: string | undefined): AdmittedCall | Denial {
    const circuit = this.#circuits.use(name);
    if (upstreamName !== undefined) circuit.upstream = upstreamName;
    const upstream = circuit.upstream === undefined ? undefined : this.#circuits.upstreamOf(circuit);
    if (upstream !== undefined) return this.#askBoth(circuit, upstream);
    const admitted = this.#admit(circuit);
    if (admitted === null) return this.#denial(circuit, name);
    return circuit.shouldTime() ? { ...admitted, startedAt: this.#clock.now() } : admitted;
  }

  /** Asks a tool's circuit and its upstream's for permission. */
  #askBoth(circuit: CircuitActor, upstreamCircuit: CircuitActor): AdmittedCall | Denial {
    // The upstream is asked first, so that the tool's own probe slot is not spent on a call that cannot be made.
    const upstream = this.#admit(upstreamCircuit);
    if (upstream === null) {
      if (!this.#circuits.isStopped) circuit.upstreamDenials += 1;
      return this.#denial(upstreamCircuit, circuit.id);
    }
    const admitted = this.#admit(circuit);
    if (admitted === null) {
      this.#results.giveBack(upstream.circuit, upstream.stamp);
      return this.#denial(circuit, circuit.id);
    }
    const startedAt = circuit.shouldTime() || upstreamCircuit.isTimed ? this.#clock.now() : undefined;
    return { ...admitted, startedAt, upstream };
  }

  /** Asks one circuit alone for permission, untimed. @returns null if it refuses. */
  #admit(circuit: CircuitActor): AdmittedCall | null {
    if (circuit.freeAdmission !== undefined) return circuit.freeAdmission;
    const { value, context } = circuit.latestButMemory;
    if (admitsAll(value as CircuitState)) {
      circuit.freeAdmission = admissionBy(circuit, { generation: context.generation, probeStart: null });
      return circuit.freeAdmission;
    }
    const stamp = this.#circuits.isStopped ? null : circuit.request(this.#clock.now());
    return stamp === null ? null : admissionBy(circuit, stamp);
  }

  #denial(circuit: CircuitActor, tool: string): Denial {
    const denial = denialOf(circuit.latest, {
      tool,
      now: this.#clock.now(),
      wallNow: this.#clock.wallNow(),
      lastError: circuit.lastError,
      alternatives: this.#settings.get(tool)?.alternatives,
    });
    // A stopped registry never admits again, so there is no time to suggest.
    return this.#circuits.isStopped ? { ...denial, retryAfterMs: null, retryAt: null } : denial;
  }
}
