import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemsOf, MemberReader } from '../../../../src/proxy/wire/json-members.ts';
import type { Line } from '../../../../src/proxy/wire/line.ts';
import { checkProperty } from '../../../support/property.ts';
import { lineOf } from '../support/pieces.ts';

/** The members of an object, each value read by JSON.parse; undefined if there is no complete object. */
function told(text: string, places: readonly number[] = []): [string, unknown][] | undefined {
  const line = lineOf(text, places);
  const reader = new MemberReader(line);
  const members: [string, unknown][] = [];
  while (reader.next()) {
    const key = String(reader.key);
    expect(reader.isNamed(key) || !/^[ -~]*$/.test(key)).toBe(true);
    members.push([key, JSON.parse(line.text('utf8', reader.start, reader.end))]);
  }
  return reader.objectEnd === -1 ? undefined : members;
}

/** Where the object at the beginning ends; -1 if there is none. */
function endOf(text: Line): number {
  const reader = new MemberReader(text);
  while (reader.next());
  return reader.objectEnd;
}

/** Long texts of everything that makes the end of a string hard to find: quotes, backslashes, brackets. */
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
  it('are those that JSON.parse finds, in any white space and any pieces', () => {
    checkProperty(
      fc.property(
        hardObject,
        fc.constantFrom(0, 1, '\t', '\r\n'),
        fc.array(fc.nat()),
        (object, space, places) => {
          const text = JSON.stringify(object, null, space);
          expect(told(text, places)).toEqual(Object.entries(JSON.parse(text)));
        },
      ),
      { atLeast: 500, atMost: 2_000 },
    );
  });

  it('end where the object does, whatever follows it', () => {
    checkProperty(
      fc.property(hardObject, hardText, (object, more) => {
        const text = JSON.stringify(object);
        expect(endOf(lineOf(`  ${text}${more}`))).toBe(2 + Buffer.byteLength(text));
      }),
    );
  });

  it('are not found in an object that was cut off', () => {
    checkProperty(
      fc.property(hardObject, fc.nat(), (object, at) => {
        const text = Buffer.from(JSON.stringify(object));
        expect(endOf(lineOf(text.toString('utf8', 0, at % text.length)))).toBe(-1);
      }),
      { atLeast: 250, atMost: 1_000 },
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
    expect(endOf(lineOf(text))).toBe(-1);
  });

  it('take no time that grows faster than the text: a megabyte of escaped quotes', () => {
    const text = JSON.stringify({ a: '"'.repeat(500_000), b: 1 });
    expect(told(text)?.map(([key]) => key)).toEqual(['a', 'b']);
  });
});

describe('the name of a member', () => {
  it.each([
    ['{"id":1}', 'id', true],
    ['{"\\u0069d":1}', 'id', true],
    ['{"\\q\\u00zz":1}', 'id', false],
    ['{"ids":1}', 'id', false],
    ['{"i":1}', 'id', false],
    ['{"if":1}', 'id', false],
  ])('of %s is %s: %s', (text, name, expected) => {
    const reader = new MemberReader(lineOf(text));
    expect(reader.next()).toBe(true);
    expect(reader.isNamed(name)).toBe(expected);
  });
});

describe('the items of a JSON array', () => {
  it('are those that JSON.parse finds', () => {
    checkProperty(
      fc.property(fc.array(fc.oneof(hardObject, hardValue)), (array) => {
        const text = JSON.stringify(array);
        const items = itemsOf(lineOf(text))?.map(({ start, end }) =>
          JSON.parse(lineOf(text).text('utf8', start, end)),
        );
        expect(items).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each(['', '{}', '[', '[1', '[1,', '[,]'])('are not found in %j', (text) => {
    expect(itemsOf(lineOf(text))).toBeUndefined();
  });
});
