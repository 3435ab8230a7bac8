import { isProbe } from '../circuits/admission.ts';
import type { AdmittedCall } from './admitted-call.ts';
import type { Correction } from './loops/loop-words.ts';
import type { FailureOptions, Permit, ReleaseOptions } from './permit.ts';

/** The receiver of a permitted call's result. */
export interface PermitOwner {
  succeed(call: AdmittedCall, known?: { readonly result: unknown }): void;
  fail(
    call: AdmittedCall,
    failure: unknown,
    known: { readonly roundTrip: boolean; readonly gaveUp: boolean },
  ): void;
  timeOut(call: AdmittedCall): void;
  correctionOf(call: AdmittedCall): Correction | null;
  abandon(call: AdmittedCall, known: { readonly roundTrip: boolean }): void;
}

/** A permit of one admitted call. */
export class IssuedPermit implements Permit {
  readonly admitted = true;
  readonly #call: AdmittedCall;
  readonly #owner: PermitOwner;
  #isSettled = false;

  constructor(call: AdmittedCall, owner: PermitOwner) {
    this.#call = call;
    this.#owner = owner;
  }

  get tool(): string {
    return this.#call.circuit.tool;
  }

  get key(): string | null {
    return this.#call.circuit.key;
  }

  get probe(): boolean {
    return isProbe(this.#call);
  }

  get correction(): Correction | null {
    return this.#owner.correctionOf(this.#call);
  }

  success(...known: [] | [result: unknown]): void {
    if (!this.#settle()) return;
    if (known.length === 0) this.#owner.succeed(this.#call);
    else this.#owner.succeed(this.#call, { result: known[0] });
  }

  failure(
    failure: unknown = 'executionError',
    { roundTrip = false, timedOut = false }: FailureOptions = {},
  ): void {
    if (!this.#settle()) return;
    if (timedOut) this.#owner.timeOut(this.#call);
    this.#owner.fail(this.#call, failure, { roundTrip, gaveUp: timedOut });
  }

  release({ roundTrip = false }: ReleaseOptions = {}): void {
    if (this.#settle()) this.#owner.abandon(this.#call, { roundTrip });
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
