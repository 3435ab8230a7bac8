import { positiveInteger, type Rules, share } from './rule.ts';

/** The settings that `countWindow` and `timeWindow` share. */
export interface RateLimits {
  /** The share of failed calls in the window that trips the circuit, above 0 and at most 1. Default 0.5. */
  readonly failureRate?: number;
  /** How many calls the window must hold before it can trip. Default: `size` of a `countWindow`, 10 for a `timeWindow`. */
  readonly minCalls?: number;
  /** How long a call may take, in ms, before it counts as slow. Default: no call is slow. */
  readonly slowCallMs?: number;
  /** The share of slow calls in the window that trips the circuit, above 0 and at most 1. Default 1 if `slowCallMs` is set. */
  readonly slowCallRate?: number;
}

/** The limits with their defaults filled in. */
export type Rates = Required<RateLimits>;

/** The rule for each limit. */
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
