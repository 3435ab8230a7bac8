import { describe, expect, it, vi } from 'vitest';
import { monotonic } from '../../../src/time/monotonic.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const clockOf = (given: object) => ({ now: () => 0, setTimeout: () => 7, clearTimeout: () => {}, ...given });
const sequence = (...values: unknown[]) => {
  let index = 0;
  return () => values[Math.min(index++, values.length - 1)] as number;
};
const fails = (): never => {
  throw new Error('broken');
};

describe('a monotonic clock', () => {
  it('follows the given clock while that goes forward', () => {
    const clock = monotonic(clockOf({ now: sequence(1, 2, 2, 3.5) }));
    expect([clock.now(), clock.now(), clock.now()]).toEqual([2, 2, 3.5]);
  });

  it('stands still while the given clock goes back', () => {
    const clock = monotonic(clockOf({ now: sequence(10, 12, 3, 11, 13) }));
    expect([clock.now(), clock.now(), clock.now(), clock.now()]).toEqual([12, 12, 12, 13]);
  });

  it.each([Number.NaN, Infinity, -Infinity, undefined, null])(
    'stands still while the given clock gives %s, and goes on after it',
    (wrong) => {
      const clock = monotonic(clockOf({ now: sequence(10, wrong, 12) }));
      expect([clock.now(), clock.now()]).toEqual([10, 12]);
    },
  );

  it('stands still while the given clock throws', () => {
    let isBroken = false;
    const clock = monotonic(clockOf({ now: () => (isBroken ? fails() : 5) }));
    isBroken = true;
    expect(clock.now()).toBe(5);
  });

  it.each([Number.NaN, Infinity, -Infinity, undefined, '5', 5n])(
    'is refused where it begins with %s',
    (wrong) => {
      expect(() => monotonic(clockOf({ now: () => wrong }))).toThrow(RangeError);
      expect(() => monotonic(clockOf({ now: () => wrong }))).toThrow(
        /clock\.now\(\) must return a finite number, got/,
      );
    },
  );

  it('may begin below 0', () => {
    const clock = monotonic(clockOf({ now: sequence(-5, -4) }));
    expect(clock.now()).toBe(-4);
  });

  it('passes timers and their handles on', () => {
    const cleared: unknown[] = [];
    const fn = (): void => {};
    const setTimeout = vi.fn(() => 'handle');
    const clock = monotonic(clockOf({ setTimeout, clearTimeout: (handle: unknown) => cleared.push(handle) }));
    expect(clock.setTimeout(fn, 5)).toBe('handle');
    expect(setTimeout).toHaveBeenCalledWith(fn, 5);
    clock.clearTimeout('handle');
    expect(cleared).toEqual(['handle']);
  });

  it('calls the functions of a given clock as its methods', () => {
    class Own {
      at = 3;
      now() {
        return this.at;
      }
      setTimeout() {
        return this.at;
      }
      clearTimeout() {
        this.at = 4;
      }
      wallNow() {
        return this.at;
      }
    }
    const own = new Own();
    const clock = monotonic(own);
    expect([clock.now(), clock.setTimeout(() => {}, 1), clock.wallNow()]).toEqual([3, 3, 3]);
    clock.clearTimeout(1);
    expect(own.at).toBe(4);
  });

  it('swallows errors of the given timers', () => {
    const clock = monotonic(clockOf({ setTimeout: fails, clearTimeout: fails }));
    expect(clock.setTimeout(() => {}, 1)).toBeUndefined();
    expect(() => clock.clearTimeout(1)).not.toThrow();
  });

  it('takes the wall-clock time from the given clock, or else from the host', () => {
    const manual = new ManualClock(5);
    expect(monotonic(manual).wallNow()).toBe(manual.wallNow());
    vi.useFakeTimers({ now: 123_456 });
    expect(monotonic(clockOf({})).wallNow()).toBe(123_456);
    vi.useRealTimers();
  });

  it.each([
    ['throws', fails],
    ['returns NaN', () => Number.NaN],
    ['returns Infinity', () => Infinity],
    ['returns nothing', () => undefined],
  ])('takes the wall-clock time from the host if wallNow %s', (_, wallNow) => {
    vi.useFakeTimers({ now: 123_456 });
    try {
      expect(monotonic(clockOf({ wallNow })).wallNow()).toBe(123_456);
    } finally {
      vi.useRealTimers();
    }
  });
});
