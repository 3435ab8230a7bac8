import type { ErrorCategory } from '../../machines/categories.ts';

/** How long the last calls took, in ms. After a call of less than a tenth of a millisecond the next 255 are not measured. */
export interface Latency {
  /** So many calls were looked at: at most the last 128 that were measured. */
  readonly calls: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** What is counted of calls. */
export interface CallCounts {
  /** Calls that ended: successes and failures, late ones and cancelled ones included. */
  readonly calls: number;
  readonly successes: number;
  /** Failures by category; those that never occurred are left out. */
  readonly failures: Readonly<Partial<Record<ErrorCategory, number>>>;
  /** Calls given up after `timeoutMs`, or after a limit of the caller's own: `permit.failure(error, { timedOut: true })`. */
  readonly timeouts: number;
}

/** The last latencies that are kept. */
const kept = 128;

/** After a call that took less, in ms, the clock would cost more than it tells. */
const quickMs = 0.1;
const skippedAfterQuick = 255;

/** What is counted of one tool's calls, in bounded memory. */
export class CallStats {
  #successes = 0;
  #timeouts = 0;
  #measured = 0;
  /** So many calls are left that are not measured. */
  #skipped = 0;
  #failures: Partial<Record<ErrorCategory, number>> | undefined;
  #durations: number[] | undefined;

  /** Whether the next call should be timed for the percentiles. */
  shouldMeasure(): boolean {
    if (this.#skipped === 0) return true;
    this.#skipped -= 1;
    return false;
  }

  succeed(durationMs?: number): void {
    this.#successes += 1;
    if (durationMs !== undefined) this.#measure(durationMs);
  }

  fail(category: ErrorCategory, durationMs?: number): void {
    this.#failures ??= {};
    this.#failures[category] = (this.#failures[category] ?? 0) + 1;
    if (durationMs !== undefined) this.#measure(durationMs);
  }

  timeOut(): void {
    this.#timeouts += 1;
  }

  /** Takes over what was counted elsewhere; how long calls took is not. */
  add(other: CallStats): void {
    this.#successes += other.#successes;
    this.#timeouts += other.#timeouts;
    for (const [category, count] of Object.entries(other.#failures ?? {}) as [ErrorCategory, number][]) {
      this.#failures ??= {};
      this.#failures[category] = (this.#failures[category] ?? 0) + count;
    }
  }

  counts(): CallCounts {
    const failures = { ...this.#failures };
    const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
    return {
      calls: this.#successes + failed,
      successes: this.#successes,
      failures,
      timeouts: this.#timeouts,
    };
  }

  /** Null while no call was measured. */
  latency(): Latency | null {
    if (this.#durations === undefined) return null;
    const sorted = [...this.#durations].sort((a, b) => a - b);
    // The nearest rank: a value that was measured, never one in between.
    const percentile = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
    return {
      calls: sorted.length,
      p50Ms: percentile(0.5),
      p95Ms: percentile(0.95),
      p99Ms: percentile(0.99),
    };
  }

  #measure(durationMs: number): void {
    this.#durations ??= [];
    this.#durations[this.#measured % kept] = durationMs;
    this.#measured += 1;
    this.#skipped = durationMs < quickMs ? skippedAfterQuick : 0;
  }
}
