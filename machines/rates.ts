/** What `countWindow` and `timeWindow` have in common. */
export interface RateLimits {
  /** Trips when so large a share of the calls in the window failed, from above 0 to 1. Default 0.5. */
  readonly failureRate?: number;
  /** Never trips while fewer calls than this are in the window. */
  readonly minCalls?: number;
  /** A call that takes longer, in ms, is slow. Default: none is. */
  readonly slowCallMs?: number;
  /** Trips when so large a share of the calls in the window was slow, from above 0 to 1. Default 1 if `slowCallMs` is set. */
  readonly slowCallRate?: number;
}

/** How many calls of each kind. */
export interface Tally {
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

export const nothing: Tally = Object.freeze({ calls: 0, failures: 0, slow: 0 });

/** The limits with their defaults filled in. */
export interface Rates {
  readonly failureRate: number;
  readonly minCalls: number;
  readonly slowCallMs: number;
  readonly slowCallRate: number;
}

const isAboveZero = (value: number): boolean => typeof value === 'number' && value > 0;
const isShare = (value: number): boolean => isAboveZero(value) && value <= 1;

/** @throws RangeError for a limit that cannot be meant; it names the field and the value. */
export function rates(strategy: string, given: RateLimits, defaultMinCalls: number): Rates {
  const { failureRate = 0.5, minCalls = defaultMinCalls, slowCallMs = Infinity, slowCallRate = 1 } = given;
  must(isShare(failureRate), strategy, 'failureRate', 'a number above 0 and at most 1', failureRate);
  must(isPositiveInteger(minCalls), strategy, 'minCalls', 'a positive integer', minCalls);
  must(isAboveZero(slowCallMs), strategy, 'slowCallMs', 'a number of milliseconds above 0', slowCallMs);
  must(isShare(slowCallRate), strategy, 'slowCallRate', 'a number above 0 and at most 1', slowCallRate);
  return { failureRate, minCalls, slowCallMs, slowCallRate };
}

export const isPositiveInteger = (value: number): boolean => Number.isSafeInteger(value) && value > 0;

export function must(holds: boolean, strategy: string, field: string, what: string, value: unknown): void {
  if (!holds) throw new RangeError(`${strategy}.${field} must be ${what}, got ${String(value)}`);
}

/** Refuses settings that do not exist. */
export function mustKnow(strategy: string, given: object, fields: readonly string[]): void {
  for (const field of Object.keys(given)) {
    if (!fields.includes(field)) {
      throw new TypeError(
        `${strategy}.${field} is no setting; the settings of ${strategy} are ${fields.join(', ')}`,
      );
    }
  }
}

export const isSlow = ({ slowCallMs }: Rates, durationMs: number | null): boolean =>
  durationMs !== null && durationMs > slowCallMs;

/** Whether enough calls are in, and too many of them failed or were slow. */
export function isOver(rates: Rates, { calls, failures, slow }: Tally): boolean {
  if (calls < rates.minCalls) return false;
  // Divided rather than multiplied: 7 / 100 is 0.07, and 0.07 * 100 is more than 7.
  return failures / calls >= rates.failureRate || slow / calls >= rates.slowCallRate;
}

/** Whether that may be so after one more success, which makes no rate higher, but can make enough calls. */
export const mayBeOver = (rates: Rates, { calls, failures, slow }: Tally): boolean =>
  calls + 1 >= rates.minCalls && (failures > 0 || slow > 0);
