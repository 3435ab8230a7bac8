import type { ErrorCategory } from './categories.ts';
import type { CircuitConfig } from './circuit-config.ts';
import type { Rates } from './rates.ts';

/** The result of one call, as a trip strategy receives it. Failures of ignored categories are left out. */
export interface CallOutcome {
  readonly isFailure: boolean;
  /** Null for a success. */
  readonly category: ErrorCategory | null;
  /** How long the call took, in ms; null if it was not measured. */
  readonly durationMs: number | null;
  /** When it ended, in ms of the circuit's clock. */
  readonly at: number;
  /** Counted failures since the last success, including this call. */
  readonly failuresInARow: number;
}

/**
 * Decides when a closed circuit trips. Both functions must be pure: they depend on nothing but their arguments, and `record`
 * returns a new memory without changing the given one.
 *
 * @example Trip at the second rate limit since the last recovery.
 * const twoRateLimits: TripStrategy<number> = {
 *   start: 0,
 *   record: (count, { category }) => count + (category === 'rateLimit' ? 1 : 0),
 *   trips: (count) => count >= 2,
 * };
 */
export interface TripStrategy<Memory = unknown> {
  /** The memory before the first call and after each recovery. */
  readonly start: Memory;
  /** Returns the memory after one more call. */
  record(memory: Memory, call: CallOutcome): Memory;
  /** Whether the circuit trips after this call. The memory already includes the call. */
  trips(memory: Memory, call: CallOutcome, config: CircuitConfig): boolean;
  /** How long a probe may take, in ms, before it counts as failed. Default: no limit. */
  readonly slowCallMs?: number;
}

/** Trips after `failureThreshold` counted failures in a row. It needs no memory, because the circuit counts them itself. */
export const consecutiveFailures: TripStrategy<null> = Object.freeze({
  start: null,
  record: () => null,
  trips: (_, { failuresInARow }, { failureThreshold }) => failuresInARow >= failureThreshold,
} satisfies TripStrategy<null>);

/** The rates that a strategy compares with its limits, from 0 to 1; null while it has too few calls, or has no such limit. */
export interface WindowRates {
  readonly failureRate: number | null;
  readonly slowCallRate: number | null;
}

/** A strategy of this library, which never throws. */
export interface OwnStrategy<Memory = unknown> extends TripStrategy<Memory> {
  /**
   * Records a success in place, in a memory that `record` made and that nothing else refers to.
   *
   * @returns False, with the memory unchanged, if the success needs `record` or might trip the circuit.
   */
  addSuccess?(memory: Memory, at: number, durationMs: number | null): boolean;
  /** What its rates are compared with, and the least number of calls. Left out by a strategy that computes no rates. */
  readonly limits?: Pick<Rates, 'minCalls' | 'failureRate' | 'slowCallRate'>;
  /** The rates in the memory at an instant, in ms of the circuit's clock. Left out by a strategy that computes no rates. */
  rates?(memory: Memory, at: number): WindowRates;
}

const ours = new WeakSet<object>([consecutiveFailures]);

export function own<Memory>(strategy: OwnStrategy<Memory>): OwnStrategy<Memory> {
  ours.add(strategy);
  return Object.freeze(strategy);
}

export const isOwn = (strategy: TripStrategy): strategy is OwnStrategy => ours.has(strategy);
