import { describe, expect, it } from 'vitest';
import {
  aFunction,
  aFunctionOrNull,
  anObject,
  anything,
  aText,
  checkFields,
  checkOptionNames,
  checkValue,
  factor,
  isPlainObject,
  ms,
  oneOf,
  positiveInteger,
  positiveIntegerOrInfinity,
  positiveMs,
  type Rule,
  share,
  show,
  trueOrFalse,
  wholeNumber,
  zeroOrMore,
} from '../../machines/rule.ts';

const fn = (): void => {};
/** Values that are no numbers: as text they would compare like some. */
const notNumbers = ['1', [1], new Date(1), 1n, null, undefined, true];
const notFinite = [Number.NaN, Infinity, -Infinity];

const rules: readonly [name: string, rule: Rule, must: string, good: unknown[], bad: unknown[]][] = [
  ['aFunction', aFunction, 'a function', [fn, class {}], [null, 'fn', {}, undefined]],
  ['aFunctionOrNull', aFunctionOrNull, 'a function or null', [fn, null], [undefined, 0, {}, 'null']],
  ['anObject', anObject, 'an object', [{}, Object.create(null), new Date()], [null, [], 'x', fn, new Map()]],
  ['anything', anything, 'anything', [undefined, null, 0, fn], []],
  ['aText', aText, 'a non-empty string', ['x', ' '], ['', 5, null, undefined, ['x'], new String('x')]],
  ['trueOrFalse', trueOrFalse, 'true or false', [true, false], [0, 1, 'true', null, undefined]],
  [
    'positiveInteger',
    positiveInteger,
    'a positive integer',
    [1, 2, Number.MAX_SAFE_INTEGER],
    [0, -1, 1.5, 2 ** 53, ...notFinite, ...notNumbers],
  ],
  [
    'positiveIntegerOrInfinity',
    positiveIntegerOrInfinity,
    'a positive integer or Infinity',
    [1, 2, Infinity],
    [0, -1, 1.5, -Infinity, Number.NaN, ...notNumbers],
  ],
  [
    'positiveMs',
    positiveMs,
    'a finite number of milliseconds above 0',
    [Number.MIN_VALUE, 1, 1e308],
    [0, -1, ...notFinite, ...notNumbers],
  ],
  [
    'ms',
    ms,
    'a finite number of milliseconds, 0 or more',
    [0, 0.5, 1e308],
    [-Number.MIN_VALUE, -1, ...notFinite, ...notNumbers],
  ],
  ['factor', factor, 'a finite number, 1 or more', [1, 1.5, 1e308], [0.999, -1, ...notFinite, ...notNumbers]],
  [
    'share',
    share,
    'a number above 0 and at most 1',
    [Number.MIN_VALUE, 0.5, 1],
    [0, -0.5, 1.001, ...notFinite, '0.5', [0.5], null, undefined, 1n],
  ],
  [
    'zeroOrMore',
    zeroOrMore,
    'a number, 0 or more',
    [0, 0.5, 3, Infinity],
    [-1, -Infinity, Number.NaN, ...notNumbers],
  ],
  [
    'wholeNumber',
    wholeNumber(1, 65_535),
    'a whole number from 1 to 65535',
    [1, 2, 65_535],
    [0, 65_536, 1.5, ...notFinite, ...notNumbers],
  ],
  ['oneOf', oneOf(['none', 'full']), 'one of none, full', ['none', 'full'], ['', 'none, full', 0, null]],
];

describe('the rule', () => {
  it.each(rules)('%s says what a value must be', (_, [words], must) => {
    expect(words).toBe(must);
  });

  it.each(rules)('%s accepts what it says', (_, [, holds], _must, good) => {
    expect(good.filter((value) => !holds(value))).toEqual([]);
  });

  it.each(rules)('%s refuses everything else', (_, [, holds], _must, _good, bad) => {
    expect(bad.filter((value) => holds(value))).toEqual([]);
  });
});

describe('a plain object', () => {
  it('is an object whose own fields can be read, and no list, map or set', () => {
    expect([{}, Object.create(null), new (class {})()].map(isPlainObject)).toEqual([true, true, true]);
    const others = [null, undefined, 'x', 1, fn, [], new Map(), new Set()];
    expect(others.filter(isPlainObject)).toEqual([]);
  });
});

describe('a value in an error message', () => {
  it.each<[shown: string, value: unknown]>([
    ['"text"', 'text'],
    ['"a \\"quote\\"\\n"', 'a "quote"\n'],
    [`"${'x'.repeat(80)}"`, 'x'.repeat(80)],
    [`"${'x'.repeat(80)}…"`, 'x'.repeat(81)],
    ['7n', 7n],
    ['a function', fn],
    ['an array', [1, 2]],
    ['an object', { a: 1 }],
    ['an object', new Map()],
    ['null', null],
    ['undefined', undefined],
    ['NaN', Number.NaN],
    ['-0.5', -0.5],
    ['true', true],
    ['Symbol(secret)', Symbol('secret')],
  ])('is shown as %s', (shown, value) => {
    expect(show(value)).toBe(shown);
  });

  it('is shown without a look inside, which could throw', () => {
    const hostile = new Proxy({}, { get: () => expect.fail('it was looked at') });
    expect(show(hostile)).toBe('an object');
  });
});

describe('checkValue', () => {
  it('throws a RangeError that names the field, the rule and the value', () => {
    expect(() => checkValue(0.5, 'circuit.failureThreshold', positiveInteger)).toThrow(
      new RangeError('circuit.failureThreshold must be a positive integer, got 0.5'),
    );
    expect(() => checkValue(1, 'circuit.failureThreshold', positiveInteger)).not.toThrow();
  });
});

describe('checkOptionNames', () => {
  const known = { signal: true, timeoutMs: true };

  it('accepts options that exist, whatever their values', () => {
    expect(() => checkOptionNames({ signal: 5 }, known)).not.toThrow();
    expect(() => checkOptionNames({}, known)).not.toThrow();
  });

  it('refuses another one by name, also one that is inherited', () => {
    const refusal = new TypeError('timeoutMS is not an option; the options are signal, timeoutMs');
    expect(() => checkOptionNames({ timeoutMS: 5 }, known)).toThrow(refusal);
    expect(() => checkOptionNames(Object.create({ timeoutMS: 5 }), known)).toThrow(refusal);
  });

  it.each([[null], [5000], ['x'], [[]]])('refuses %j, which is not an object', (options) => {
    expect(() => checkOptionNames(options, known)).toThrow(
      new TypeError(`options must be an object, got ${show(options)}`),
    );
  });
});

describe('checkFields', () => {
  const fields = { a: positiveInteger, b: trueOrFalse };
  const check = (given: unknown) => checkFields<{ a: number; b: boolean }>(given, fields, 'options');

  it('returns the fields that were given, and counts an undefined one as not given', () => {
    expect(check({ a: 1, b: undefined })).toStrictEqual({ a: 1 });
    expect(check({})).toStrictEqual({});
  });

  it.each([[null], [[1]], ['x'], [undefined]])('refuses %j, which is not an object', (given) => {
    expect(() => check(given)).toThrow(new TypeError(`options must be an object, got ${show(given)}`));
  });

  it.each(['c', 'toString', '__proto__'])('refuses the field %s, which does not exist', (name) => {
    const given = Object.defineProperty({}, name, { value: undefined, enumerable: true });
    expect(() => check(given)).toThrow(
      new TypeError(`options.${name} is not a setting; the settings of options are a, b`),
    );
  });

  it('refuses a value that breaks its rule, by the path of its field', () => {
    expect(() => check({ a: 1, b: 'yes' })).toThrow(
      new RangeError('options.b must be true or false, got "yes"'),
    );
  });
});
