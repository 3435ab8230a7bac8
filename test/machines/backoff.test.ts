import fc from 'fast-check';
import { circuitConfig } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { longestTimerMs, nextBackoffMs, remainingMs, waitMs } from '../../machines/backoff.ts';

const config = circuitConfig();

describe('the backoff after another failed probe', () => {
  it.each([
    [5_000, 10_000],
    [10_000, 20_000],
    [60_000, 120_000],
    [80_000, 120_000],
    [120_000, 120_000],
  ])('after %i ms is %i ms by default', (current, next) => {
    expect(nextBackoffMs(config, current)).toBe(next);
  });

  it('is never shorter than the shortest', () => {
    expect(nextBackoffMs(circuitConfig({ backoffFactor: 0.1 }), 20_000)).toBe(5_000);
    expect(nextBackoffMs(circuitConfig({ minBackoffMs: 700 }), 0)).toBe(700);
  });

  it('stays 0 where the shortest is 0, so that resetTimeoutMs goes on being waited', () => {
    expect(nextBackoffMs(circuitConfig({ minBackoffMs: 0 }), 0)).toBe(0);
  });

  it.each([
    ['overflows', 1e308, 5_000],
    ['is infinite', Infinity, 5_000],
    ['is not a number, as 0 times infinity', Infinity, 0],
    ['is minus infinity', -Infinity, 5_000],
  ])('is the longest where the product %s', (_, backoffFactor, current) => {
    expect(nextBackoffMs(circuitConfig({ backoffFactor }), current)).toBe(120_000);
  });

  it('lies between the shortest and the longest, whatever the factor and the current one', () => {
    fc.assert(
      fc.property(fc.double(), fc.double({ min: 0 }), (backoffFactor, current) => {
        const next = nextBackoffMs(circuitConfig({ backoffFactor }), current);
        expect(next).toBeGreaterThanOrEqual(5_000);
        expect(next).toBeLessThanOrEqual(120_000);
      }),
    );
  });
});

describe('the wait of an open circuit', () => {
  it('is its backoff', () => {
    expect(waitMs(config, 5_000)).toBe(5_000);
  });

  it('is resetTimeoutMs where the backoff is 0', () => {
    expect(waitMs(circuitConfig({ resetTimeoutMs: 1_234 }), 0)).toBe(1_234);
  });
});

describe('what is left of a wait', () => {
  it('is the whole at its beginning, a part of it later, and 0 from its end on', () => {
    expect(remainingMs(1_000, 500, 1_000)).toBe(500);
    expect(remainingMs(1_000, 500, 1_499)).toBe(1);
    expect(remainingMs(1_000, 500, 1_500)).toBe(0);
    expect(remainingMs(1_000, 500, 9_999)).toBe(0);
  });

  it('is 0 where the wait never began', () => {
    expect(remainingMs(null, 500, 0)).toBe(0);
  });

  it('counts from an instant of 0 like from any other', () => {
    expect(remainingMs(0, 500, 100)).toBe(400);
  });

  it('is without end where the deadline is past what a number can hold', () => {
    expect(remainingMs(Number.MAX_VALUE, Number.MAX_VALUE, 0)).toBe(Infinity);
  });
});

describe('the longest delay of a timer', () => {
  it('is what Node can hold: 1 ms more would fire at once', () => {
    expect(longestTimerMs).toBe(2_147_483_647);
  });
});
