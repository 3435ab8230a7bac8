import { describe, expect, it } from 'vitest';
import { pauseReason } from '../../machines/pause-reason.ts';

const tools = (count: number): string[] => Array.from({ length: count }, (_, i) => `t${i}`);

describe('the reason of a pause', () => {
  it('names the open circuits in the order given', () => {
    expect(pauseReason(['a', 'b', 'c'])).toBe('3 circuits open: a, b, c');
    expect(pauseReason(['z', 'a'])).toBe('2 circuits open: z, a');
  });

  it('uses the singular for one circuit', () => {
    expect(pauseReason(['shell'])).toBe('1 circuit open: shell');
  });

  it('names ten circuits in full', () => {
    expect(pauseReason(tools(10))).toBe('10 circuits open: t0, t1, t2, t3, t4, t5, t6, t7, t8, t9');
  });

  it('counts the circuits after the tenth', () => {
    expect(pauseReason(tools(11))).toBe(
      '11 circuits open: t0, t1, t2, t3, t4, t5, t6, t7, t8, t9 and 1 more',
    );
    expect(pauseReason(tools(5_000))).toMatch(/^5000 circuits open: t0, .*, t9 and 4990 more$/);
  });

  it('keeps a name of 60 characters and shortens a longer one', () => {
    const sixty = 'x'.repeat(60);
    expect(pauseReason([sixty])).toBe(`1 circuit open: ${sixty}`);
    expect(pauseReason([`${sixty}y`])).toBe(`1 circuit open: ${sixty}…`);
  });

  it.each<[why: string, circuits: string[], overCap: string | null, runs: string[], reason: string]>([
    ['a run', [], null, ['r1'], 'a run repeats itself: r1'],
    ['several runs', [], null, ['r1', 'r2'], '2 runs repeat themselves: r1, r2'],
    [
      'many runs',
      [],
      null,
      tools(12),
      '12 runs repeat themselves: t0, t1, t2, t3, t4, t5, t6, t7, t8, t9 and 2 more',
    ],
    ['circuits and a run', ['a'], null, ['r1'], '1 circuit open: a; a run repeats itself: r1'],
    ['want of room', ['a'], 'b', [], '1 circuit open: a; b fails too, and no more may open'],
    ['want of room while what has opened is half-open', [], 'b', [], 'b fails too, and no more may open'],
    [
      'all of these',
      ['a'],
      'b',
      ['r1'],
      '1 circuit open: a; b fails too, and no more may open; a run repeats itself: r1',
    ],
  ])('names %s', (_, circuits, overCap, runs, reason) => {
    expect(pauseReason(circuits, overCap, runs)).toBe(reason);
  });

  it('is not put into words for a list of circuits that keeps their names to itself', () => {
    const hidden = Object.assign(['a', 'b'], { slice: () => [] });
    expect(pauseReason(hidden, 'c', ['r1'])).toBe('');
  });

  it('stays short, however many and however long the names', () => {
    expect(pauseReason(tools(10_000).map((name) => name.repeat(500))).length).toBeLessThan(700);
  });
});
