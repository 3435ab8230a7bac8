import { describe, expect, it } from 'vitest';
import { isPlainError } from '../../../src/classify/plain-error.ts';

const hidden = (key: string, value: unknown = 'x') => Object.defineProperty(new Error('x'), key, { value });

describe('an error that has nothing but a message to tell', () => {
  it.each([
    ['an Error', new Error('x')],
    ['a TypeError', new TypeError('x')],
    ['a RangeError', new RangeError('x')],
    ['one with another name that is not listed', hidden('name', 'TimeoutError')],
    ['one whose cause is undefined', new Error('x', { cause: undefined })],
  ])('is %s', (_what, error) => {
    expect(isPlainError(error)).toBe(true);
  });

  it.each([
    ['a text', 'x'],
    ['null', null],
    ['undefined', undefined],
    ['a function', () => 'x'],
    ['an object that looks like one', { name: 'Error', message: 'x' }],
    ['of another class of the language', new SyntaxError('x')],
    ['of a class that extends one', new (class Ours extends Error {})('x')],
    ['an aggregate', new AggregateError([])],
    ['with a field of its own', Object.assign(new Error('x'), { attempts: 3 })],
  ])('is not %s', (_what, value) => {
    expect(isPlainError(value)).toBe(false);
  });

  it.each(['cause', 'code', 'status', 'statusCode', 'response', 'type', '$response', 'headers', 'error'])(
    'has no %s, not even one that is not enumerable',
    (key) => {
      expect(isPlainError(hidden(key))).toBe(false);
    },
  );

  it('is none with a field that cannot be read', () => {
    const throws = () => {
      throw new Error('it bites');
    };
    expect(isPlainError(Object.defineProperty(new Error('x'), 'code', { get: throws }))).toBe(false);
  });

  it('is none that cannot be looked at', () => {
    const { proxy, revoke } = Proxy.revocable(new Error('x'), {});
    revoke();
    expect(isPlainError(proxy)).toBe(false);
  });
});
