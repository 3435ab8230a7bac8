import fc from 'fast-check';
import { createToolRegistry, type Permit, type ToolRegistry } from 'toolfuse';
import { type Fleet, type FleetStore, joinFleet, type MemoryStore, memoryStore } from 'toolfuse/fleet';
import { TestClock } from 'toolfuse/testing';
import { expect, it } from 'vitest';
import { readChange } from '../../../src/fleet/change.ts';
import { checkProperty } from '../../support/property.ts';

const size = 5;
const probeTimeoutMs = 3_000;

/** A store that loses questions, answers and messages when it is told to. */
class LossyStore implements FleetStore {
  readonly inner: MemoryStore;
  /** What is lost next: each is used once. */
  lost: ('question' | 'answer' | 'message')[] = [];
  /** Verdicts as the store has decided them, with how many had voted. */
  readonly opened: { epoch: number; votes: number; needed: number }[] = [];
  readonly epochs: number[] = [];
  readonly settled: { word: string; token: string }[] = [];

  constructor(clock: TestClock) {
    this.inner = memoryStore({ clock });
  }

  async eval(...[script, keys, args]: Parameters<FleetStore['eval']>): Promise<unknown> {
    if (this.#loses('question')) throw new Error('the question is lost');
    const reply = (await this.inner.eval(script, keys, args)) as string[];
    const change = script.name === 'vote' ? readChange(reply[4]) : readChange(reply[1]);
    if ((script.name === 'vote' || script.name === 'settle') && change?.kind === 'verdict') {
      const isNew = change.epoch !== this.epochs.at(-1);
      if (isNew) this.epochs.push(change.epoch);
      if (isNew && script.name === 'vote') {
        this.opened.push({ epoch: change.epoch, votes: Number(reply[1]), needed: Number(reply[3]) });
      }
    }
    if (this.#loses('answer')) throw new Error('the answer is lost');
    return reply;
  }

  subscribe(channel: string, onMessage: (message: string) => void) {
    return this.inner.subscribe(channel, (message) => {
      if (!this.#loses('message')) onMessage(message);
    });
  }

  #loses(what: (typeof this.lost)[number]): boolean {
    const at = this.lost.indexOf(what);
    if (at < 0) return false;
    this.lost.splice(at, 1);
    return true;
  }
}

interface Member {
  readonly registry: ToolRegistry;
  readonly fleet: Fleet;
  /** Probes in flight, each with the end of its lease by this member's clock. */
  probes: { readonly permit: Permit; readonly startedAt: number; readonly isLeased: boolean }[];
}

type Step =
  | { readonly does: 'trip' | 'succeed' | 'ask' | 'finish' | 'fail'; readonly member: number }
  | { readonly does: 'pass'; readonly ms: number }
  | { readonly does: 'lose'; readonly what: ('question' | 'answer' | 'message')[] }
  | { readonly does: 'flush' };

const member = fc.nat({ max: size - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constantFrom(
        'trip' as const,
        'succeed' as const,
        'ask' as const,
        'finish' as const,
        'fail' as const,
      ),
      member,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ does: fc.constant('pass' as const), ms: fc.constantFrom(1, 100, 1_000, 5_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('lose' as const),
      what: fc.array(fc.constantFrom('question' as const, 'answer' as const, 'message' as const), {
        maxLength: 4,
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('flush' as const) }) },
);

class Run {
  readonly clock = new TestClock({ now: 1_000_000 });
  readonly store = new LossyStore(this.clock);
  readonly members: Member[] = Array.from({ length: size }, (_, index) => {
    const registry = createToolRegistry({
      clock: this.clock,
      random: () => 0.5,
      circuit: { failureThreshold: 1, minBackoffMs: 1_000, maxBackoffMs: 4_000, probeTimeoutMs },
    });
    const fleet = joinFleet(registry, { store: this.store, namespace: 'agents', member: `m${index}` });
    return { registry, fleet, probes: [] };
  });
  #epochs = this.members.map(() => 0);

  async do(step: Step): Promise<void> {
    switch (step.does) {
      case 'pass':
        await this.clock.advanceAsync(step.ms);
        break;
      case 'lose':
        this.store.lost = [...step.what];
        break;
      case 'flush':
        this.store.inner.flush();
        break;
      default:
        await this.#act(step.does, this.members[step.member] as Member);
    }
    await this.clock.advanceAsync(0);
    this.check();
  }

  async #act(does: 'trip' | 'succeed' | 'ask' | 'finish' | 'fail', member: Member): Promise<void> {
    const { registry } = member;
    if (does === 'ask') {
      const asked = registry.tryAcquire('search');
      if (!asked.admitted) return;
      const isLeased = registry.diagnostics('search').fleet?.lease === 'held';
      if (asked.probe) member.probes.push({ permit: asked, startedAt: this.clock.now(), isLeased });
      else asked.success();
      return;
    }
    if (does === 'trip' || does === 'succeed') {
      if (registry.state('search') !== 'closed') return;
      if (does === 'trip') registry.recordFailure('search', 'timeout');
      else registry.recordSuccess('search');
      return;
    }
    const [probe, ...others] = member.probes;
    member.probes = others;
    if (does === 'finish') probe?.permit.success();
    else probe?.permit.failure('timeout');
  }

  check(): void {
    const now = this.clock.now();
    // G2: one probe of what the fleet holds open, but for those whose lease has run out.
    const leased = this.members.flatMap(({ registry, probes }) => {
      const { fleet } = registry.diagnostics('search');
      const isHeld = fleet?.isOpen === true && fleet.lease === 'held' && fleet.leftMs > 0;
      return probes.filter(
        ({ isLeased, startedAt }) => isLeased && isHeld && now - startedAt < probeTimeoutMs,
      );
    });
    expect(leased.length, 'probes in flight by a lease').toBeLessThanOrEqual(1);
    // Nobody probes what is held open without the lease.
    for (const { registry } of this.members) {
      const { fleet, status } = registry.diagnostics('search');
      if (fleet?.isOpen && status === 'halfOpen') expect(fleet.lease).toBe('held');
    }
    // G3: the quorum had voted for every circuit that was opened for all.
    for (const { votes, needed } of this.store.opened) expect(votes).toBeGreaterThanOrEqual(needed);
    for (const { needed } of this.store.opened) expect(needed).toBeGreaterThanOrEqual(1);
    // G5: epochs grow, in the store and in each member, though the store forgets everything.
    const { epochs } = this.store;
    expect(epochs).toEqual([...new Set(epochs)].sort((one, other) => one - other));
    this.members.forEach(({ registry }, index) => {
      const epoch = registry.diagnostics('search').fleet?.epoch ?? 0;
      if (epoch === 0) return;
      expect(epoch).toBeGreaterThanOrEqual(this.#epochs[index] ?? 0);
      this.#epochs[index] = epoch;
    });
  }

  /** Once nothing is lost any more, and all calls succeed, everybody is back. */
  async settle(): Promise<void> {
    this.store.lost = [];
    for (const member of this.members) {
      for (const { permit } of member.probes) permit.release();
      member.probes = [];
    }
    for (let round = 0; round < 15; round += 1) {
      await this.clock.advanceAsync(2_000);
      for (const { registry } of this.members) {
        let asked = registry.tryAcquire('search');
        // As a caller does that is told when to come back: an unused lease goes back after a second.
        if (!asked.admitted) {
          await this.clock.advanceAsync(Math.min(asked.retryAfterMs ?? 0, 200));
          asked = registry.tryAcquire('search');
        }
        if (asked.admitted) asked.success();
      }
      await this.clock.advanceAsync(200);
      this.check();
    }
    expect(this.members.map(({ registry }) => registry.state('search'))).toEqual(Array(size).fill('closed'));
  }

  stop(): void {
    for (const { registry } of this.members) registry.stop();
  }
}

it('keeps its guarantees whatever its members do and its store loses', async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
    const run = new Run();
    try {
      await run.clock.advanceAsync(0);
      for (const { registry } of run.members) registry.recordSuccess('search');
      await run.clock.advanceAsync(5_000);
      for (const each of steps) await run.do(each);
      await run.settle();
    } finally {
      run.stop();
    }
  });
  await checkProperty(property, { atLeast: 6, atMost: 60, withinMs: 5_000, endOnFailure: true });
});
