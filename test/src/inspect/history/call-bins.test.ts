import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallBins, type CallKind, callKinds } from '../../../../src/inspect/history/call-bins.ts';
import { checkProperty } from '../../../support/property.ts';

const minute = 60_000;
const start = 1_000_000 * minute;

describe('the calls of a tool', () => {
  it('are counted by kind in a period', () => {
    const calls = new CallBins();
    calls.add('success', start);
    calls.add('failure', start + 3 * minute);
    calls.add('refused', start + 6 * minute);
    const now = start + 6 * minute;
    const none = { success: 0, failure: 0, ignored: 0, cancelled: 0, refused: 0 };
    expect(calls.between(now - 5 * minute, now + 1, now)).toEqual({ ...none, failure: 1, refused: 1 });
    expect(calls.between(now - 7 * minute, now + 1, now)).toEqual({
      ...none,
      success: 1,
      failure: 1,
      refused: 1,
    });
    const later = now + 7 * 60 * minute;
    expect(calls.between(later - 6 * 60 * minute, later, later)).toEqual(none);
  });

  it('are each in one part of a period, and none is lost, whatever the order and the clock', async () => {
    const call = fc.record({ kind: fc.constantFrom<CallKind>(...callKinds), passedMs: fc.nat(minute) });
    await checkProperty(
      fc.asyncProperty(
        fc.array(call, { maxLength: 200 }),
        fc.integer({ min: 5, max: 90 }),
        async (all, parts) => {
          const calls = new CallBins();
          let now = start;
          for (const { kind, passedMs } of all) {
            now += passedMs;
            calls.add(kind, now);
          }
          const told = calls.parts(now - 6 * 60 * minute + 4 * minute, now + 1, parts, now);
          const sum = told.reduce(
            (total, { split }) => total + split.reduce((one, other) => one + other, 0),
            0,
          );
          expect(sum).toBe(all.length);
          const starts = told.map(({ at }) => at);
          expect(new Set(starts).size).toBe(starts.length);
        },
      ),
    );
  });

  it('are added to the latest period if the wall clock is set back', () => {
    const calls = new CallBins();
    calls.add('success', start);
    calls.add('failure', start - 20 * minute);
    expect(calls.between(start - minute, start + 1, start)).toMatchObject({ success: 1, failure: 1 });
  });
});
