import { describe, expect, it } from 'vitest';
import { stateText } from '../../src/inspect/state-text.ts';

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

  it('ends, however deep a value is', () => {
    let deep: unknown = 'x';
    for (let depth = 0; depth < 10_000; depth += 1) deep = { a: deep };
    expect(stateText(deep).length).toBeLessThan(100);
  });
});
