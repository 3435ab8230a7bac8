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
  /** A probe that takes longer, in ms, has failed. Default: however long it takes. */
  readonly slowCallMs?: number;
}

/** Trips after `failureThreshold` counted failures in a row. It needs no memory: the circuit counts them itself. */
export const consecutiveFailures: TripStrategy<null> = Object.freeze({
  start: null,
  record: () => null,
  trips: (_, { failuresInARow }, { failureThreshold }) => failuresInARow >= failureThreshold,
} satisfies TripStrategy<null>);

/** A strategy of this library. It never throws. */
export interface OwnStrategy<Memory = unknown> extends TripStrategy<Memory> {
  /**
   * Does in place what `record` does for a success, in a memory that `record` made and that nobody else has seen.
   *
   * @returns false, with the memory as it was, where it has to be `record`, and where the circuit may trip.
   */
  addSuccess?(memory: Memory, at: number, durationMs: number | null): boolean;
}

const ours = new WeakSet<object>([consecutiveFailures]);

export function own<Memory>(strategy: OwnStrategy<Memory>): OwnStrategy<Memory> {
  ours.add(strategy);
  return Object.freeze(strategy);
}

export const isOwn = (strategy: TripStrategy): strategy is OwnStrategy => ours.has(strategy);
