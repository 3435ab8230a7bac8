import { describe, expect, it } from 'vitest';
import type { VerdictChange } from '../../../src/fleet/change.ts';
import { Verdicts } from '../../../src/fleet/verdicts.ts';

const change = (epoch: number, isOpen = true): VerdictChange => ({
  kind: 'verdict',
  id: 'a',
  name: 'search',
  epoch,
  isOpen,
  at: 0,
  until: isOpen ? 5_000 : 0,
  gone: isOpen ? 600_000 : 0,
  category: 'timeout',
  sole: null,
});

describe('verdicts whose store was gone', () => {
  it('are in force no more, and news when they are told again', () => {
    const verdicts = new Verdicts();
    verdicts.learn(change(5), 0, 0);
    expect(verdicts.learn(change(5), 0, 0)).toBeUndefined();
    verdicts.lose(100);
    expect([verdicts.openCount, [...verdicts.open()]]).toEqual([0, []]);
    expect(verdicts.learn(change(5), 0, 200)).toMatchObject({ epoch: 5, isOpen: true });
    expect(verdicts.openCount).toBe(1);
    expect(verdicts.learn(change(5), 0, 200)).toBeUndefined();
  });

  it('keep out earlier ones, which a server brings that missed the last writes', () => {
    const verdicts = new Verdicts();
    verdicts.learn(change(5), 0, 0);
    verdicts.learn(change(6, false), 0, 0);
    verdicts.lose(100);
    expect(verdicts.learn(change(5), 0, 200)).toBeUndefined();
    expect(verdicts.learn(change(7), 0, 200)).toMatchObject({ epoch: 7, isOpen: true });
  });

  it('are forgotten after an hour', () => {
    const verdicts = new Verdicts();
    verdicts.learn(change(5), 0, 0);
    verdicts.lose(100);
    verdicts.ended(100 + 3_600_000);
    expect(verdicts.get('a')).toBeUndefined();
  });
});
