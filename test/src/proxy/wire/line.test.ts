import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Line } from '../../../../src/proxy/wire/line.ts';
import { checkProperty } from '../../../support/property.ts';
import { lineOf } from '../support/pieces.ts';

const anyPieces = fc.array(fc.nat(), { maxLength: 10 });
const anyText = fc.string({ unit: 'binary', maxLength: 60 });

describe('a line in pieces', () => {
  it('has the bytes of all of them, in whatever order they are read', () => {
    checkProperty(
      fc.property(anyText, anyPieces, fc.array(fc.nat(80)), (text, places, asked) => {
        const bytes = Buffer.from(text);
        const line = lineOf(text, places);
        expect(line.length).toBe(bytes.length);
        for (const index of asked) expect(line.at(index)).toBe(bytes[index] ?? -1);
        expect(line.bytes).toEqual(bytes);
      }),
    );
  });

  it('finds the next occurrence of a byte', () => {
    checkProperty(
      fc.property(
        anyText,
        anyPieces,
        fc.nat(80),
        fc.constantFrom(0x22, 0x20, 0x61),
        (text, places, from, byte) => {
          expect(lineOf(text, places).indexOf(byte, from)).toBe(Buffer.from(text).indexOf(byte, from));
        },
      ),
    );
  });

  it('gives the text of a part, even if a piece ends inside a letter', () => {
    checkProperty(
      fc.property(anyText, anyPieces, fc.nat(80), fc.nat(80), (text, places, from, before) => {
        const line = lineOf(text, places);
        expect(line.text('utf8', from, before)).toBe(Buffer.from(text).toString('utf8', from, before));
        expect(line.text('latin1', from, before)).toBe(Buffer.from(text).toString('latin1', from, before));
      }),
    );
  });
});

describe('a line of a text', () => {
  it('is one line, even if the text has line breaks', () => {
    expect(Line.of('{\r\n "a": 1,\n\n "b": 2\r}').bytes.toString()).toBe('{  "a": 1,  "b": 2 }\n');
  });
});
