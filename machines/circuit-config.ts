import type { BackoffFunction, Jitter } from './backoff.ts';
import { consecutiveFailures, type TripStrategy } from './trip-strategy.ts';

/** The settings of one circuit. Durations are in milliseconds. */
export interface CircuitConfig {
  /** When a closed circuit trips. Default `consecutiveFailures`; others are `countWindow()` and `timeWindow()`. */
  // biome-ignore lint/suspicious/noExplicitAny: only the strategy itself knows the type of its memory.
  readonly trip: TripStrategy<any>;
  /** How many counted failures in a row trip a closed circuit, if `trip` is `consecutiveFailures`. Default 7. */
  readonly failureThreshold: number;
  /** How long an open circuit waits if its backoff is 0, in ms. Default 60 000. */
  readonly resetTimeoutMs: number;
  /** The first backoff after a trip, and the shortest, in ms. Default 5 000. */
  readonly minBackoffMs: number;
  /** The longest backoff, in ms. Default 120 000. */
  readonly maxBackoffMs: number;
  /** The factor by which the backoff grows with each failed probe. Default 2. */
  readonly backoffFactor: number;
  /** A function that computes the backoff, instead of growth by `backoffFactor`. Default null. */
  readonly backoff: BackoffFunction | null;
  /** How the backoff is randomised. Default `none`. */
  readonly jitter: Jitter;
  /**
   * How long a circuit must stay closed, in ms, before its backoff starts over at the first step. A trip before that continues
   * from the last step. Default 0: each recovery starts it over.
   */
  readonly backoffResetMs: number;
  /** How many probes may be in flight at once while half-open; `Infinity` for no limit. Default 1. */
  readonly halfOpenMaxProbes: number;
  /** How many successful probes close a half-open circuit. Default 1. */
  readonly successThreshold: number;
  /**
   * Out of how many probes `successThreshold` must succeed. The circuit opens as soon as that is out of reach. Default:
   * `successThreshold`, so that one failure opens it.
   */
  readonly probesPerVerdict: number;
  /** The longest wait that a tool's own `Retry-After` can impose, in ms. Default 300 000. */
  readonly maxRetryAfterMs: number;
  /** After how long a probe that has not reported frees its slot, in ms. Default: `resetTimeoutMs`. */
  readonly probeTimeoutMs: number;
}

const standard: CircuitConfig = {
  trip: consecutiveFailures,
  failureThreshold: 7,
  resetTimeoutMs: 60_000,
  minBackoffMs: 5_000,
  maxBackoffMs: 120_000,
  backoffFactor: 2,
  backoff: null,
  jitter: 'none',
  backoffResetMs: 0,
  halfOpenMaxProbes: 1,
  successThreshold: 1,
  probesPerVerdict: 1,
  maxRetryAfterMs: 300_000,
  probeTimeoutMs: 60_000,
};

const fields = Object.keys(standard) as (keyof CircuitConfig)[];

/** Fills in the defaults. All configs have the same fields in the same order, and so are of one class to V8. */
export function completed(given: Partial<CircuitConfig>): CircuitConfig {
  const config = { ...standard };
  for (const field of fields) {
    if (given[field] !== undefined) Object.assign(config, { [field]: given[field] });
  }
  return Object.freeze(
    Object.assign(config, {
      probesPerVerdict: given.probesPerVerdict ?? config.successThreshold,
      probeTimeoutMs: given.probeTimeoutMs ?? config.resetTimeoutMs,
    }),
  );
}

/** The default settings of a circuit. */
export const defaultCircuitConfig: CircuitConfig = completed({});

/**
 * Fills in the defaults. A complete config is returned as it is, so that a thousand circuits can share one object. Nothing is
 * validated here; `createToolRegistry` validates its options.
 */
export function circuitConfig(given: Partial<CircuitConfig> = defaultCircuitConfig): CircuitConfig {
  return fields.every((field) => given[field] !== undefined) ? (given as CircuitConfig) : completed(given);
}
