import type { Endings } from '../circuits/admission.ts';
import type { Seat } from '../circuits/membership.ts';
import { RegistryStoppedError } from '../circuits/registry-stopped-error.ts';
import { askIsFailure } from '../options/strangers.ts';
import type { Clock } from '../time/clock.ts';
import type { Admissions } from './admissions.ts';
import type { AdmittedCall } from './admitted-call.ts';
import { Call, type CallContext, type CallLimits, releaseCallsOf } from './call.ts';
import type { CallTarget } from './call-keys.ts';
import { type CallNeeds, checkCallOptions, checkFunction, type ExecuteOptions } from './call-options.ts';
import { CircuitOpenError } from './circuit-open-error.ts';
import type { Denial } from './denial.ts';
import {
  followBody,
  followIterable,
  hasBody,
  isAsyncIterable,
  type StreamVerdict,
  type Wait,
} from './followed-stream.ts';
import { IssuedPermit } from './issued-permit.ts';
import { reasonOf } from './on-abort.ts';
import type { Permit } from './permit.ts';
import { rejection } from './rejection.ts';
import type { ResultRecorder } from './result-recorder.ts';
import type { CallSteps } from './steps/call-steps.ts';

const noOptions = Object.freeze({});
const settled = Promise.resolve();

/** Runs a function and returns a promise of its result; a synchronous throw becomes a rejection. */
function promised<Result>(fn: () => Result | PromiseLike<Result>): Promise<Awaited<Result>> {
  try {
    return Promise.resolve(fn()) as Promise<Awaited<Result>>;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Starts a call. A function of its own, because V8 compiles a function with a `catch` in it less well. */
function started<Result>(
  fn: (context: CallContext) => Result | PromiseLike<Result>,
  call: Call,
): Promise<Awaited<Result>> {
  try {
    return Promise.resolve(fn(call)) as Promise<Awaited<Result>>;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Makes admitted calls, and records how they end. */
export class Guard {
  readonly #admissions: Admissions;
  readonly #results: ResultRecorder;
  readonly #steps: CallSteps;
  readonly #noLimits: CallLimits;
  readonly #seat: Seat;
  readonly #stopping = new AbortController();

  constructor(
    admissions: Admissions,
    results: ResultRecorder,
    steps: CallSteps,
    clock: Required<Clock>,
    seat: Seat,
  ) {
    this.#admissions = admissions;
    this.#results = results;
    this.#steps = steps;
    this.#seat = seat;
    // One for all calls without limits, which are most.
    const stopping = this.#stopping.signal;
    this.#noLimits = { signal: undefined, timeoutMs: undefined, clock, stopping };
  }

  tryAcquire(name: string, needs: CallNeeds): Permit | Denial {
    const asked = this.#admissions.ask(name, needs);
    return asked.admitted ? new IssuedPermit(asked, this.#results) : asked;
  }

  /** Whether a call may be made. Its result will be reported without a permit. */
  allows(name: string, target: CallTarget): boolean {
    return this.#admissions.allows(name, target);
  }

  /** Not an async function, because every call passes here and each `await` would cost another promise. */
  execute<Result, Fallback>(
    name: string,
    fn: (context: CallContext) => Result | PromiseLike<Result>,
    options: ExecuteOptions<Result, Fallback> = noOptions,
  ): Promise<Awaited<Result | Fallback>> {
    if (options === noOptions && typeof fn === 'function') {
      const admitted = this.#admissions.free(name);
      if (admitted !== undefined) return this.#callPlainly(admitted, fn);
    }
    return this.#askAndCall(name, fn, options, false);
  }

  #askAndCall<Result, Fallback>(
    name: string,
    fn: (context: CallContext) => Result | PromiseLike<Result>,
    options: ExecuteOptions<Result, Fallback>,
    hasWaited: boolean,
  ): Promise<Awaited<Result | Fallback>> {
    try {
      checkFunction(fn);
      if (options !== noOptions) checkCallOptions(options as ExecuteOptions<unknown, unknown>);
      if (options.signal?.aborted) throw reasonOf(options.signal);
      const awaited = hasWaited ? undefined : this.#awaited(name, options);
      if (awaited !== undefined) return awaited.then(() => this.#askAndCall(name, fn, options, true));
      const asked = this.#admissions.ask(name, options);
      if (asked.admitted) return this.#call(asked, fn, options);
      return this.#refuse(new CircuitOpenError(asked), options);
    } catch (error) {
      return error instanceof RegistryStoppedError ? this.#refuse(error, options) : Promise.reject(error);
    }
  }

  /** What a call has to wait for before it is asked about: the lease of a probe, where a fleet holds a circuit open. */
  #awaited(name: string, options: CallNeeds): Promise<void> | undefined {
    const { membership } = this.#seat;
    if (membership === undefined || !membership.holdsAny) return undefined;
    return membership.awaited(name, this.#admissions.keys.of(name, options), options.upstream);
  }

  #refuse<Result, Fallback>(
    refusal: CircuitOpenError | RegistryStoppedError,
    { fallback }: ExecuteOptions<Result, Fallback>,
  ): Promise<Awaited<Fallback>> {
    if (fallback !== undefined) return promised(() => fallback(refusal));
    // Rejected once the caller has had the time to handle it: Node follows each promise that is rejected before.
    return settled.then(() => rejection(refusal));
  }

  /** Ends the calls in flight that can be ended. */
  stop(): void {
    this.#stopping.abort();
  }

  /** A call without options, as most are: with little to remember while it runs. */
  #callPlainly<Result>(
    admitted: AdmittedCall,
    fn: (context: CallContext) => Result | PromiseLike<Result>,
  ): Promise<Awaited<Result>> {
    const call = new Call(admitted, this.#noLimits);
    const result = started(fn, call);
    const { circuit } = admitted;
    let endings: Endings;
    // The function may have changed the circuit.
    if (call.hasSignal || admitted !== circuit.freeAdmission) endings = this.#endingsOf(admitted, call);
    else {
      circuit.endings ??= this.#endingsOf(admitted);
      endings = circuit.endings;
      call.result = result;
    }
    return result.then(endings.succeeded, endings.failed);
  }

  /** @param call Left out where the endings are shared by many calls. */
  #endingsOf(admitted: AdmittedCall, call?: Call): Endings {
    return {
      succeeded: (value) => {
        if (isAsyncIterable(value)) return this.#follow(value, admitted, call);
        this.#results.succeedWith(admitted, value);
        call?.release();
        return value;
      },
      failed: (error) => {
        call?.release();
        this.#results.fail(admitted, error);
        return rejection(error);
      },
    };
  }

  #call<Result, Fallback>(
    admitted: AdmittedCall,
    fn: (context: CallContext) => Result | PromiseLike<Result>,
    options: ExecuteOptions<Result, Fallback>,
  ): Promise<Awaited<Result | Fallback>> {
    // Read before the call is made, because the caller may change its options object meanwhile.
    const { signal, timeoutMs, fallback, isFailure, followBody, correct } = options;
    const isLimited = signal !== undefined || timeoutMs !== undefined;
    const call = new Call(admitted, isLimited ? { ...this.#noLimits, signal, timeoutMs } : this.#noLimits);
    const { passing } = admitted;
    const make = passing === undefined ? () => fn(call) : () => this.#steps.run(passing, () => fn(call));
    let result: Promise<Awaited<Result>>;
    try {
      result = Promise.resolve(call.isLimited ? call.run(make) : make()) as typeof result;
    } catch (error) {
      result = Promise.reject(error);
    }
    return result.then(
      (value) => {
        const failure = isFailure === undefined ? false : askIsFailure(isFailure, value);
        if (failure === 'unfinished') this.#results.abandon(admitted);
        else if (failure !== false) {
          this.#results.fail(admitted, failure, { roundTrip: true });
        } else if (isAsyncIterable(value) || (followBody === true && hasBody(value))) {
          return this.#follow(value, admitted, call);
        } else this.#results.succeedWith(admitted, value);
        call.release();
        const correction = correct && this.#results.correctionOf(admitted);
        return correction ? correct({ result: value }, correction) : value;
      },
      (error): PromiseLike<Awaited<Result | Fallback>> => {
        this.#failed(admitted, call, error);
        const correction = correct && this.#results.correctionOf(admitted);
        if (correction) return promised(() => correct({ error }, correction));
        const isCallers = call.endedBy !== undefined && call.endedBy !== 'timeLimit';
        if (fallback === undefined || isCallers) return rejection(error);
        return promised(() => fallback(error));
      },
    );
  }

  /** Lets the call last until its stream has ended. */
  #follow<Value>(value: Value, admitted: AdmittedCall, call?: Call): Value {
    const release = (): void => {
      if (call !== undefined) call.release();
      else releaseCallsOf(value as object);
    };
    const verdict: StreamVerdict = {
      succeeded: () => {
        this.#results.succeed(admitted);
        release();
      },
      failed: (error) => {
        release();
        if (call === undefined) this.#results.fail(admitted, error);
        else this.#failed(admitted, call, error);
      },
      abandoned: () => {
        this.#results.abandon(admitted);
        release();
      },
    };
    const { passing } = admitted;
    const wait: Wait = (next) => {
      const take = passing === undefined ? next : () => this.#steps.run(passing, next);
      return call?.isLimited ? call.run(take) : take();
    };
    return isAsyncIterable(value) ? followIterable(value, verdict, wait) : followBody(value, verdict, wait);
  }

  #failed(admitted: AdmittedCall, call: Call, error: unknown): void {
    call.release();
    switch (call.endedBy) {
      case 'caller':
        this.#results.cancel(admitted);
        return;
      case 'registry':
        this.#results.abandon(admitted);
        return;
      case 'deadline':
      case 'timeLimit':
        this.#results.timeOut(admitted);
        this.#results.fail(admitted, error, { gaveUp: true, timeoutMs: call.timeoutMs });
        return;
      default:
        this.#results.fail(admitted, error, { mayBeCallersAbort: call.mayBeCallersAbort });
    }
  }
}
