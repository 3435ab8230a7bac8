import type { CircuitConfig } from './circuit-config.ts';

/**
 * How a backoff is spread, so that many circuits that opened together do not come back together. `full`: anything up to
 * it. `equal`: half of it, and anything up to the other half. `decorrelated`: it grows by chance, anything from
 * `minBackoffMs` to three times the last one.
 */
export type Jitter = 'none' | 'full' | 'equal' | 'decorrelated';

export const jitters: readonly Jitter[] = Object.freeze(['none', 'full', 'equal', 'decorrelated']);

/**
 * A backoff of one's own, in ms: `step` is 0 at a trip and one more at each failed probe, `previousMs` is the backoff
 * before it. What it gives is held between `minBackoffMs` and `maxBackoffMs`.
 */
export type BackoffFunction = (step: number, previousMs: number) => number;

/** What a circuit knows of its backoff. */
export interface Backoff {
  /** 0 at a trip, and one more at each failed probe. */
  readonly backoffStep: number;
  /** The backoff before any jitter: what the next one grows from. */
  readonly baseBackoffMs: number;
  /** The backoff in force. */
  readonly currentBackoffMs: number;
}

/** A backoff between the shortest and the longest; one past what a number can hold is the longest. */
function clampBackoff({ minBackoffMs, maxBackoffMs }: CircuitConfig, ms: number): number {
  return Number.isFinite(ms) ? Math.min(Math.max(ms, minBackoffMs), maxBackoffMs) : maxBackoffMs;
}

function baseOf(config: CircuitConfig, step: number, previousMs: number, part: () => number): number {
  const { backoff, jitter, minBackoffMs, backoffFactor } = config;
  if (backoff !== null) return clampBackoff(config, backoff(step, previousMs));
  if (step === 0) return minBackoffMs;
  if (jitter !== 'decorrelated') return clampBackoff(config, previousMs * backoffFactor);
  return clampBackoff(config, minBackoffMs + part() * Math.max(0, 3 * previousMs - minBackoffMs));
}

/** The shortest wait that jitter leaves: none at all would be no backoff. */
const leastJitteredMs = 1;

/** The backoff at a step. `chance` gives a number from 0 up to, but not including, 1. */
export function backoffAt(
  config: CircuitConfig,
  step: number,
  previousMs: number,
  chance: () => number,
): Backoff {
  // Above 0, and at most 1.
  const part = (): number => 1 - chance();
  const baseBackoffMs = baseOf(config, step, previousMs, part);
  const { jitter } = config;
  let currentBackoffMs = baseBackoffMs;
  if (jitter === 'full' || jitter === 'equal') {
    const ms = waitMs(config, baseBackoffMs);
    const spread = jitter === 'full' ? ms * part() : ms / 2 + (ms / 2) * part();
    currentBackoffMs = Math.max(spread, Math.min(ms, leastJitteredMs));
  }
  return { backoffStep: step, baseBackoffMs, currentBackoffMs };
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
