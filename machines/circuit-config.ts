/** The settings of one circuit. Durations are in milliseconds. */
export interface CircuitConfig {
  /** Counted failures in a row that trip a closed circuit. Default 7. */
  readonly failureThreshold: number;
  /** Waited instead of the backoff where that is 0. Default 60 000. */
  readonly resetTimeoutMs: number;
  /** The first backoff after a trip, and the shortest. Default 5 000. */
  readonly minBackoffMs: number;
  /** The longest backoff. Default 120 000. */
  readonly maxBackoffMs: number;
  /** The backoff grows by this factor each time a probe fails. Default 2. */
  readonly backoffFactor: number;
  /** Calls let through at a time while half-open; `Infinity` for no limit. Default 1. */
  readonly halfOpenMaxProbes: number;
  /** Successes while half-open that close the circuit. Default 1. */
  readonly successThreshold: number;
  /** The longest wait that a server can ask for and get. Default 300 000. */
  readonly maxRetryAfterMs: number;
  /** A probe that has not reported by then gives its place back. Default: `resetTimeoutMs`. */
  readonly probeTimeoutMs: number;
}

/** What holds where nothing else is said. */
export const defaultCircuitConfig: CircuitConfig = Object.freeze({
  failureThreshold: 7,
  resetTimeoutMs: 60_000,
  minBackoffMs: 5_000,
  maxBackoffMs: 120_000,
  backoffFactor: 2,
  halfOpenMaxProbes: 1,
  successThreshold: 1,
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
  const resetTimeoutMs = given.resetTimeoutMs ?? defaultCircuitConfig.resetTimeoutMs;
  return Object.freeze({
    failureThreshold: given.failureThreshold ?? defaultCircuitConfig.failureThreshold,
    resetTimeoutMs,
    minBackoffMs: given.minBackoffMs ?? defaultCircuitConfig.minBackoffMs,
    maxBackoffMs: given.maxBackoffMs ?? defaultCircuitConfig.maxBackoffMs,
    backoffFactor: given.backoffFactor ?? defaultCircuitConfig.backoffFactor,
    halfOpenMaxProbes: given.halfOpenMaxProbes ?? defaultCircuitConfig.halfOpenMaxProbes,
    successThreshold: given.successThreshold ?? defaultCircuitConfig.successThreshold,
    maxRetryAfterMs: given.maxRetryAfterMs ?? defaultCircuitConfig.maxRetryAfterMs,
    probeTimeoutMs: given.probeTimeoutMs ?? resetTimeoutMs,
  });
}
