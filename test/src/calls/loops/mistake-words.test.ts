import { describe, expect, it } from 'vitest';
import { mistakeOf, wordsOf } from '../../../../src/calls/loops/mistake-words.ts';

describe('the words of an error', () => {
  it('are its message on one line, and none where only a category is known', () => {
    expect(wordsOf(new Error('no such\nfile'), 'resourceNotFound')).toBe('no such file');
    expect(wordsOf('timeout', 'timeout')).toBeNull();
    expect(wordsOf('network', 'timeout')).toBe('network');
  });
});

describe('a mistake', () => {
  it('is known by its category and its words', () => {
    expect(mistakeOf('resourceNotFound', false, 'no such file: a.txt')).toBe(
      'resourceNotFound: no such file: a.txt',
    );
    expect(mistakeOf('resourceNotFound', false, null)).toBe('resourceNotFound: ');
  });

  it('is what does not count against a tool, or what the tool has answered', () => {
    expect(mistakeOf('timeout', false, 'too late')).toBeNull();
    expect(mistakeOf('executionError', false, 'exit code 1')).toBeNull();
    expect(mistakeOf('executionError', true, 'exit code 1')).toBe('executionError: exit code 1');
  });

  it.each(['cancelled', 'circuitOpen', 'toolNotFound'] as const)('is not what ended as %s', (category) => {
    expect([mistakeOf(category, false, 'x'), mistakeOf(category, true, 'x')]).toEqual([null, null]);
  });

  it('is the same whatever identifiers and instants its words hold', () => {
    const words = (id: string, at: string) => `request ${id} failed at ${at}`;
    const mistakes = [
      words('8c1f0d5e-91a2-4f7e-8f4b-3f0e1e9b7d11', '2026-01-01T10:00:00Z'),
      words('0af7651916cd43dd8448eb211c80319c', '2026-11-30T23:59:59.123'),
    ].map((said) => mistakeOf('resourceNotFound', false, said));
    expect(mistakes).toEqual(Array(2).fill('resourceNotFound: request # failed at #'));
  });

  it('about arguments is the same whichever name or number is wrong', () => {
    const said = ['"path" must be at least 3', "'url' must be at least 17", '`q` must be at least 0'];
    expect(said.map((words) => mistakeOf('invalidParameters', false, words))).toEqual(
      Array(3).fill('invalidParameters: # must be at least #'),
    );
  });

  it('of any other kind is another one for another name or number: a model that looks elsewhere makes progress', () => {
    const mistakes = ['no file "a"', 'no file "b"'].map((said) => mistakeOf('resourceNotFound', false, said));
    expect(new Set(mistakes).size).toBe(2);
  });
});
