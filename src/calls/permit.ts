import { isProbe } from '../circuits/admission.ts';
import type { AdmittedCall } from './admitted-call.ts';

/** Who is told how a permitted call ended. */
export interface PermitOwner {
  succeed(call: AdmittedCall): void;
  fail(call: AdmittedCall, failure: unknown, roundTrip: boolean): void;
  timeOut(call: AdmittedCall): void;
  abandon(call: AdmittedCall): void;
}

/** What is known of a failed call beside its error. */
export interface FailureOptions {
  /**
   * Whether the call was answered, however badly: then the failure is the tool's own, whatever its category, and what
   * the tool depends on lives. Default false: the error is asked.
   */
  readonly roundTrip?: boolean;
  /** Whether the caller gave the call up after a time limit of its own: counted in `timeouts`. Default false. */
  readonly timedOut?: boolean;
}

/**
 * Permission to make one call. Say how it ended with one of `success`, `failure` and `release`; the first one counts, and
 * what comes after it does nothing. With `using`, a permit that nothing was said of is released at the end of its block.
 *
 * It knows its circuit's generation: once the circuit has moved on, a result is counted as late and moves nothing.
 */
export class Permit {
  readonly admitted = true;
  readonly #call: AdmittedCall;
  readonly #owner: PermitOwner;
  #isSettled = false;

  constructor(call: AdmittedCall, owner: PermitOwner) {
    this.#call = call;
    this.#owner = owner;
  }

  get tool(): string {
    return this.#call.circuit.id;
  }

  /** Whether the call is a probe of a half-open circuit: the tool's, or that of what it depends on. */
  get probe(): boolean {
    return isProbe(this.#call);
  }

  /** The call succeeded. */
  success(): void {
    if (this.#settle()) this.#owner.succeed(this.#call);
  }

  /** The call failed, with a category or any error; an ignored category is no verdict. Default: `executionError`. */
  failure(
    failure: unknown = 'executionError',
    { roundTrip = false, timedOut = false }: FailureOptions = {},
  ): void {
    if (!this.#settle()) return;
    if (timedOut) this.#owner.timeOut(this.#call);
    this.#owner.fail(this.#call, failure, roundTrip);
  }

  /** The call was not made, or says nothing of the tool. A probe gives its place back. */
  release(): void {
    if (this.#settle()) this.#owner.abandon(this.#call);
  }

  [Symbol.dispose](): void {
    this.release();
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    return true;
  }
}
