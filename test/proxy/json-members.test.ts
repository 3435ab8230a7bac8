import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemsOf, membersOf } from '../../src/proxy/json-members.ts';

const bytes = (text: string): Buffer => Buffer.from(text);

/** What the members say, read by JSON.parse one by one. */
const told = (text: string): [string, unknown][] | undefined =>
  membersOf(bytes(text))?.members.map(({ key, start, end }) => [
    key,
    JSON.parse(bytes(text).toString('utf8', start, end)),
  ]);

/** Texts with all that makes the end of a string hard to find: quotes, backslashes, brackets, and much of it. */
const hardText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', 'é', '\n', 'a'.repeat(300)), {
      maxLength: 60,
    })
    .map((parts) => parts.join('')),
);
const hardValue = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' });
const hardObject = fc
  .array(fc.tuple(hardText, fc.oneof(hardText, hardValue)), { maxLength: 8 })
  // `__proto__` is a member like any other, and Object.fromEntries keeps it.
  .map((entries) => Object.fromEntries(entries));

describe('the members of a JSON object', () => {
  it('are those that JSON.parse finds, in whatever white space', () => {
    fc.assert(
      fc.property(hardObject, fc.constantFrom(0, 1, '\t', '\r\n'), (object, space) => {
        const text = JSON.stringify(object, null, space);
        expect(told(text)).toEqual(Object.entries(JSON.parse(text)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('end where the object does, whatever comes behind it', () => {
    fc.assert(
      fc.property(hardObject, hardText, (object, more) => {
        const text = JSON.stringify(object);
        expect(membersOf(bytes(`  ${text}${more}`))?.end).toBe(2 + Buffer.byteLength(text));
      }),
    );
  });

  it('are not found in an object that was cut off', () => {
    fc.assert(
      fc.property(hardObject, fc.nat(), (object, at) => {
        const text = bytes(JSON.stringify(object));
        expect(membersOf(text.subarray(0, at % text.length))).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    '',
    '[]',
    '"{}"',
    'null',
    '{',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{a:1}',
    '{"a":1 "b":2}',
    'Listening on 80',
  ])('are not found in %j', (text) => {
    expect(membersOf(bytes(text))).toBeUndefined();
  });

  it('take no time that grows faster than the text: a megabyte of escaped quotes', () => {
    const text = JSON.stringify({ a: '"'.repeat(500_000), b: 1 });
    expect(membersOf(bytes(text))?.members.map(({ key }) => key)).toEqual(['a', 'b']);
  });
});

describe('the items of a JSON array', () => {
  it('are those that JSON.parse finds', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(hardObject, hardValue)), (array) => {
        const text = JSON.stringify(array);
        const items = itemsOf(bytes(text))?.map(({ start, end }) =>
          JSON.parse(bytes(text).toString('utf8', start, end)),
        );
        expect(items).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each(['', '{}', '[', '[1', '[1,', '[,]'])('are not found in %j', (text) => {
    expect(itemsOf(bytes(text))).toBeUndefined();
  });
});
