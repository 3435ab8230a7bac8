import type { BackoffFunction, Jitter } from './backoff.ts';
import { consecutiveFailures, type TripStrategy } from './trip-strategy.ts';

/** The settings of one circuit. Durations are in milliseconds. */
export interface CircuitConfig {
  /** When a closed circuit trips. Default `consecutiveFailures`; others are `countWindow()` and `timeWindow()`. */
  // biome-ignore lint/suspicious/noExplicitAny: what a strategy remembers is its own.
  readonly trip: TripStrategy<any>;
  /** Counted failures in a row that trip a closed circuit, where `trip` is `consecutiveFailures`. Default 7. */
  readonly failureThreshold: number;
  /** Waited instead of the backoff where that is 0. Default 60 000. */
  readonly resetTimeoutMs: number;
  /** The first backoff after a trip, and the shortest. Default 5 000. */
  readonly minBackoffMs: number;
  /** The longest backoff. Default 120 000. */
  readonly maxBackoffMs: number;
  /** The backoff grows by this factor each time a probe fails. Default 2. */
  readonly backoffFactor: number;
  /** A backoff of one's own, instead of the growth by `backoffFactor`. Default null: none. */
  readonly backoff: BackoffFunction | null;
  /** How the backoff is spread by chance. Default `none`. */
  readonly jitter: Jitter;
  /**
   * How long a circuit must have been closed for its backoff to start over at its first step. A trip before that goes
   * on where the last one was. Default 0: each recovery starts it over.
   */
  readonly backoffResetMs: number;
  /** Calls let through at a time while half-open; `Infinity` for no limit. Default 1. */
  readonly halfOpenMaxProbes: number;
  /** Successes while half-open that close the circuit. Default 1. */
  readonly successThreshold: number;
  /**
   * Of so many probes `successThreshold` must succeed: the circuit opens as soon as that cannot be reached any more.
   * Default: `successThreshold`, so that one failure opens it.
   */
  readonly probesPerVerdict: number;
  /** The longest wait that a server can ask for and get. Default 300 000. */
  readonly maxRetryAfterMs: number;
  /** A probe that has not reported by then gives its place back. Default: `resetTimeoutMs`. */
  readonly probeTimeoutMs: number;
}

/** What holds where nothing else is said. */
export const defaultCircuitConfig: CircuitConfig = Object.freeze({
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
});

const fields = Object.keys(defaultCircuitConfig) as (keyof CircuitConfig)[];

/**
 * Fills in the defaults. A config that is complete comes back as it is, so that a thousand circuits can share
 * one object. Nothing is checked here: `createToolRegistry` checks what a user gives it.
 */
export function circuitConfig(given: Partial<CircuitConfig> = defaultCircuitConfig): CircuitConfig {
  if (fields.every((field) => given[field] !== undefined)) return given as CircuitConfig;
  const config = { ...defaultCircuitConfig };
  for (const field of fields) {
    if (given[field] !== undefined) Object.assign(config, { [field]: given[field] });
  }
  return Object.freeze({
    ...config,
    probesPerVerdict: given.probesPerVerdict ?? config.successThreshold,
    probeTimeoutMs: given.probeTimeoutMs ?? config.resetTimeoutMs,
  });
}
