import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visible } from '../../../src/proxy/visible.ts';
import { checkProperty } from '../../support/property.ts';

describe('a text that is shown', () => {
  it.each([
    ['a colour', '\u001b[31mred', '\\u001b[31mred'],
    ['the title of the window', '\u001b]0;title\u0007', '\\u001b]0;title\\u0007'],
    ['a sequence of C1', '\u009b31m', '\\u009b31m'],
    ['turned writing', 'a\u202etxt.exe', 'a\\u202etxt.exe'],
    ['isolated writing', '\u2066x\u2069', '\\u2066x\\u2069'],
    ['line breaks', 'a\nb\r\u2028c', 'a\\u000ab\\u000d\\u2028c'],
    ['invisible letters', 'a\u{e0041}', 'a\\udb40\\udc41'],
    ['half a character', 'a\ud800', 'a\\ud800'],
  ])('obeys nothing, but shows %s', (_, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it.each(['search', 'größe', '検索', 'می\u200cخواهم', '👩\u200d💻', 'a b'])('stays as it is: %s', (text) => {
    expect(visible(text)).toBe(text);
  });

  it('stays the same value where it is JSON', () => {
    checkProperty(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(JSON.parse(visible(JSON.stringify(text)))).toBe(text);
      }),
    );
  });
});
