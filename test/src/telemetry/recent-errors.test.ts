import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RecentError, RecentErrors } from '../../../src/telemetry/recent-errors.ts';
import { checkProperty } from '../../support/property.ts';

const failure = (more: Partial<RecentError> = {}): RecentError => ({
  tool: 'search',
  key: null,
  category: 'timeout',
  message: 'no answer',
  at: 0,
  ...more,
});

function errorsOf(failures: readonly RecentError[]): RecentErrors {
  const errors = new RecentErrors();
  for (const each of failures) errors.add(each);
  return errors;
}

describe('the recent errors', () => {
  it('are the last hundred, oldest first, however many there were', () => {
    checkProperty(
      fc.property(fc.nat(350), (count) => {
        const failures = Array.from({ length: count }, (_, at) => failure({ at }));
        expect(errorsOf(failures).list()).toEqual(failures.slice(-100));
      }),
      { atLeast: 60 },
    );
    for (const count of [99, 100, 101, 199, 200, 201]) {
      const failures = Array.from({ length: count }, (_, at) => failure({ at }));
      expect(errorsOf(failures).list()).toEqual(failures.slice(-100));
    }
  });

  it('are a list that later errors do not change', () => {
    const errors = errorsOf([failure()]);
    const before = errors.list();
    errors.add(failure({ at: 1 }));
    expect(before).toHaveLength(1);
  });

  it.each([
    ['numbers', 'no answer after 512 ms', 'no answer after 30000 ms'],
    ['identifiers', 'request 0af7651916cd43dd failed', 'request b9c7c989f97918e1 failed'],
    [
      'universally unique identifiers',
      'job 8c1f0d5e-91a2-4f7e-8f4b-3f0e1e9b7d11 is gone',
      'job 0D1C2B3A-91a2-4f7e-8f4b-3f0e1e9b7d12 is gone',
    ],
    ['names in quotation marks', 'no table "users"', 'no table ""'],
    ['names in single quotation marks', "no such host 'a.example'", "no such host 'b.example'"],
  ])('are one pattern if their messages differ in %s only', (_, first, second) => {
    const patterns = errorsOf([
      failure({ message: first, at: 3 }),
      failure({ message: second, at: 9 }),
    ]).patterns();
    expect(patterns).toEqual([
      { tool: 'search', key: null, category: 'timeout', message: second, count: 2, firstAt: 3, lastAt: 9 },
    ]);
  });

  it.each<[string, Partial<RecentError>]>([
    ['tools', { tool: 'fetch' }],
    ['keys', { key: 'a.example' }],
    ['categories', { category: 'rateLimit' }],
    ['messages', { message: 'no route' }],
    // What varies leaves a mark: "page 7" is not "page ".
    ['messages of which one lacks the number', { message: 'no answer 7' }],
    ['messages of which one is missing', { message: null }],
  ])('are no pattern if their %s differ', (_, other) => {
    const message = 'no answer ';
    expect(errorsOf([failure({ message }), failure({ message, ...other })]).patterns()).toEqual([]);
  });

  it('have their most frequent pattern first', () => {
    const counts = { rare: 2, frequent: 5, once: 1, usual: 3 };
    const failures = Object.entries(counts).flatMap(([tool, count]) =>
      Array.from({ length: count }, () => failure({ tool, message: null })),
    );
    const patterns = errorsOf(failures).patterns();
    expect(patterns.map(({ tool, count }) => [tool, count])).toEqual([
      ['frequent', 5],
      ['usual', 3],
      ['rare', 2],
    ]);
  });
});
