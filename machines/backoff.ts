import type { CircuitConfig } from './circuit-config.ts';

/**
 * How backoffs are randomised, so that circuits that opened together do not all retry together. `full`: a random part of the
 * backoff. `equal`: half of it plus a random part of the other half. `decorrelated`: a random value between `minBackoffMs`
 * and three times the previous backoff.
 */
export type Jitter = 'none' | 'full' | 'equal' | 'decorrelated';

/** The kinds of jitter. */
export const jitters: readonly Jitter[] = Object.freeze(['none', 'full', 'equal', 'decorrelated']);

/**
 * A custom backoff. `step` is 0 at a trip and grows by one with each failed probe; `previousMs` is the previous backoff.
 *
 * @returns The backoff in ms, which is then clamped between `minBackoffMs` and `maxBackoffMs`.
 */
export type BackoffFunction = (step: number, previousMs: number) => number;

/** The part of a circuit's context that describes its backoff. */
export interface Backoff {
  /** 0 at a trip; grows by one with each failed probe. */
  readonly backoffStep: number;
  /** The backoff before jitter, from which the next one grows. */
  readonly baseBackoffMs: number;
  /** The current backoff, after jitter. */
  readonly currentBackoffMs: number;
}

/** Clamps a backoff to its bounds. A product that overflows becomes the maximum. */
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

/** The shortest wait that jitter may produce, so that there is always some backoff. */
const minJitteredMs = 1;

/** The backoff at a step. `chance` returns a number from 0 up to, but not including, 1. */
export function backoffAt(
  config: CircuitConfig,
  step: number,
  previousMs: number,
  chance: () => number,
): Backoff {
  // In (0, 1], so that a random part of a backoff is never zero.
  const part = (): number => 1 - chance();
  const baseBackoffMs = baseOf(config, step, previousMs, part);
  const { jitter } = config;
  let currentBackoffMs = baseBackoffMs;
  if (jitter === 'full' || jitter === 'equal') {
    const ms = waitMs(config, baseBackoffMs);
    const spread = jitter === 'full' ? ms * part() : ms / 2 + (ms / 2) * part();
    currentBackoffMs = Math.max(spread, Math.min(ms, minJitteredMs));
  }
  return { backoffStep: step, baseBackoffMs, currentBackoffMs };
}

/** How long an open circuit waits after its last failure: its backoff, or `resetTimeoutMs` if the backoff is 0. */
export function waitMs(config: CircuitConfig, currentBackoffMs: number): number {
  return currentBackoffMs === 0 ? config.resetTimeoutMs : currentBackoffMs;
}

/**
 * How much is left of a wait of `ms` that began at `since`, in ms: at least 0, and 0 if it never began. A wait with less than a
 * millisecond left is over, because timers count whole milliseconds and may fire that much early.
 */
export function remainingMs(since: number | null, ms: number, now: number): number {
  if (since === null) return 0;
  const leftMs = since + ms - now;
  return leftMs < 1 ? 0 : leftMs;
}

/** The longest delay of a host timer; a longer wait is split into parts. */
export const maxTimerMs = 2 ** 31 - 1;
