import { createToolRegistry } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { plainValue } from '../../../src/inspect/plain-value.ts';

const jsonOf = (value: unknown): string => JSON.stringify(plainValue(value));

describe('a plain value', () => {
  it('is unchanged if it is already plain', () => {
    const value = { text: 'a', number: 1.5, yes: true, none: null, list: [1, [2]], inner: { deep: {} } };
    expect(plainValue(value)).toEqual(value);
  });

  it('keeps values that JSON would lose', () => {
    const error = Object.assign(new TypeError('broken'), { code: 'E1' });
    expect(
      plainValue({
        error,
        map: new Map([['a', 1]]),
        set: new Set([1]),
        infinite: Infinity,
        nan: Number.NaN,
        big: 12n,
        date: new Date(0),
        symbol: Symbol('s'),
        bytes: new Uint8Array(3),
        run() {},
      }),
    ).toEqual({
      error: { name: 'TypeError', message: 'broken', code: 'E1' },
      map: { '[Map]': [['a', 1]] },
      set: { '[Set]': [1] },
      infinite: 'Infinity',
      nan: 'NaN',
      big: '12',
      date: '1970-01-01T00:00:00.000Z',
      symbol: 'Symbol(s)',
      bytes: '[3 bytes]',
      run: '[function run]',
    });
  });

  it('has only the name of an actor, not its whole system', () => {
    const registry = createToolRegistry();
    expect(plainValue({ child: registry.tool('shell') })).toEqual({ child: '[actor shell]' });
    registry.stop();
  });

  it('stops at circular references, but not at repeated ones', () => {
    const twice = { a: 1 };
    const round: Record<string, unknown> = { first: twice, second: twice };
    round.self = round;
    expect(plainValue(round)).toEqual({ first: twice, second: twice, self: '[circular]' });
  });

  it('is cut if a value is deep, long or large', () => {
    let deep: unknown = 'core';
    for (let depth = 0; depth < 50; depth += 1) deep = { deep };
    expect(jsonOf(deep)).toContain('[deeper]');
    expect(plainValue('x'.repeat(10_000))).toBe(`${'x'.repeat(2_000)}… (10000 characters)`);
    expect(plainValue(Array.from({ length: 1_000 }, (_, index) => index))).toHaveLength(201);
    expect(
      plainValue(Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [index, 1]))),
    ).toHaveProperty('…', '1000 in all');
    const wide = (depth: number): unknown =>
      depth === 0 ? 'leaf' : Array.from({ length: 100 }, () => wide(depth - 1));
    expect(jsonOf(wide(3)).length).toBeLessThan(500_000);
  });

  it('never throws, and calls no toJSON', () => {
    const hostile = {
      get trap() {
        throw new Error('no');
      },
    };
    const proxy = new Proxy({}, { ownKeys: () => Reflect.get(null as never, 'x') });
    const { proxy: revoked, revoke } = Proxy.revocable({}, {});
    revoke();
    const liar = {
      a: 1,
      toJSON() {
        throw new Error('no');
      },
    };
    expect(plainValue({ hostile, proxy, revoked, liar })).toEqual({
      hostile: '[unreadable]',
      proxy: '[unreadable]',
      revoked: '[unreadable]',
      liar: { a: 1, toJSON: '[function toJSON]' },
    });
  });
});
