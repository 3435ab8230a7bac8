import type { PermitStamp } from '../machines/tool-circuit.ts';
import type { CircuitActor } from './circuit-actor.ts';

/** Who is told how a permitted call ended. */
export interface PermitOwner {
  succeed(circuit: CircuitActor, stamp: PermitStamp): void;
  fail(circuit: CircuitActor, stamp: PermitStamp, failure: unknown): void;
  abandon(circuit: CircuitActor, stamp: PermitStamp): void;
}

/**
 * Leave to make one call. Say how it ended with one of `success`, `failure` and `release`; the first one counts, and
 * what comes after it does nothing. With `using`, a permit that nothing was said of is released at the end of its block.
 *
 * It knows its circuit's generation: once the circuit has moved on, a result is counted as late and moves nothing.
 */
export class Permit {
  readonly admitted = true;
  readonly #circuit: CircuitActor;
  readonly #stamp: PermitStamp;
  readonly #owner: PermitOwner;
  #isSettled = false;

  constructor(circuit: CircuitActor, stamp: PermitStamp, owner: PermitOwner) {
    this.#circuit = circuit;
    this.#stamp = stamp;
    this.#owner = owner;
  }

  get tool(): string {
    return this.#circuit.id;
  }

  /** Whether the call is a probe of a half-open circuit. */
  get probe(): boolean {
    return this.#stamp.probeStart !== null;
  }

  /** The call succeeded. */
  success(): void {
    if (this.#settle()) this.#owner.succeed(this.#circuit, this.#stamp);
  }

  /** The call failed, with a category or any error; an ignored category is no verdict. Default: `executionError`. */
  failure(failure: unknown = 'executionError'): void {
    if (this.#settle()) this.#owner.fail(this.#circuit, this.#stamp, failure);
  }

  /** The call was not made, or says nothing of the tool. A probe gives its place back. */
  release(): void {
    if (this.#settle()) this.#owner.abandon(this.#circuit, this.#stamp);
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
