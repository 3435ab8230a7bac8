import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallStats } from '../../../src/telemetry/call-stats.ts';
import { checkProperty } from '../../support/property.ts';

const category = fc.constantFrom('timeout', 'network', 'rateLimit');
const action = fc.oneof(
  category.map((fails) => ({ fails })),
  fc.array(category, { maxLength: 4 }).map((adds) => ({ adds })),
);

describe('failures', () => {
  it('are counted by category, also when the counters of others are added in between', () => {
    checkProperty(
      fc.property(fc.array(action, { maxLength: 12 }), (actions) => {
        const stats = new CallStats();
        const expected: Record<string, number> = {};
        const count = (each: string) => {
          expected[each] = (expected[each] ?? 0) + 1;
        };
        for (const each of actions) {
          if ('fails' in each) {
            stats.fail(each.fails);
            count(each.fails);
            continue;
          }
          const other = new CallStats();
          for (const fails of each.adds) other.fail(fails);
          each.adds.forEach(count);
          stats.add(other);
        }
        const { failures, calls } = stats.counts();
        expect(failures).toEqual(expected);
        expect(calls).toBe(Object.values(expected).reduce((sum, n) => sum + n, 0));
      }),
    );
  });
});

describe('calls', () => {
  it('are timed, if a time is given, however they end', () => {
    const stats = new CallStats();
    stats.succeed();
    stats.fail('timeout');
    stats.answer();
    expect(stats.latency()).toBeNull();
    stats.succeed(10);
    stats.fail('timeout', 20);
    stats.answer(30);
    expect(stats.latency()).toEqual({ calls: 3, p50Ms: 20, p95Ms: 30, p99Ms: 30 });
  });

  it('that were answered are counted apart, and added to those of others', () => {
    const [stats, other] = [new CallStats(), new CallStats()];
    stats.answer();
    other.answer();
    other.answer();
    other.timeOut();
    other.beImpatient();
    stats.add(other);
    expect(stats.counts()).toMatchObject({ calls: 0, answered: 3, timeouts: 1, impatient: 1 });
  });

  it('have the percentiles of the last 128', () => {
    const stats = new CallStats();
    for (let durationMs = 1; durationMs <= 300; durationMs += 1) stats.succeed(durationMs);
    expect(stats.latency()).toEqual({ calls: 128, p50Ms: 236, p95Ms: 294, p99Ms: 299 });
  });
});
