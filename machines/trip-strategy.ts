import type { ErrorCategory } from './categories.ts';
import type { CircuitConfig } from './circuit-config.ts';

/** How one call ended, as a trip strategy sees it. Failures of ignored categories are not shown to it. */
export interface CallOutcome {
  readonly isFailure: boolean;
  /** Null for a success. */
  readonly category: ErrorCategory | null;
  /** How long the call took, in ms; null where nobody measured it. */
  readonly durationMs: number | null;
  /** When it ended, in ms of the circuit's clock. */
  readonly at: number;
  /** Counted failures since the last success, this call included. */
  readonly failuresInARow: number;
}

/**
 * When a closed circuit trips. Pure: `record` gives a new memory and leaves the one it was given as it is, and neither
 * function asks for anything but its arguments.
 */
export interface TripStrategy<Memory = unknown> {
  /** What is remembered before the first call, and after each recovery. */
  readonly start: Memory;
  /** What is remembered after one more call. */
  record(memory: Memory, call: CallOutcome): Memory;
  /** Whether the circuit trips after this call. The memory holds the call already. */
  trips(memory: Memory, call: CallOutcome, config: CircuitConfig): boolean;
  /**
   * A shorter way for successes that nobody watches; optional. Does in place what `record` does for a success, in a
   * memory that `record` made and that nobody else has seen.
   *
   * @returns false, with the memory as it was, where it must be `record`, or where the circuit may trip.
   */
  addSuccess?(memory: Memory, at: number, durationMs: number | null): boolean;
  /** A probe that takes longer, in ms, has failed. Default: however long it takes. */
  readonly slowCallMs?: number;
}

/** Trips after `failureThreshold` counted failures in a row. It needs no memory: the circuit counts them itself. */
export const consecutiveFailures: TripStrategy<null> = Object.freeze({
  start: null,
  record: () => null,
  trips: (_, { failuresInARow }, { failureThreshold }) => failuresInARow >= failureThreshold,
} satisfies TripStrategy<null>);

const ours = new WeakSet<object>([consecutiveFailures]);

/** A strategy of this library, which never throws. */
export function own<Memory>(strategy: TripStrategy<Memory>): TripStrategy<Memory> {
  ours.add(strategy);
  return Object.freeze(strategy);
}

/** Whether a strategy is of this library, and unchanged. */
export const isOwn = (strategy: TripStrategy): boolean => ours.has(strategy);
