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

  it('stays short, however many and however long the names', () => {
    expect(pauseReason(tools(10_000).map((name) => name.repeat(500))).length).toBeLessThan(700);
  });
});
