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
