import { describe, expect, it } from 'vitest';
import { activeStates } from '../../../src/inspect/chart/index.ts';
import { activeFromText, stateText, stateValue } from '../../../src/inspect/state-text.ts';

describe('a state in words', () => {
  it.each([
    ['open', 'open'],
    [{ playing: 'fast' }, 'playing.fast'],
    [{ a: { b: 'c' }, d: 'e' }, 'a.b.c, d.e'],
    [{ upload: {}, form: 'valid' }, 'upload, form.valid'],
    [undefined, ''],
    [null, ''],
    [7, ''],
  ])('%j is "%s"', (value, words) => {
    expect(stateText(value)).toBe(words);
  });

  it.each([
    ['open'],
    [{ playing: 'fast' }],
    [{ a: { b: 'c' }, d: 'e' }],
    [{ 'v1.2': { 'a.b': 'c.d' } }],
    ['back\\'],
    ['a\\\n'],
    [{ ['\\a'.repeat(60)]: 'b' }],
    [''],
  ])('%j is read as the states that are active', (value) => {
    expect([...activeFromText(stateText(value))].sort()).toEqual(
      activeStates(value)
        .filter((id) => id !== '')
        .sort(),
    );
  });

  it('is finite, however deep a value is', () => {
    let deep: unknown = 'x';
    for (let depth = 0; depth < 10_000; depth += 1) deep = { a: deep };
    expect(stateText(deep).length).toBeLessThan(100);
  });
});

describe('a state’s value', () => {
  it.each(['open', { playing: 'fast' }, { upload: {}, form: { valid: 'yes' } }])(
    'is as it was: %j',
    (value) => {
      expect(stateValue(value)).toEqual(value);
    },
  );

  it.each([undefined, null, 7])('is null if it is invalid: %j', (value) => {
    expect(stateValue(value)).toBeNull();
  });

  it('is cut if it is wide or long, and so are its words', () => {
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, key) => [key, { a: 'b' }]));
    const value = { ['x'.repeat(100_000)]: wide };
    expect(JSON.stringify(stateValue(value)).length).toBeLessThan(10_000);
    expect(stateText(value)).toHaveLength(2_000);
  });
});
