import {
  type ErrorCategory,
  errorCategories,
  errorCategoryNames,
  isCounted,
  isErrorCategory,
} from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';

const counted: ErrorCategory[] = ['network', 'timeout', 'rateLimit', 'serviceUnavailable', 'executionError'];
const ignored: ErrorCategory[] = [
  'circuitOpen',
  'authentication',
  'invalidParameters',
  'toolNotFound',
  'resourceNotFound',
  'permissionDenied',
  'policyViolation',
  'planningPolicyViolation',
  'sandboxFailure',
  'resourceExhausted',
  'cancelled',
];
const retryable: ErrorCategory[] = ['network', 'timeout', 'rateLimit', 'serviceUnavailable', 'circuitOpen'];

describe('the error categories', () => {
  it('are these sixteen, the counted ones first', () => {
    expect(errorCategoryNames).toEqual([...counted, ...ignored]);
    expect(Object.keys(errorCategories)).toEqual(errorCategoryNames);
  });

  it.each(counted)('count a failure of the kind %s', (category) => {
    expect(errorCategories[category].counted).toBe(true);
    expect(isCounted(category)).toBe(true);
  });

  it.each(ignored)('ignore a failure of the kind %s', (category) => {
    expect(errorCategories[category].counted).toBe(false);
    expect(isCounted(category)).toBe(false);
  });

  it('call exactly five kinds retryable', () => {
    expect(errorCategoryNames.filter((name) => errorCategories[name].retryable)).toEqual(retryable);
  });

  it('count a failure without a category, or with an unknown one, as an executionError', () => {
    expect(isCounted()).toBe(true);
    expect(isCounted('nonsense' as ErrorCategory)).toBe(true);
    expect(isCounted('__proto__' as ErrorCategory)).toBe(true);
  });

  it('cannot be changed by their readers', () => {
    expect(Object.isFrozen(errorCategories)).toBe(true);
    expect(Object.isFrozen(errorCategoryNames)).toBe(true);
  });
});

describe.each(errorCategoryNames)('the category %s', (category) => {
  const { label, hints, retry, retryable } = errorCategories[category];

  it('has a label of a few words', () => {
    expect(label).toMatch(/^[a-z]+( [a-z]+){0,3}$/);
  });

  it('has at least one hint, and each is a sentence', () => {
    expect(hints.length).toBeGreaterThan(0);
    for (const hint of hints) expect(hint).toMatch(/^[A-Z].{10,}\.$/);
  });

  it('advises a retry if and only if it is retryable', () => {
    if (!retryable) {
      expect(retry).toEqual({ attempts: 0, baseDelayMs: 0, maxDelayMs: 0 });
      return;
    }
    expect(retry.attempts).toBeGreaterThan(0);
    expect(retry.baseDelayMs).toBeGreaterThan(0);
    expect(retry.maxDelayMs).toBeGreaterThanOrEqual(retry.baseDelayMs);
  });

  it('cannot be changed by its readers', () => {
    expect([errorCategories[category], hints, retry].every(Object.isFrozen)).toBe(true);
  });
});

describe('a labelled category', () => {
  it('differs from every other in its label', () => {
    expect(new Set(errorCategoryNames.map((name) => errorCategories[name].label)).size).toBe(16);
  });
});

describe('isErrorCategory', () => {
  it.each(errorCategoryNames)('says yes to %s', (category) => {
    expect(isErrorCategory(category)).toBe(true);
  });

  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'Timeout', ' timeout', ''])(
    'says no to %j',
    (name) => {
      expect(isErrorCategory(name)).toBe(false);
    },
  );

  it.each([[undefined], [null], [0], [true], [['timeout']], [{ category: 'timeout' }], [Symbol('timeout')]])(
    'says no to a value that is not a string: %o',
    (value) => {
      expect(isErrorCategory(value)).toBe(false);
    },
  );
});
