import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimeNeeded } from '../../../src/telemetry/time-needed.ts';
import { checkProperty } from '../../support/property.ts';

function neededBy(durations: readonly number[]): number {
  const need = new TimeNeeded();
  for (const durationMs of durations) need.add(durationMs);
  return need.ms;
}

const times = (count: number, durationMs: number): number[] => Array(count).fill(durationMs);

describe('the time that a tool needs', () => {
  it('is unknown until twenty of its successes were timed', () => {
    expect(neededBy(times(19, 40))).toBe(0);
    expect(neededBy(times(20, 40))).toBe(40);
  });

  it('is the median, whatever the order: a few slow or quick calls do not count', () => {
    const durations = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 20, maxLength: 20 });
    checkProperty(
      fc.property(durations, (all) => {
        const median = neededBy(all);
        expect(all.filter((durationMs) => durationMs < median).length).toBeLessThanOrEqual(10);
        expect(all.filter((durationMs) => durationMs > median).length).toBeLessThanOrEqual(9);
      }),
    );
    expect(neededBy([...times(9, 3), ...times(2, 50), ...times(9, 900)])).toBe(50);
    expect(neededBy([...times(9, 900), ...times(2, 50), ...times(9, 3)])).toBe(50);
    // By their size, not by their text.
    expect(neededBy([...times(9, 1_000), ...times(2, 100), ...times(9, 9)])).toBe(100);
  });

  it('falls when the tool gets quicker, and never rises', () => {
    expect(neededBy([...times(20, 40), ...times(20, 10)])).toBe(10);
    expect(neededBy([...times(20, 40), ...times(60, 90)])).toBe(40);
    expect(neededBy([...times(20, 40), ...times(19, 10)])).toBe(40);
  });
});
