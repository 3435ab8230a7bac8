import { positiveInteger, type Rules, share } from './rule.ts';

/** What `countWindow` and `timeWindow` have in common. */
export interface RateLimits {
  /** The share of failed calls in the window that trips the circuit, from above 0 to 1. Default 0.5. */
  readonly failureRate?: number;
  /** How many calls the window must hold before it can trip. */
  readonly minCalls?: number;
  /** A call that takes longer, in ms, is slow. Default: none is. */
  readonly slowCallMs?: number;
  /** The share of slow calls in the window that trips the circuit, from above 0 to 1. Default 1 if `slowCallMs` is set. */
  readonly slowCallRate?: number;
}

/** The limits with their defaults filled in. */
export type Rates = Required<RateLimits>;

/** What each limit must be. */
export const rateRules: Rules<keyof RateLimits> = {
  failureRate: share,
  minCalls: positiveInteger,
  slowCallMs: ['a number of milliseconds above 0', (value) => typeof value === 'number' && value > 0],
  slowCallRate: share,
};

export function rates(
  { failureRate = 0.5, minCalls, slowCallMs = Infinity, slowCallRate = 1 }: RateLimits,
  defaultMinCalls: number,
): Rates {
  return { failureRate, minCalls: minCalls ?? defaultMinCalls, slowCallMs, slowCallRate };
}
