import { describe, expect, it } from 'vitest';
import { bodiesOf, headerOf } from '../../../src/classify/places.ts';

describe('a header', () => {
  it.each<[string, unknown, string | undefined]>([
    ['without the space around it', { headers: { 'retry-after': ' 7 ' } }, '7'],
    ['unless there is nothing but space in it', { headers: { 'retry-after': '  ' } }, undefined],
    ['of 64 characters', { headers: { 'retry-after': '7'.repeat(64) } }, '7'.repeat(64)],
    ['unless it is longer', { headers: { 'retry-after': '7'.repeat(65) } }, undefined],
    ['by its name before any other spelling', { headers: { 'Retry-After': '9', 'retry-after': '7' } }, '7'],
    ['not by another name of that length', { headers: { 'content-len': '5', 'Retry-After': '7' } }, '7'],
    ['of a list, its first', { headers: { 'retry-after': ['7', '9'] } }, '7'],
    ['of a number', { headers: { 'retry-after': 7 } }, '7'],
    ['from a Map', { headers: new Map([['retry-after', '7']]) }, '7'],
    ['from the first place that has it', { headers: {}, response: { headers: { 'retry-after': '7' } } }, '7'],
    ['unless it is no text', { headers: { 'retry-after': null } }, undefined],
    [
      'unless it only looks like a text',
      { headers: { 'retry-after': { length: 1, trim: () => '7' } } },
      undefined,
    ],
    ['unless there are no headers', { headers: undefined, response: 'HTTP/1.1 429' }, undefined],
  ])('is read %s', (_how, error, expected) => {
    expect(headerOf(error, 'retry-after')).toBe(expected);
  });

  it('in capitals is looked for among the first 100', () => {
    const behind = (count: number) => ({
      headers: Object.fromEntries([
        ...Array.from({ length: count }, (_, index) => [`x-${index}`, '1']),
        ['Retry-After', '7'],
      ]),
    });
    expect(headerOf(behind(99), 'retry-after')).toBe('7');
    expect(headerOf(behind(100), 'retry-after')).toBeUndefined();
  });
});

describe('the body of an answer', () => {
  it('is looked for on the error, in the places of the clients, and in the message', () => {
    const error = {
      message: 'it failed',
      error: { error: { code: 1 } },
      data: 'cut off',
      response: { data: null, body: 7 },
    };
    expect([...bodiesOf(error)]).toEqual([error, error.error, error.error.error, 'cut off', 'it failed']);
  });

  it('is the text that was thrown, once', () => {
    expect([...bodiesOf('it failed')]).toEqual(['it failed']);
  });

  it('is nothing where nothing is said', () => {
    expect([...bodiesOf('')]).toEqual([]);
    expect([...bodiesOf(undefined)]).toEqual([]);
  });

  it('is read to its first 4 096 characters', () => {
    const [, text] = bodiesOf({ responseBody: 'x'.repeat(5_000) });
    expect(text).toBe('x'.repeat(4_096));
  });
});
