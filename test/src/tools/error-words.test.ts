import { describe, expect, it } from 'vitest';
import { errorWords } from '../../../src/tools/error-words.ts';

const explode = (): never => {
  throw new Error('it bites');
};

describe('the words of an error', () => {
  it.each([
    ['of an error', new TypeError('no such branch'), 'TypeError: no such branch'],
    ['of a text', 'lost', 'lost'],
    ['of nothing', undefined, 'undefined'],
    ['of a symbol', Symbol('lost'), 'Symbol(lost)'],
    ['of an object with a message', { code: -32_000, message: 'lost' }, 'lost'],
    ['of an object without one', { code: 1 }, 'unknown error'],
    ['of an object without a prototype', Object.assign(Object.create(null), { message: 'lost' }), 'lost'],
    ['of an object that cannot be read', new Proxy({}, { get: explode }), 'unknown error'],
  ])('%s', (_, error, words) => {
    expect(errorWords(error)).toBe(words);
  });
});
