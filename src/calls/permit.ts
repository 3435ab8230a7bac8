import type { Correction } from './loops/loop-words.ts';

/** What the caller knows about a failed call besides its error. */
export interface FailureOptions {
  /**
   * Whether the call was answered. If so, the failure is the tool's own whatever its category, and the upstream that the tool
   * depends on is up. Default false: both are inferred from the error.
   */
  readonly roundTrip?: boolean;
  /** Whether the caller abandoned the call after its own time limit; counted in `timeouts`. Default false. */
  readonly timedOut?: boolean;
}

/** What the caller knows about a call that it releases. */
export interface ReleaseOptions {
  /**
   * Whether the call was answered, although the answer says nothing about the tool: that it needs an input first, for example.
   * The upstream that the tool depends on is up then. Default false.
   */
  readonly roundTrip?: boolean;
}

/**
 * Permission to make one call. Report how the call ended with `success`, `failure` or `release`; only the first report
 * counts. With `using`, a permit that got no report is released at the end of its block.
 *
 * A permit remembers its circuit's generation: if the circuit has changed state since, the result is counted as late and
 * does not move the circuit.
 *
 * @example
 * const permit = registry.tryAcquire('search');
 * if (!permit.admitted) return permit.retryAfterMs; // a Denial
 * try {
 *   const result = await search(query);
 *   permit.success();
 *   return result;
 * } catch (error) {
 *   permit.failure(error);
 *   throw error;
 * }
 */
export interface Permit {
  /** Tells a permit from a `Denial`. */
  readonly admitted: true;
  readonly tool: string;
  /** The target or tenant whose circuit admitted the call; null for the circuit of all calls of the tool. */
  readonly key: string | null;
  /** Whether the call is a probe of a half-open circuit, either the tool's own or its upstream's. */
  readonly probe: boolean;
  /**
   * What a model is to be told with the answer because its run repeats itself; null if nothing, and until the call has ended.
   */
  readonly correction: Correction | null;
  /**
   * Reports that the call succeeded.
   *
   * @param result What it returned, to recognise repetitions. Only a fingerprint is kept. Without it, no success is a repetition.
   */
  success(result?: unknown): void;
  /**
   * Reports that the call failed. An ignored category counts neither for nor against the tool. An error whose `counts` is false is
   * the tool's answer: a round trip, and neither a failure nor a success.
   *
   * @param failure A category or any error. Default: `executionError`.
   */
  failure(failure?: unknown, options?: FailureOptions): void;
  /** Reports that the call was not made, or says nothing about the tool. A probe's slot becomes free again. */
  release(options?: ReleaseOptions): void;
  [Symbol.dispose](): void;
}
