import { describe, expect, it } from 'vitest';
import { markedText, marksOf } from '../../../../src/proxy/wire/header-marks.ts';
import type { Json } from '../../../../src/proxy/wire/message.ts';

const marked = (name: Json, type: Json = 'string'): Json => ({ type, 'x-mcp-header': name });
const none = { marks: [], isValid: true };
const withArgument = (schema: Json): Json => ({ type: 'object', properties: { a: schema } });

describe('the marks of a tool', () => {
  it('are found at any depth of its properties', () => {
    expect(
      marksOf({ properties: { a: marked('A'), b: { properties: { c: marked('C', 'integer'), d: {} } } } }),
    ).toEqual({
      marks: [
        { path: ['a'], name: 'A', isNumber: false },
        { path: ['b', 'c'], name: 'C', isNumber: true },
      ],
      isValid: true,
    });
  });

  it.each([undefined, null, 7, true, {}, [], { properties: 7 }, { properties: { a: true } }])(
    'are none in %j',
    (schema) => {
      expect(marksOf(schema as Json)).toEqual(none);
    },
  );

  it.each<[string, Json]>([
    ['no name', withArgument(marked(''))],
    ['a name that is no text', withArgument(marked(7))],
    ['a name that is no header', withArgument(marked('a b'))],
    ['a line break in its name', withArgument(marked('a\r\nb'))],
    ['an argument that is no plain value', withArgument(marked('A', 'object'))],
    ['an argument of several types', withArgument(marked('A', ['string', 'null']))],
    ['a name that another has', { properties: { a: marked('A'), b: marked('a') } }],
    ['all arguments', { 'x-mcp-header': 'A', type: 'string' }],
    ['the items of an argument', withArgument({ type: 'array', items: marked('A') })],
    ['one choice of several', withArgument({ anyOf: [{}, marked('A')] })],
    ['a definition', { $defs: { a: marked('A') } }],
  ])('are invalid with %s', (_, schema) => {
    expect(marksOf(schema)).toEqual({ marks: [], isValid: false });
  });

  it('are invalid with a number that may have a fraction, and still what servers hold headers against', () => {
    const properties = { a: marked('A', 'number'), b: marked('B') };
    expect(marksOf({ properties })).toEqual({
      marks: [
        { path: ['a'], name: 'A', isNumber: true },
        { path: ['b'], name: 'B', isNumber: false },
      ],
      isValid: false,
    });
  });

  it('are not taken from a property or a definition of that name', () => {
    expect(marksOf({ properties: { 'x-mcp-header': { type: 'string' } } })).toEqual(none);
    expect(marksOf({ $defs: { 'x-mcp-header': { type: 'string' } } })).toEqual(none);
  });

  it('need no stack for a schema without end', () => {
    let schema: Json = marked('A');
    for (let depth = 0; depth < 100_000; depth++) schema = withArgument(schema);
    expect(marksOf(schema)).toEqual(none);
  });
});

describe('the text of an argument in a header', () => {
  const at = (...path: string[]): Parameters<typeof markedText>[0] => ({ path, name: 'A', isNumber: false });

  it.each<[Json, string | undefined]>([
    ['eu', 'eu'],
    [true, 'true'],
    [42, '42'],
    [0.5, '0.5'],
    [null, undefined],
    [{}, undefined],
    [2 ** 60, undefined],
  ])('of %j', (value, text) => {
    expect(markedText(at('a', 'b'), { a: { b: value } })).toBe(text);
  });

  it.each([undefined, null, {}, { a: null }, { a: [] }, 7])(
    'is none where there is no such argument: %j',
    (args) => {
      expect(markedText(at('a', 'b'), args as Json)).toBeUndefined();
    },
  );

  it('is no part of what every object has', () => {
    expect(markedText(at('constructor', 'name'), {})).toBeUndefined();
  });
});
