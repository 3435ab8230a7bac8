import type { CircuitConfig } from './circuit-config.ts';

/**
 * The backoff after another failed probe: the current one times the factor, held between the shortest and the
 * longest. A product past what a number can hold is the longest.
 */
export function nextBackoffMs(config: CircuitConfig, currentBackoffMs: number): number {
  const product = currentBackoffMs * config.backoffFactor;
  if (!Number.isFinite(product)) return config.maxBackoffMs;
  return Math.min(Math.max(product, config.minBackoffMs), config.maxBackoffMs);
}

/** How long an open circuit waits after its last failure: its backoff, or `resetTimeoutMs` where that is 0. */
export function waitMs(config: CircuitConfig, currentBackoffMs: number): number {
  return currentBackoffMs === 0 ? config.resetTimeoutMs : currentBackoffMs;
}

/** What is left of a wait of `ms` that began at `since`, never below 0. A wait that never began is over. */
export function remainingMs(since: number | null, ms: number, now: number): number {
  return since === null ? 0 : Math.max(0, since + ms - now);
}

/** The longest delay that a host timer can hold; a longer wait is waited in parts. */
export const longestTimerMs = 2 ** 31 - 1;
