import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { monotonic } from '../../../src/time/monotonic.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkProperty } from '../../support/property.ts';

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

  it('continues from its own instant when the given clock is set back: it adds up the forward steps', () => {
    const clock = monotonic(clockOf({ now: sequence(10, 12, 3, 11, 13) }));
    expect([clock.now(), clock.now(), clock.now(), clock.now()]).toEqual([12, 12, 20, 22]);
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

  it('has returned once it reads what it read before it was set back; what it then knows holds for the next time', () => {
    const [start, farBack] = [10_000_000, 1_000_000];
    const clock = monotonic(clockOf({ now: sequence(start, start - 50, start, farBack, start + 100) }));
    expect([clock.now(), clock.now(), clock.now(), clock.now()]).toEqual([
      start,
      start + 50,
      start + 50,
      start + 150,
    ]);
  });

  it('passes timers and their handles on', () => {
    const cleared: unknown[] = [];
    const fn = (): void => {};
    const setTimeout = vi.fn(() => 'handle');
    const clock = monotonic(clockOf({ setTimeout, clearTimeout: (handle: unknown) => cleared.push(handle) }));
    expect(clock.setTimeout(fn, 5)).toBe('handle');
    expect(setTimeout).toHaveBeenCalledWith(fn, 5, undefined);
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

  it('splits a wait that is longer than a host timer can be', () => {
    const manual = new ManualClock();
    const asked: number[] = [];
    const setTimeout = (fn: () => void, ms: number): number => {
      asked.push(ms);
      return manual.setTimeout(fn, ms);
    };
    const clock = monotonic({ now: manual.now, setTimeout, clearTimeout: manual.clearTimeout });
    const fire = vi.fn();
    const ms = 2 ** 31 * 2 + 5;
    clock.setTimeout(fire, ms);
    manual.advance(ms - 1);
    expect(fire).not.toHaveBeenCalled();
    manual.advance(1);
    expect(fire).toHaveBeenCalledOnce();
    expect(Math.max(...asked)).toBeLessThan(2 ** 31);
    const cleared = clock.setTimeout(fire, ms);
    manual.advance(2 ** 31);
    clock.clearTimeout(cleared);
    manual.advance(ms);
    expect(fire).toHaveBeenCalledOnce();
  });

  it('passes on whether a timer keeps the process alive, in every part of a long wait', () => {
    const kept: unknown[] = [];
    const due: (() => void)[] = [];
    const clock = monotonic(
      clockOf({
        setTimeout: (fn: () => void, _: number, keepAlive: unknown) => {
          kept.push(keepAlive);
          due.push(fn);
        },
      }),
    );
    clock.setTimeout(() => {}, 2 ** 31, true);
    due.pop()?.();
    clock.setTimeout(() => {}, 5);
    expect(kept).toEqual([true, true, undefined]);
  });

  it('ignores a single reading that is far ahead', () => {
    const tenYears = 10 * 365 * 86_400_000;
    const clock = monotonic(clockOf({ now: sequence(0, tenYears, 5, 6) }));
    expect([clock.now(), clock.now()]).toEqual([5, 6]);
  });

  it('accepts two readings that are far ahead, because the machine may have slept', () => {
    const clock = monotonic(clockOf({ now: sequence(0, 1e10, 1e10 + 1, 1e10 + 2) }));
    expect([clock.now(), clock.now()]).toEqual([1e10, 1e10 + 2]);
  });

  it('loses and gains no time by a reading that is far behind, once the clock has returned', () => {
    const clock = monotonic(clockOf({ now: sequence(5_000, -1e9, 5_999, 5_999, 6_000) }));
    expect([clock.now(), clock.now(), clock.now()]).toEqual([5_000, 5_999, 6_000]);
  });

  const hour = 3_600_000;
  const minute = 60_000;
  /** The instants of a clock with these readings, of which each far step forward is read twice. */
  const instantsOf = (...readings: number[]) => {
    let reading = 0;
    const clock = monotonic(clockOf({ now: () => reading }));
    return readings.map((next) => {
      reading = next;
      return clock.now();
    });
  };

  it('knows when it has returned although it went on, and back again, while it was far behind', () => {
    const start = 10 * hour;
    expect(instantsOf(start, 0, minute, 0, start + 5 * minute)).toEqual([
      start,
      start,
      start + minute,
      start + minute,
      start + 5 * minute,
    ]);
  });

  it('has returned when it is exactly where it was', () => {
    expect(instantsOf(10 * hour, 0, 10 * hour)).toEqual([10 * hour, 10 * hour, 10 * hour]);
  });

  it('adds up a step of an hour, and takes a longer one for the return from a wrong reading', () => {
    expect(instantsOf(hour, 0, hour)).toEqual([hour, hour, 2 * hour]);
    expect(instantsOf(hour + 1, 0, hour + 1)).toEqual([hour + 1, hour + 1, hour + 1]);
  });

  it('is read once for a step of an hour, and twice for a longer one', () => {
    const now = vi.fn(sequence(0, hour, 2 * hour + 1, 2 * hour + 2));
    const clock = monotonic(clockOf({ now }));
    expect([clock.now(), clock.now()]).toEqual([hour, 2 * hour + 1]);
    expect(now).toHaveBeenCalledTimes(4);
  });

  it('never goes back, and advances with every forward step, whatever the given clock does', () => {
    checkProperty(
      fc.property(fc.array(fc.integer({ min: -3_000_000, max: 3_000_000 }), { maxLength: 50 }), (steps) => {
        let reading = 0;
        const clock = monotonic(clockOf({ now: () => reading }));
        let forward = 0;
        for (const step of steps) {
          reading += step;
          forward += Math.max(0, step);
          expect(clock.now()).toBe(forward);
        }
      }),
    );
  });
});
