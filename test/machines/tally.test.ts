import { describe, expect, it } from 'vitest';
import { rates } from '../../machines/rates.ts';
import { isOver, mayBeOver, ratesOf, type Tally } from '../../machines/tally.ts';

const given = rates({ minCalls: 4, failureRate: 0.5, slowCallMs: 100, slowCallRate: 0.75 }, 10);
const tally = (calls: number, failures = 0, slow = 0): Tally => ({ calls, failures, slow });

describe('what a window holds', () => {
  it('has rates from as many calls on as are enough', () => {
    expect(ratesOf(given, tally(3, 3, 3))).toEqual({ failureRate: null, slowCallRate: null });
    expect(ratesOf(given, tally(4, 1, 2))).toEqual({ failureRate: 0.25, slowCallRate: 0.5 });
  });

  it('has no rate of slow calls where no call is slow', () => {
    expect(ratesOf({ ...given, slowCallMs: Infinity }, tally(4, 1)).slowCallRate).toBeNull();
  });

  it('is too much at the rate of failures or of slow calls, if the calls are enough', () => {
    expect(isOver(given, tally(3, 3, 3))).toBe(false);
    expect(isOver(given, tally(4, 1, 2))).toBe(false);
    expect(isOver(given, tally(4, 2, 0))).toBe(true);
    expect(isOver(given, tally(4, 0, 3))).toBe(true);
  });

  it('may be too much after one more success only if that makes the calls enough, and one failed or was slow', () => {
    expect(mayBeOver(given, tally(2, 2, 2))).toBe(false);
    expect(mayBeOver(given, tally(3, 1, 0))).toBe(true);
    expect(mayBeOver(given, tally(3, 0, 1))).toBe(true);
    expect(mayBeOver(given, tally(3, 0, 0))).toBe(false);
  });
});
