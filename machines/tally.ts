import type { Rates } from './rates.ts';
import type { WindowRates } from './trip-strategy.ts';

/** How many calls of each kind a window holds. */
export interface Tally {
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

export const nothing: Tally = Object.freeze({ calls: 0, failures: 0, slow: 0 });

export const isSlow = ({ slowCallMs }: Rates, durationMs: number | null): boolean =>
  durationMs !== null && durationMs > slowCallMs;

/** Whether the window holds enough calls, and too many of them failed or were slow. */
export function isOver(rates: Rates, { calls, failures, slow }: Tally): boolean {
  if (calls < rates.minCalls) return false;
  // Division is exact here where multiplication is not: 7 / 100 is 0.07, but 0.07 * 100 is more than 7.
  return failures / calls >= rates.failureRate || slow / calls >= rates.slowCallRate;
}

/** The rates of a window that holds enough calls. */
export const ratesOf = ({ minCalls, slowCallMs }: Rates, { calls, failures, slow }: Tally): WindowRates => {
  const isEnough = calls >= minCalls;
  return {
    failureRate: isEnough ? failures / calls : null,
    slowCallRate: isEnough && slowCallMs !== Infinity ? slow / calls : null,
  };
};

/** Whether one more success could make a window trip: it raises no rate, but may make the calls enough. */
export const mayBeOver = (rates: Rates, { calls, failures, slow }: Tally): boolean =>
  calls + 1 >= rates.minCalls && (failures > 0 || slow > 0);
