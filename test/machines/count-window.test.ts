import fc from 'fast-check';
import { type CountWindowOptions, countWindow } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { show } from '../../machines/rule.ts';
import { checkProperty } from '../support/property.ts';
import { badLimits, calls, failure, isOver, memoryAfter, rate, success, walk } from './call-outcomes.ts';

describe('a count window', () => {
  it('decides after each call as a plain list of the last calls does', () => {
    // Some sizes are close to the number of calls per word of its memory.
    const size = fc.constantFrom(1, 2, 3, 14, 15, 16, 29, 30, 31, 45, 46, 100);
    checkProperty(
      fc.property(
        calls,
        size,
        fc.constantFrom(0, 0.1, 0.5, 0.9, 1),
        rate,
        rate,
        (outcomes, size, part, failureRate, slowCallRate) => {
          const minCalls = Math.max(1, Math.round(part * size));
          const strategy = countWindow({ size, minCalls, failureRate, slowCallMs: 100, slowCallRate });
          const expected = outcomes.map((_, index) =>
            isOver(outcomes.slice(Math.max(0, index + 1 - size), index + 1), {
              minCalls,
              failureRate,
              slowCallRate,
            }),
          );
          expect(walk(strategy, outcomes)).toEqual(expected);
        },
      ),
      { atLeast: 75, atMost: 300 },
    );
  });

  it('forgets only the oldest call when a new one comes', () => {
    const strategy = countWindow({ size: 3, failureRate: 1 });
    expect(walk(strategy, [failure(), failure(), success(), failure(), failure(), failure()])).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it('forgets a call when as many as it holds have come after it, wherever it stood', () => {
    const size = 31;
    const strategy = countWindow({ size });
    for (let place = 0; place < 2 * size; place++) {
      const before = Array.from({ length: place }, () => success());
      const after = Array.from({ length: size }, () => success());
      const memory = memoryAfter(strategy, [...before, failure(), ...after.slice(1)]);
      expect([place, memory.failures]).toEqual([place, 1]);
      expect([place, memoryAfter(strategy, [...before, failure(), ...after]).failures]).toEqual([place, 0]);
    }
  });

  it('does not trip before it is full, unless minCalls allows it', () => {
    const failures = Array.from({ length: 4 }, () => failure());
    expect(walk(countWindow({ size: 4 }), failures)).toEqual([false, false, false, true]);
    expect(walk(countWindow({ size: 4, minCalls: 2 }), failures)).toEqual([false, true, true, true]);
  });

  it('by default holds 100 calls and trips when half of them failed', () => {
    const outcomes = Array.from({ length: 100 }, (_, index) => (index < 50 ? failure() : success()));
    expect(walk(countWindow(), outcomes).indexOf(true)).toBe(99);
    expect(walk(countWindow(), [success(), ...outcomes.slice(1)])).not.toContain(true);
  });

  it('counts a call as slow only if it took longer than slowCallMs', () => {
    const strategy = countWindow({ size: 1, slowCallMs: 100 });
    expect(
      walk(
        strategy,
        [100, 101, null].map((durationMs) => success({ durationMs })),
      ),
    ).toEqual([false, true, false]);
  });

  it('has a slowCallMs only if calls can be slow', () => {
    expect(countWindow({ slowCallMs: 100 }).slowCallMs).toBe(100);
    expect(countWindow()).not.toHaveProperty('slowCallMs');
  });

  it('has a memory no larger after 100 000 calls than when it was first full', () => {
    const strategy = countWindow({ size: 1_000, slowCallMs: 100 });
    const many = function* (count: number) {
      for (let i = 0; i < count; i++) yield (i % 3 === 0 ? failure : success)({ durationMs: i % 200 });
    };
    const after = memoryAfter(strategy, many(100_000));
    expect(after.calls).toBe(1_000);
    expect(after.words.length).toBeLessThanOrEqual(Math.ceil(1_000 / 15));
    expect(JSON.stringify(after).length).toBeLessThan(1_000);
  });

  it.each([
    ...badLimits,
    ['size', 0],
    ['size', 2.5],
    ['size', Infinity],
    ['size', Number.NaN],
    ['size', '10'],
  ])('refuses a %s of %j, by name and value', (field, value) => {
    const options = { size: 10, slowCallMs: 100, [field]: value } as CountWindowOptions;
    expect(() => countWindow(options)).toThrow(RangeError);
    expect(() => countWindow(options)).toThrow(
      new RegExp(`^countWindow\\.${field} must be .*, got ${show(value)}$`),
    );
  });

  it('refuses a minCalls larger than its size', () => {
    expect(() => countWindow({ size: 10, minCalls: 11 })).toThrow(
      'countWindow.minCalls must be at most size (10), got 11',
    );
    expect(() => countWindow({ size: 10, minCalls: 10 })).not.toThrow();
  });

  it('refuses a setting that does not exist', () => {
    expect(() => countWindow({ windowMs: 5 } as CountWindowOptions)).toThrow(TypeError);
    expect(() => countWindow({ windowMs: 5 } as CountWindowOptions)).toThrow(
      /^countWindow\.windowMs is not a setting; the settings of countWindow are size, /,
    );
  });

  it('cannot be changed by its readers', () => {
    const strategy = countWindow();
    expect(Object.isFrozen(strategy) && Object.isFrozen(strategy.start)).toBe(true);
  });
});
