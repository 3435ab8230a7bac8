import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerValue, textOfHeader } from '../../../../src/proxy/wire/header-value.ts';
import { checkProperty } from '../../../support/property.ts';

describe('a text in a header', () => {
  it.each([
    ['us-west1', 'us-west1'],
    ['a b\tc', 'a b\tc'],
    ['', '=?base64??='],
    [' a', '=?base64?IGE=?='],
    ['ü', '=?base64?w7w=?='],
    ['a\nb', '=?base64?YQpi?='],
    ['=?base64?YQ==?=', '=?base64?PT9iYXNlNjQ/WVE9PT89?='],
  ])('%j is written as %s', (text, value) => {
    expect(headerValue(text)).toBe(value);
  });

  it('comes back as it was, and can stand in a header', () => {
    checkProperty(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const value = headerValue(text);
        expect(value).toMatch(/^[\x20-\x7e\t]*$/);
        expect(textOfHeader(value)).toBe(text);
      }),
    );
  });

  it.each(['=?base64?YQ?=', '=?base64?*?=', '=?base64?gA==?='])('is none in %s', (value) => {
    expect(textOfHeader(value)).toBeUndefined();
  });
});
