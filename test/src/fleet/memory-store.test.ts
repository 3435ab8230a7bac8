import { memoryStore } from 'toolfuse/fleet';
import { TestClock } from 'toolfuse/testing';
import { describe, expect, it } from 'vitest';
import { describeStore, StoreDriver } from './store-contract.ts';

const open = () => {
  const clock = new TestClock({ now: 1_000_000 });
  return { clock, store: memoryStore({ clock }), namespace: 'agents' };
};

describeStore('in memory', async () => {
  const { clock, ...tested } = open();
  return { ...tested, pass: async (ms) => clock.advance(ms) };
});

describe('the store in memory, which can be told the time', () => {
  it('forgets votes and callers after a minute', async () => {
    const { clock, store, namespace } = open();
    const driver = new StoreDriver({ store, namespace });
    for (const member of ['a', 'b', 'c']) await driver.tick(member, { words: ['works'] });
    await driver.vote('a');
    clock.advance(60_000);
    expect(await driver.vote('b')).toMatchObject({ word: 'open', votes: 1, callers: 1 });
  });

  it('forgets a verdict about which nobody asks, ten minutes and four backoffs after it', async () => {
    const { clock, store, namespace } = open();
    const driver = new StoreDriver({ store, namespace });
    await driver.vote('a', { min: 1_000 });
    clock.advance(603_999);
    expect(await driver.lease('a', '1', 1)).toMatchObject({ word: 'granted' });
    clock.advance(600_001);
    expect(await driver.lease('a', '2')).toMatchObject({ word: 'closed' });
  });

  it('forgets changes after an hour, and everything when it is flushed', async () => {
    const { clock, store, namespace } = open();
    const driver = new StoreDriver({ store, namespace });
    const { born } = await driver.tick('a');
    await driver.vote('a');
    clock.advance(3_600_000);
    const later = await driver.tick('a');
    expect(later.changes).toEqual([]);
    await driver.vote('a');
    store.flush();
    const flushed = await driver.tick('b');
    expect(flushed.changes).toEqual([]);
    expect(flushed.born).not.toBe(born);
  });
});
