import fc from 'fast-check';
import { circuitConfig, type TimeWindowOptions, timeWindow } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { show } from '../../machines/rule.ts';
import type { TimeWindowMemory } from '../../machines/time-window.ts';
import type { OwnStrategy } from '../../machines/trip-strategy.ts';
import { checkProperty } from '../support/property.ts';
import { badLimits, calls, failure, isOver, memoryAfter, rate, success, walk } from './call-outcomes.ts';

describe('a time window', () => {
  it('decides after each call as a plain list of the calls in its slices does', () => {
    checkProperty(
      fc.property(
        calls,
        fc.constantFrom(1, 2, 4, 5, 10),
        fc.integer({ min: 1, max: 20 }),
        rate,
        rate,
        (outcomes, slices, minCalls, failureRate, slowCallRate) => {
          const windowMs = 1_000;
          const limits = { minCalls, failureRate, slowCallRate };
          const strategy = timeWindow({ windowMs, slices, slowCallMs: 100, ...limits });
          const sliceOf = ({ at }: { at: number }) => Math.floor(at / (windowMs / slices));
          const expected = outcomes.map((call, index) =>
            isOver(
              outcomes.slice(0, index + 1).filter((each) => sliceOf(each) > sliceOf(call) - slices),
              limits,
            ),
          );
          expect(walk(strategy, outcomes)).toEqual(expected);
        },
      ),
      { atLeast: 75, atMost: 300 },
    );
  });

  it('counts a call until its slice is as old as the window, to the millisecond', () => {
    const strategy = timeWindow({ windowMs: 1_000, slices: 10, minCalls: 2 });
    const tripsAt = (at: number) => walk(strategy, [failure({ at: 99 }), failure({ at })]).at(-1);
    expect(tripsAt(999)).toBe(true);
    expect(tripsAt(1_000)).toBe(false);
  });

  it('drops one slice at a time', () => {
    const strategy = timeWindow({ windowMs: 1_000, slices: 2, minCalls: 1 });
    const counted = (at: number) =>
      memoryAfter(strategy, [...[0, 1, 500].map((at) => failure({ at })), success({ at })]);
    expect(counted(999)).toMatchObject({ calls: 4, failures: 3 });
    expect(counted(1_000)).toMatchObject({ calls: 2, failures: 1 });
    expect(counted(1_500)).toMatchObject({ calls: 1, failures: 0 });
  });

  it('is empty after a whole window, or longer, without calls', () => {
    const strategy = timeWindow({ windowMs: 1_000, minCalls: 10 });
    const nine = Array.from({ length: 9 }, () => failure({ at: 500 }));
    for (const at of [1_500, 3_600_000, 2 ** 52, 1e300]) {
      expect(memoryAfter(strategy, [...nine, failure({ at })])).toMatchObject({ calls: 1, failures: 1 });
    }
  });

  it('counts a call with an instant before the last one’s in the last one’s slice', () => {
    const strategy = timeWindow({ windowMs: 1_000, minCalls: 2 });
    expect(walk(strategy, [success({ at: 5_000 }), failure({ at: 0 })])).toEqual([false, true]);
  });

  it('also works with a clock that begins below 0', () => {
    const strategy = timeWindow({ windowMs: 1_000, slices: 10, minCalls: 2 });
    expect(walk(strategy, [failure({ at: -950 }), failure({ at: -1 })])).toEqual([false, true]);
    expect(walk(strategy, [failure({ at: -950 }), failure({ at: 0 })])).toEqual([false, false]);
  });

  it('by default is a minute long, needs ten calls, and trips when half of them failed', () => {
    const outcomes = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? failure() : success()));
    expect(walk(timeWindow(), outcomes).indexOf(true)).toBe(9);
    const late = outcomes.map((call, index) => (index === 9 ? { ...call, at: 60_000 } : call));
    expect(walk(timeWindow(), late)).not.toContain(true);
  });

  it('adds a success in place with the same result as recording it, and only if it cannot trip', () => {
    let added = 0;
    checkProperty(
      fc.property(calls, fc.integer({ min: 1, max: 20 }), rate, rate, (outcomes, minCalls, ...rates) => {
        const [failureRate, slowCallRate] = rates;
        const limits = { minCalls, failureRate, slowCallRate, slowCallMs: 100 };
        const strategy: OwnStrategy<TimeWindowMemory> = timeWindow({ windowMs: 1_000, slices: 4, ...limits });
        let memory = strategy.record(strategy.start, success());
        for (const call of outcomes) {
          const before = structuredClone(memory);
          const after = strategy.record(memory, call);
          if (!call.isFailure && strategy.addSuccess?.(memory, call.at, call.durationMs)) {
            added++;
            expect(memory).toEqual(after);
            expect(strategy.trips(after, call, circuitConfig())).toBe(false);
          } else {
            expect(memory).toEqual(before);
            memory = after;
          }
        }
      }),
    );
    expect(added).toBeGreaterThan(100);
  });

  it('adds every quick success in place to a window without a failure or a slow call', () => {
    const strategy: OwnStrategy<TimeWindowMemory> = timeWindow({ minCalls: 2, slowCallMs: 100 });
    const memory = strategy.record(strategy.start, success());
    expect([1, 2, 3].map((at) => strategy.addSuccess?.(memory, at, 100))).toEqual([true, true, true]);
    expect(memory).toMatchObject({ calls: 4, sliceCalls: 4, failures: 0, slow: 0 });
  });

  it('says from which duration on a probe has failed, if it was told', () => {
    expect(timeWindow({ slowCallMs: 100 }).slowCallMs).toBe(100);
    expect(timeWindow()).not.toHaveProperty('slowCallMs');
  });

  it('has a memory of that many slices, however many calls there were', () => {
    const strategy = timeWindow({ windowMs: 10_000, slices: 10, slowCallMs: 100 });
    const many = function* () {
      for (let i = 0; i < 100_000; i++)
        yield (i % 3 === 0 ? failure : success)({ at: i, durationMs: i % 200 });
    };
    const after = memoryAfter(strategy, many());
    expect(after.calls).toBe(10_000);
    expect(after.full).toHaveLength(9);
    expect(JSON.stringify(after).length).toBeLessThan(1_000);
  });

  it.each([
    ...badLimits,
    ['windowMs', 0],
    ['windowMs', -1],
    ['windowMs', Infinity],
    ['windowMs', Number.NaN],
    ['windowMs', '1000'],
    ['slices', 0],
    ['slices', 1.5],
    ['slices', '10'],
  ])('refuses a %s of %j, by name and value', (field, value) => {
    const options = { slowCallMs: 100, [field]: value } as TimeWindowOptions;
    expect(() => timeWindow(options)).toThrow(RangeError);
    expect(() => timeWindow(options)).toThrow(
      new RegExp(`^timeWindow\\.${field} must be .*, got ${show(value)}$`),
    );
  });

  it('refuses a setting that does not exist', () => {
    expect(() => timeWindow({ size: 5 } as TimeWindowOptions)).toThrow(
      /^timeWindow\.size is not a setting; the settings of timeWindow are windowMs, slices, /,
    );
  });

  it('cannot be changed by its readers', () => {
    const strategy = timeWindow();
    expect(Object.isFrozen(strategy) && Object.isFrozen(strategy.start)).toBe(true);
  });
});
