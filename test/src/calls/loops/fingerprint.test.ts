import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../../../src/calls/loops/fingerprint.ts';
import { checkProperty } from '../../../support/property.ts';

describe('a fingerprint', () => {
  it('is equal for equal values, whatever the order of their fields', () => {
    checkProperty(
      fc.property(fc.jsonValue(), (value) => {
        const copy: unknown = JSON.parse(JSON.stringify(value), (_, part: unknown) =>
          typeof part === 'object' && part !== null && !Array.isArray(part)
            ? Object.fromEntries(Object.entries(part).reverse())
            : part,
        );
        expect(fingerprint(copy)).toBe(fingerprint(JSON.parse(JSON.stringify(value))));
      }),
    );
  });

  it('differs for different values', () => {
    const values: unknown[] = [
      null,
      undefined,
      true,
      false,
      0,
      -0,
      1,
      1n,
      '1',
      '',
      'a',
      'b',
      [],
      {},
      [[]],
      [1, 2],
      [2, 1],
      ['1,2'],
      [undefined],
      { a: 1 },
      { a: '1' },
      { b: 1 },
      { a: { b: 1 } },
      { a: {}, b: 1 },
      { a: 1, b: 1 },
      new Date(0),
      new Date(1),
      'date 0',
      Number.NaN,
      Infinity,
      ['a', 'b'],
      ['ab'],
      [['a'], 'b'],
      [['a', 'b']],
      { ab: 1 },
    ];
    const prints = values.map((value) => fingerprint(value));
    expect(new Set(prints).size).toBe(values.length);
    expect(prints).not.toContain(null);
  });

  it('does not exist for what cannot be compared by what it holds', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const faulty = {
      get a() {
        throw new Error('no');
      },
    };
    const values = [
      () => 1,
      Symbol('a'),
      new Response(''),
      new Map(),
      new Error('a'),
      circle,
      faulty,
      [() => 1],
      'x'.repeat(2_000_000),
      Array.from({ length: 600_000 }, () => 1),
      Array.from({ length: 400_000 }, () => ''),
    ];
    expect(values.map((value) => fingerprint(value))).toEqual(values.map(() => null));
  });

  it('exists for up to a million characters and parts', () => {
    // The kind of a value and the end of each piece take a place as well.
    const most = 'x'.repeat(999_997);
    expect(fingerprint(most)).not.toBeNull();
    expect(fingerprint(`${most}x`)).toBeNull();
  });

  it('says nothing to another process, which has another salt', () => {
    expect(fingerprint('a', 1)).toBe(fingerprint('a', 1));
    expect(fingerprint('a', 1)).not.toBe(fingerprint('a', 2));
  });

  it('is that of a plain object for one without a prototype', () => {
    expect(fingerprint(Object.assign(Object.create(null), { a: 1 }))).toBe(fingerprint({ a: 1 }));
  });

  it('is short, and does not hold what it stands for', () => {
    const print = fingerprint({ password: 'a long secret '.repeat(1_000) }) ?? '';
    expect(print).toMatch(/^[0-9a-z]{1,7}\.[0-9a-z]{1,7}$/);
  });
});
