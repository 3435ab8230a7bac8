import type { ErrorCategory } from '../../machines/categories.ts';
import type { SpareReason } from '../../machines/reports.ts';
import { TimeNeeded } from './time-needed.ts';

/** How long recent calls took, in ms. After a call of less than 0.1 ms, the next 255 calls are not measured. */
export interface Latency {
  /** How many calls the percentiles are computed from: the most recent measured ones, at most 128. */
  readonly calls: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** Counters of calls. */
export interface CallCounts {
  /** Calls that ended: successes and failures, including late and cancelled calls. */
  readonly calls: number;
  readonly successes: number;
  /** Failures by category; those that never occurred are left out. */
  readonly failures: Readonly<Partial<Record<ErrorCategory, number>>>;
  /** Calls that the tool answered with an error that counts neither for nor against it; not in `calls`. */
  readonly answered: number;
  /** Calls whose caller waited for less time than the tool needs; counted as `cancelled`. */
  readonly impatient: number;
  /** Calls that hit `timeoutMs` or the caller's own limit, as reported by `permit.failure(error, { timedOut: true })`. */
  readonly timeouts: number;
  /** The events `circuit.spared` by their reason; those that never occurred are left out. */
  readonly spared: Readonly<Partial<Record<SpareReason, number>>>;
  /** Calls that ran although the circuit would have refused them, because it only observes. */
  readonly wouldDeny: number;
}

/** How many recent durations are kept. */
const maxDurations = 128;

/** Below this duration, in ms, reading the clock would cost more than the measurement is worth. */
const quickMs = 0.1;
const skippedAfterQuick = 255;

/** Adds counts by name; neither is changed. */
function sum<Name extends string>(
  own: Partial<Record<Name, number>> | undefined,
  others: Partial<Record<Name, number>> | undefined,
): Partial<Record<Name, number>> | undefined {
  if (others === undefined) return own;
  const total = { ...own } as Partial<Record<Name, number>>;
  for (const [name, count] of Object.entries(others) as [Name, number][]) {
    total[name] = (total[name] ?? 0) + count;
  }
  return total;
}

/** The counters of one tool's calls, in bounded memory. */
export class CallStats {
  #successes = 0;
  #failed = 0;
  #timeouts = 0;
  #answered = 0;
  #impatient = 0;
  #measured = 0;
  /** How many of the next calls are not measured. */
  #skipped = 0;
  /** The category of the first failure, and how many have it: most tools fail in one way only, which needs no object. */
  #category: ErrorCategory | undefined;
  #ofCategory = 0;
  /** The failures of all other categories. */
  #others: Partial<Record<ErrorCategory, number>> | undefined;
  #durations: number[] | undefined;
  #spared: Partial<Record<SpareReason, number>> | undefined;
  #wouldDeny = 0;
  /** How long the tool needs, by its successes. */
  #need: TimeNeeded | undefined;

  /** Calls that have ended. */
  get calls(): number {
    return this.#successes + this.#failed;
  }

  get successes(): number {
    return this.#successes;
  }

  /** Whether the next call should be timed for the percentiles. */
  shouldMeasure(): boolean {
    if (this.#skipped === 0) return true;
    this.#skipped -= 1;
    return false;
  }

  succeed(durationMs?: number): void {
    this.#successes += 1;
    if (durationMs === undefined) return;
    this.#measure(durationMs);
    this.#need ??= new TimeNeeded();
    this.#need.add(durationMs);
  }

  fail(category: ErrorCategory, durationMs?: number): void {
    this.#failed += 1;
    this.#category ??= category;
    if (category === this.#category) this.#ofCategory += 1;
    else {
      this.#others ??= {};
      this.#others[category] = (this.#others[category] ?? 0) + 1;
    }
    if (durationMs !== undefined) this.#measure(durationMs);
  }

  /** How long the tool has always needed for half of its calls, in ms; 0 until that is known. */
  get neededMs(): number {
    return this.#need?.ms ?? 0;
  }

  timeOut(): void {
    this.#timeouts += 1;
  }

  answer(durationMs?: number): void {
    this.#answered += 1;
    if (durationMs !== undefined) this.#measure(durationMs);
  }

  beImpatient(): void {
    this.#impatient += 1;
  }

  spare(why: SpareReason, what: 'trip' | 'call'): void {
    this.#spared ??= {};
    this.#spared[why] = (this.#spared[why] ?? 0) + 1;
    if (what === 'call') this.#wouldDeny += 1;
  }

  /** Adds another's counters; durations are not merged. */
  add(other: CallStats): void {
    this.#successes += other.#successes;
    this.#timeouts += other.#timeouts;
    this.#failed += other.#failed;
    this.#answered += other.#answered;
    this.#impatient += other.#impatient;
    this.#wouldDeny += other.#wouldDeny;
    const failures = sum(this.#failures(), other.#failures());
    this.#category = undefined;
    this.#ofCategory = 0;
    this.#others = failures;
    this.#spared = sum(this.#spared, other.#spared);
  }

  counts(): CallCounts {
    return {
      calls: this.calls,
      successes: this.#successes,
      failures: { ...this.#failures() },
      timeouts: this.#timeouts,
      answered: this.#answered,
      impatient: this.#impatient,
      spared: { ...this.#spared },
      wouldDeny: this.#wouldDeny,
    };
  }

  /** Null until a call has been measured. */
  latency(): Latency | null {
    if (this.#durations === undefined) return null;
    const sorted = [...this.#durations].sort((a, b) => a - b);
    // The nearest-rank method returns a measured value, never an interpolated one.
    const percentile = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
    return {
      calls: sorted.length,
      p50Ms: percentile(0.5),
      p95Ms: percentile(0.95),
      p99Ms: percentile(0.99),
    };
  }

  /** Failures by category. */
  #failures(): Partial<Record<ErrorCategory, number>> | undefined {
    if (this.#category === undefined) return this.#others;
    return sum({ [this.#category]: this.#ofCategory }, this.#others);
  }

  #measure(durationMs: number): void {
    this.#durations ??= [];
    this.#durations[this.#measured % maxDurations] = durationMs;
    this.#measured += 1;
    this.#skipped = durationMs < quickMs ? skippedAfterQuick : 0;
  }
}
