import fc from 'fast-check';
import { circuitConfig } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { backoffAt, type Jitter, maxTimerMs, remainingMs, waitMs } from '../../machines/backoff.ts';
import type { CircuitConfig } from '../../machines/circuit-config.ts';
import { checkProperty } from '../support/property.ts';

const config = circuitConfig();

/** The backoff that follows a given one. */
const nextBackoffMs = (settings: CircuitConfig, currentMs: number): number =>
  backoffAt(settings, 1, currentMs, () => 0).currentBackoffMs;

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

  it('is never shorter than minBackoffMs', () => {
    expect(nextBackoffMs(circuitConfig({ backoffFactor: 0.1 }), 20_000)).toBe(5_000);
    expect(nextBackoffMs(circuitConfig({ minBackoffMs: 700 }), 0)).toBe(700);
  });

  it('stays 0 if minBackoffMs is 0, so that the wait is still resetTimeoutMs', () => {
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

  it('lies within its bounds, whatever the factor and the current backoff', () => {
    checkProperty(
      fc.property(fc.double(), fc.double({ min: 0 }), (backoffFactor, current) => {
        const next = nextBackoffMs(circuitConfig({ backoffFactor }), current);
        expect(next).toBeGreaterThanOrEqual(5_000);
        expect(next).toBeLessThanOrEqual(120_000);
      }),
    );
  });
});

describe('the first backoff', () => {
  it('is minBackoffMs, whatever the previous backoff', () => {
    expect(backoffAt(config, 0, 80_000, () => 0.5)).toEqual({
      backoffStep: 0,
      baseBackoffMs: 5_000,
      currentBackoffMs: 5_000,
    });
  });
});

describe('a custom backoff function', () => {
  it('receives the step and the previous backoff', () => {
    const settings = circuitConfig({ backoff: (step, previousMs) => 6_000 + step * 1_000 + previousMs });
    expect(backoffAt(settings, 0, 0, () => 0).currentBackoffMs).toBe(6_000);
    expect(backoffAt(settings, 3, 9_000, () => 0).currentBackoffMs).toBe(18_000);
  });

  it.each([
    [0, 5_000],
    [-1, 5_000],
    [1e9, 120_000],
    [Infinity, 120_000],
    [Number.NaN, 120_000],
  ])('that gives %d is held between the shortest and the longest: %d', (given, held) => {
    expect(backoffAt(circuitConfig({ backoff: () => given }), 0, 0, () => 0).currentBackoffMs).toBe(held);
  });
});

describe('jitter', () => {
  const spread = (jitter: Jitter, chance: number, previousMs = 10_000): number =>
    backoffAt(circuitConfig({ jitter }), 1, previousMs, () => chance).currentBackoffMs;

  it('none does not change the backoff', () => {
    expect([spread('none', 0), spread('none', 0.999)]).toEqual([20_000, 20_000]);
  });

  it('full spreads the wait over the whole backoff', () => {
    expect([spread('full', 0), spread('full', 0.5), spread('full', 0.9)]).toEqual([
      20_000,
      10_000,
      expect.closeTo(2_000),
    ]);
  });

  it('equal keeps half of the backoff and spreads the other half', () => {
    expect([spread('equal', 0), spread('equal', 0.5), spread('equal', 0.9)]).toEqual([
      20_000,
      15_000,
      expect.closeTo(11_000),
    ]);
  });

  it('decorrelated yields anything from minBackoffMs to three times the previous backoff', () => {
    expect([spread('decorrelated', 0), spread('decorrelated', 0.5)]).toEqual([30_000, 17_500]);
    expect(spread('decorrelated', 1 - 1e-16)).toBeCloseTo(5_000);
    expect(spread('decorrelated', 0, 80_000)).toBe(120_000);
  });

  it('decorrelated grows from the jittered backoff, the others from the backoff before jitter', () => {
    const settings = (jitter: Jitter) => circuitConfig({ jitter });
    expect(backoffAt(settings('decorrelated'), 1, 10_000, () => 0.5)).toMatchObject({
      baseBackoffMs: 17_500,
      currentBackoffMs: 17_500,
    });
    expect(backoffAt(settings('full'), 1, 10_000, () => 0.5)).toMatchObject({
      baseBackoffMs: 20_000,
      currentBackoffMs: 10_000,
    });
  });

  it('spreads resetTimeoutMs if that is the wait', () => {
    const settings = circuitConfig({ jitter: 'full', minBackoffMs: 0, resetTimeoutMs: 800 });
    expect(backoffAt(settings, 0, 0, () => 0.5)).toEqual({
      backoffStep: 0,
      baseBackoffMs: 0,
      currentBackoffMs: 400,
    });
  });

  it('always leaves some wait, and never more than maxBackoffMs', () => {
    checkProperty(
      fc.property(
        fc.constantFrom<Jitter>('full', 'equal', 'decorrelated'),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.double({ min: 1, max: 200_000, noNaN: true }),
        (jitter, chance, previousMs) => {
          const ms = spread(jitter, chance, previousMs);
          expect(ms).toBeGreaterThanOrEqual(1);
          expect(ms).toBeLessThanOrEqual(120_000);
        },
      ),
    );
  });
});

describe('the wait of an open circuit', () => {
  it('is its backoff', () => {
    expect(waitMs(config, 5_000)).toBe(5_000);
  });

  it('is resetTimeoutMs if the backoff is 0', () => {
    expect(waitMs(circuitConfig({ resetTimeoutMs: 1_234 }), 0)).toBe(1_234);
  });
});

describe('the rest of a wait', () => {
  it('is the whole wait at its beginning, part of it later, and 0 from its end on', () => {
    expect(remainingMs(1_000, 500, 1_000)).toBe(500);
    expect(remainingMs(1_000, 500, 1_499)).toBe(1);
    expect(remainingMs(1_000, 500, 1_500)).toBe(0);
    expect(remainingMs(1_000, 500, 9_999)).toBe(0);
  });

  it('is 0 if the wait never began', () => {
    expect(remainingMs(null, 500, 0)).toBe(0);
  });

  it('counts from an instant of 0 as from any other', () => {
    expect(remainingMs(0, 500, 100)).toBe(400);
  });

  it('is infinite if the deadline overflows', () => {
    expect(remainingMs(Number.MAX_VALUE, Number.MAX_VALUE, 0)).toBe(Infinity);
  });
});

describe('the longest delay of a timer', () => {
  it('is the longest that Node supports: a delay 1 ms longer would fire at once', () => {
    expect(maxTimerMs).toBe(2_147_483_647);
  });
});
