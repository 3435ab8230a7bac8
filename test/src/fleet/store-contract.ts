import type { FleetScript, FleetStore } from 'toolfuse/fleet';
import { describe, expect, it } from 'vitest';
import { readChange } from '../../../src/fleet/change.ts';
import { idOf, Keys } from '../../../src/fleet/keys.ts';
import * as scripts from '../../../src/fleet/scripts/index.ts';

/** A store under test, empty, with a namespace of its own. */
export interface StoreUnderTest {
  readonly store: FleetStore;
  readonly namespace: string;
  /** Lets time pass for the store. */
  pass(ms: number): Promise<void>;
}

interface Wait {
  readonly askedMs?: number;
  readonly min?: number;
  readonly factor?: number;
  readonly max?: number;
  readonly known?: number;
}

interface VoteOptions extends Wait {
  readonly minVotes?: number;
  readonly share?: number;
  readonly hasWaited?: boolean;
}

type Lines = readonly string[];

/** The scripts of a fleet as a member calls them, for the circuit of one tool. */
export class StoreDriver {
  readonly keys: Keys;
  readonly id = idOf('search');
  readonly #store: FleetStore;

  constructor({ store, namespace }: Pick<StoreUnderTest, 'store' | 'namespace'>) {
    this.#store = store;
    this.keys = new Keys(namespace);
  }

  async #lines(script: FleetScript, keys: Lines, args: Lines): Promise<string[]> {
    return ((await this.#store.eval(script, keys, args)) as unknown[]).map(String);
  }

  #wait({ known = 0, askedMs = 0, min = 100, factor = 2, max = 1_000 }: Wait): string[] {
    return [...[known, askedMs, min, factor, max].map(String), 'timeout'];
  }

  async tick(member: string, { cursor = 0, words = [] as ('works' | 'called')[] } = {}) {
    const { changes, meta, members, orders } = this.keys;
    const { votes, callers } = this.keys.of(this.id);
    const reply = (await this.#store.eval(
      scripts.tick,
      [changes, meta, members, orders, ...words.flatMap(() => [votes, callers])],
      [member, '60000', String(cursor), '100', '1', ...words],
    )) as [unknown, unknown, unknown[], unknown[]];
    return {
      now: Number(reply[0]),
      born: String(reply[1]),
      changes: reply[2].filter((_, index) => index % 2 === 0).map(readChange),
      cursor: Number(reply[2].at(-1) ?? cursor),
      orders: reply[3].map(readChange),
    };
  }

  async vote(member: string, { minVotes = 2, share = 0.5, hasWaited = true, ...wait }: VoteOptions = {}) {
    const { changes, meta, members, index, channel } = this.keys;
    const { circuit, votes, callers } = this.keys.of(this.id);
    const [word, given, called, needed, change] = await this.#lines(
      scripts.vote,
      [circuit, votes, callers, changes, meta, members, index],
      [
        member,
        this.id,
        'search',
        channel,
        String(minVotes),
        String(share),
        ...this.#wait(wait),
        hasWaited ? '1' : '',
      ],
    );
    const [votesGiven, callersKnown, votesNeeded] = [given, called, needed].map(Number);
    return {
      word,
      votes: votesGiven,
      callers: callersKnown,
      needed: votesNeeded,
      change: readChange(change),
    };
  }

  async lease(member: string, token: string, ms = 60_000) {
    const [word, leftMs] = await this.#lines(
      scripts.lease,
      [this.keys.of(this.id).circuit],
      [member, token, String(ms)],
    );
    return { word, leftMs: Number(leftMs) };
  }

  async settle(member: string, token: string, outcome: 'works' | 'fails' | 'released', wait: Wait = {}) {
    const { changes, meta, channel } = this.keys;
    const { circuit, votes, callers } = this.keys.of(this.id);
    const [word, change] = await this.#lines(
      scripts.settle,
      [circuit, votes, callers, changes, meta],
      [member, this.id, 'search', channel, token, outcome, ...this.#wait(wait)],
    );
    return { word, change: readChange(change) };
  }

  async order(word: string, forMs = 0) {
    const { changes, meta, orders, channel } = this.keys;
    const { circuit, votes } = this.keys.of(this.id);
    const args = [this.id, 'search', channel, word, String(forMs), '0', 'search', ''];
    return readChange(await this.#store.eval(scripts.order, [circuit, votes, changes, meta, orders], args));
  }

  async survey() {
    const { members, index, orders } = this.keys;
    const [, names, ids] = (await this.#store.eval(scripts.survey, [members, index, orders], [])) as [
      unknown,
      unknown[],
      unknown[],
    ];
    const { circuit, votes, callers } = this.keys.of(this.id);
    const [found] = (await this.#store.eval(scripts.look, [circuit, votes, callers], [])) as unknown[][];
    return { members: names.map(String), ids: ids.map(String), found: found?.map(String) };
  }

  leave(member: string) {
    return this.#store.eval(scripts.leave, [this.keys.members], [member]);
  }
}

/** What every store must do, whichever server and client are behind it. */
export function describeStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`a fleet's store: ${name}`, () => {
    const start = async () => {
      const tested = await open();
      return { ...tested, driver: new StoreDriver(tested) };
    };

    it('opens a circuit with the vote that makes the quorum, and not before', async () => {
      const { driver } = await start();
      for (const member of ['a', 'b', 'c', 'd', 'e']) await driver.tick(member, { words: ['works'] });
      const answers = [await driver.vote('a'), await driver.vote('a'), await driver.vote('b')];
      expect(answers).toMatchObject([
        { word: 'counted', votes: 1, callers: 5, needed: 3 },
        { word: 'counted', votes: 1 },
        { word: 'counted', votes: 2 },
      ]);
      const opening = await driver.vote('c');
      expect(opening).toMatchObject({
        word: 'open',
        votes: 3,
        change: { kind: 'verdict', id: driver.id, name: 'search', isOpen: true, category: 'timeout' },
      });
      expect(await driver.vote('d')).toMatchObject({ word: 'open', change: opening.change });
    });

    it.each([
      { callers: 1, minVotes: 2, share: 0.5, needed: 1 },
      { callers: 2, minVotes: 2, share: 0.5, needed: 2 },
      { callers: 3, minVotes: 2, share: 0.5, needed: 2 },
      { callers: 5, minVotes: 1, share: 0.3, needed: 2 },
      { callers: 4, minVotes: 9, share: 0.1, needed: 4 },
    ])('needs $needed votes of $callers callers, given $minVotes and $share', async (given) => {
      const { driver } = await start();
      for (let caller = 0; caller < given.callers; caller += 1) {
        await driver.tick(String(caller), { words: ['called'] });
      }
      expect(await driver.vote('0', given)).toMatchObject({ callers: given.callers, needed: given.needed });
    });

    it('does not take the first to trip for all, while others may not have been heard of', async () => {
      const { driver } = await start();
      await driver.tick('a');
      await driver.tick('b');
      expect(await driver.vote('a', { hasWaited: false })).toMatchObject({ word: 'alone', needed: 1 });
      expect(await driver.vote('a')).toMatchObject({ word: 'open' });
    });

    it('takes a vote back when the member says that the tool works', async () => {
      const { driver } = await start();
      for (const member of ['a', 'b', 'c']) await driver.tick(member, { words: ['works'] });
      await driver.vote('a');
      await driver.tick('a', { words: ['called'] });
      expect(await driver.vote('a')).toMatchObject({ votes: 1 });
      await driver.tick('a', { words: ['works'] });
      expect(await driver.vote('b')).toMatchObject({ word: 'counted', votes: 1 });
    });

    it('grants no lease before the backoff is over', async () => {
      const { driver } = await start();
      expect(await driver.lease('a', 'none')).toMatchObject({ word: 'closed' });
      await driver.vote('a', { min: 600_000, max: 600_000 });
      const early = await driver.lease('a', 'early');
      expect(early.word).toBe('early');
      expect(early.leftMs).toBeGreaterThan(0);
      expect(early.leftMs).toBeLessThanOrEqual(600_000);
    });

    it('grants one lease at a time', async () => {
      const { driver, pass } = await start();
      await driver.vote('a');
      await pass(101);
      expect(await driver.lease('a', '1', 5_000)).toMatchObject({ word: 'granted', leftMs: 5_000 });
      expect(await driver.lease('b', '2')).toMatchObject({ word: 'taken' });
      expect(await driver.settle('a', '1', 'released')).toMatchObject({ word: 'released' });
      expect(await driver.lease('b', '3')).toMatchObject({ word: 'granted' });
    });

    it('grants a lease that has run out anew, and then lets the old one move nothing', async () => {
      const { driver, pass } = await start();
      await driver.vote('a');
      await pass(101);
      await driver.lease('a', 'old', 50);
      await pass(60);
      expect(await driver.lease('b', 'new', 5_000)).toMatchObject({ word: 'granted' });
      for (const outcome of ['works', 'fails', 'released'] as const) {
        expect(await driver.settle('a', 'old', outcome)).toEqual({ word: 'late', change: undefined });
      }
      expect(await driver.settle('b', 'new', 'works')).toMatchObject({
        word: 'moved',
        change: { isOpen: false },
      });
      expect(await driver.settle('b', 'new', 'fails')).toMatchObject({ word: 'late' });
    });

    it('opens for longer with each probe that fails, up to a limit, and anew from the start', async () => {
      const { driver, pass } = await start();
      const waits: number[] = [];
      const note = (change: ReturnType<typeof readChange>): void => {
        if (change?.kind === 'verdict') waits.push(change.until - change.at);
      };
      const wait = { min: 20, factor: 2, max: 70 };
      note((await driver.vote('a', wait)).change);
      for (const token of ['1', '2', '3']) {
        await pass(71);
        await driver.lease('a', token);
        note((await driver.settle('a', token, 'fails', wait)).change);
      }
      await pass(71);
      await driver.lease('a', '4');
      await driver.settle('a', '4', 'works', wait);
      note((await driver.vote('a', wait)).change);
      note((await driver.vote('a', { ...wait, askedMs: 900 })).change);
      expect(waits).toEqual([20, 40, 70, 70, 20, 20]);
    });

    it('keeps only the one member waiting on whose word alone a circuit is open', async () => {
      const { driver, pass } = await start();
      const opened = await driver.vote('a', { min: 60_000, max: 60_000 });
      expect(opened.change).toMatchObject({ isOpen: true, sole: 'a' });
      expect(await driver.lease('a', '1')).toMatchObject({ word: 'early' });
      expect(await driver.lease('b', '2')).toMatchObject({ word: 'granted' });
      const failed = await driver.settle('b', '2', 'fails', { min: 20, max: 20 });
      expect(failed.change).toMatchObject({ isOpen: true, sole: null });
      expect(await driver.lease('c', '3')).toMatchObject({ word: 'early' });
      await pass(21);
      expect(await driver.lease('c', '4')).toMatchObject({ word: 'granted' });
    });

    it('goes on to rest on the word of one member when its own probe has failed', async () => {
      const { driver, pass } = await start();
      await driver.vote('a', { min: 20 });
      await pass(21);
      await driver.lease('a', '1');
      const failed = await driver.settle('a', '1', 'fails', { min: 60_000, max: 60_000 });
      expect(failed.change).toMatchObject({ isOpen: true, sole: 'a' });
      expect(await driver.lease('b', '2')).toMatchObject({ word: 'granted' });
      expect(await driver.settle('b', '2', 'works')).toMatchObject({ change: { isOpen: false, sole: null } });
    });

    it('stays open as long as the tool asked for', async () => {
      const { driver } = await start();
      const { change } = await driver.vote('a', { askedMs: 9_000.5 });
      expect(change?.kind === 'verdict' && change.until - change.at).toBe(9_001);
    });

    it('gives each verdict a higher epoch, and one that is higher than what the member knows', async () => {
      const { driver, pass } = await start();
      const epochs: number[] = [];
      const known = Date.now() + 1_000_000;
      for (const token of ['1', '2', '3']) {
        const opening = await driver.vote('a', { min: 1, known: token === '3' ? known : 0 });
        await pass(2);
        await driver.lease('a', token);
        const closing = await driver.settle('a', token, 'works');
        for (const { change } of [opening, closing])
          if (change?.kind === 'verdict') epochs.push(change.epoch);
      }
      expect(epochs).toHaveLength(6);
      expect(epochs).toEqual([...new Set(epochs)].sort((one, other) => one - other));
      expect(epochs[4]).toBe(known + 1);
    });

    it('lists each circuit that has changed once, with its last verdict, and only what is new', async () => {
      const { driver, pass } = await start();
      const before = await driver.tick('b');
      await driver.vote('a', { min: 1 });
      const first = await driver.tick('b', { cursor: before.cursor });
      expect(first.changes).toMatchObject([{ kind: 'verdict', isOpen: true }]);
      await pass(2);
      await driver.lease('a', '1');
      await driver.settle('a', '1', 'works');
      expect((await driver.tick('b', { cursor: first.cursor })).changes).toMatchObject([{ isOpen: false }]);
      expect((await driver.tick('c')).changes).toMatchObject([{ isOpen: false }]);
      const last = await driver.tick('b');
      expect((await driver.tick('b', { cursor: last.cursor })).changes).toEqual([]);
      expect(last.born).toBe(before.born);
    });

    it('keeps the orders that last, and hands out the others once', async () => {
      const { driver } = await start();
      const isolated = await driver.order('isolate', 5_000);
      expect(isolated).toMatchObject({ kind: 'order', order: 'isolate', tool: 'search', key: null });
      expect(isolated !== undefined && isolated.until - isolated.at).toBe(5_000);
      expect((await driver.tick('a')).orders).toEqual([isolated]);
      const disabled = await driver.order('disable');
      expect(disabled?.at).toBeGreaterThan(isolated?.at ?? Infinity);
      expect((await driver.tick('a')).orders).toEqual([disabled]);
      const released = await driver.order('release');
      const { orders, changes } = await driver.tick('a');
      expect(orders).toEqual([]);
      expect(changes).toEqual([released]);
    });

    it('closes a circuit by order, with its votes', async () => {
      const { driver } = await start();
      for (const member of ['a', 'b']) await driver.tick(member, { words: ['works'] });
      await driver.vote('a');
      await driver.vote('b');
      await driver.order('close');
      expect((await driver.tick('a')).changes).toMatchObject([{ isOpen: false }, { order: 'close' }]);
      expect(await driver.vote('a')).toMatchObject({ word: 'counted', votes: 1 });
    });

    it('shows members, votes, verdicts and leases', async () => {
      const { driver, pass } = await start();
      for (const member of ['a', 'b', 'c']) await driver.tick(member, { words: ['works'] });
      await driver.leave('c');
      await driver.vote('a', { min: 10 });
      await driver.vote('b', { min: 10 });
      await pass(11);
      await driver.lease('b', '1', 5_000);
      const { members, ids, found } = await driver.survey();
      expect(members.sort()).toEqual(['a', 'b']);
      expect(ids).toEqual([driver.id]);
      const [name, state, , , step, category, holder, , votes, callers] = found ?? [];
      expect({ name, state, step, category, holder, callers }).toEqual({
        name: 'search',
        state: 'open',
        step: '0',
        category: 'timeout',
        holder: 'b',
        callers: '3',
      });
      expect(votes?.split(',').sort()).toEqual(['a', 'b']);
    });

    it('publishes each verdict and each order as it lists them', async () => {
      const { store, namespace, driver } = await start();
      if (store.subscribe === undefined) return;
      const heard: unknown[] = [];
      let resolve = (): void => {};
      const allHeard = new Promise<void>((settle) => {
        resolve = settle;
      });
      const stop = await store.subscribe(new Keys(namespace).channel, (message) => {
        heard.push(readChange(message));
        if (heard.length === 2) resolve();
      });
      const { change } = await driver.vote('a');
      const order = await driver.order('isolate');
      await allHeard;
      await stop();
      expect(heard).toEqual([change, order]);
    });
  });
}
