import { createToolRegistry, type ToolRegistry } from 'toolfuse';
import { type Fleet, type FleetStore, joinFleet } from 'toolfuse/fleet';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { idOf, Keys } from '../../../src/fleet/keys.ts';
import { hungMs } from '../../support/hung.ts';
import { hasRedis } from '../../support/redis-server.ts';
import {
  type ClusterSetup,
  type SentinelSetup,
  startCluster,
  startSentinelSetup,
} from '../../support/redis-topologies.ts';
import { clusterClients, type RealStore, sentinelClients } from './clients.ts';

const pollMs = 200;
const namespace = 'failover';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Member {
  readonly client: string;
  readonly registry: ToolRegistry;
  readonly fleet: Fleet;
  /** The epochs that it was told of, in the order in which it was. */
  readonly epochs: number[];
}

/** Two members by each client: half of them trip, so that the circuit opens for all. */
async function joinByEach<Where>(
  clients: Readonly<Record<string, (where: Where) => RealStore | Promise<RealStore>>>,
  where: Where,
): Promise<Member[]> {
  const members: Member[] = [];
  for (const [client, connect] of Object.entries(clients)) {
    const real = await connect(where);
    closing.push(() => real.close());
    for (let index = 0; index < 2; index += 1) members.push(joinBy(client, real.store));
  }
  await Promise.all(members.map(isConnected));
  return members;
}

function joinBy(client: string, store: FleetStore): Member {
  const registry = createToolRegistry({
    circuit: { failureThreshold: 1, minBackoffMs: 300, maxBackoffMs: 300 },
    recovery: { maxOpenCircuits: Infinity },
  });
  const fleet = joinFleet(registry, { store, namespace, pollMs, deadlineMs: 50 });
  const epochs: number[] = [];
  registry.on('*', (event) => {
    if (event.type === 'fleet.opened') epochs.push(event.epoch);
  });
  closing.push(() => registry.stop());
  return { client, registry, fleet, epochs };
}

const eventually = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(check, { timeout: hungMs, interval: 20 });

const isConnected = ({ client, fleet }: Member): Promise<unknown> =>
  eventually(() => expect(fleet.status(), client).toMatchObject({ state: 'connected', misses: 0 }));

/** Calls of a tool that works are made while something goes on, one after another: none of them fails, or is refused. */
async function whileCallsGoOn(members: readonly Member[], act: () => Promise<void>): Promise<void> {
  let isOver = false;
  let calls = 0;
  const calling = Promise.all(
    members.map(async ({ registry }) => {
      while (!isOver) {
        await expect(registry.execute('fetch', async () => 'found')).resolves.toBe('found');
        calls += 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }),
  );
  await act();
  isOver = true;
  await calling;
  expect(calls).toBeGreaterThan(members.length);
}

/** A tool that is dead until it is told otherwise. */
class SharedTool {
  works = false;
  /** The most probes at a time that members have made by a lease. */
  mostLeased = 0;
  leases = 0;
  #leased = 0;

  async call({ registry }: Member): Promise<string> {
    const isLeased = registry.diagnostics('search').fleet?.lease === 'held';
    this.leases += Number(isLeased);
    this.#leased += Number(isLeased);
    this.mostLeased = Math.max(this.mostLeased, this.#leased);
    await new Promise((resolve) => setTimeout(resolve, 20));
    this.#leased -= Number(isLeased);
    if (!this.works) throw new Error('connect ECONNREFUSED');
    return 'found';
  }
}

const isOpenForAll = (members: readonly Member[]): Promise<unknown> =>
  eventually(() => {
    for (const { client, fleet } of members) expect(fleet.status().verdicts, client).toHaveLength(1);
  });

/**
 * A tool is dead for all members before, while and after something happens to their store. All of them ask again and again; then it
 * works again.
 */
async function surviving(members: readonly Member[], happens: () => Promise<void>): Promise<void> {
  const tool = new SharedTool();
  // Everybody is known as a caller first, so that a quorum is half of them.
  for (const { registry } of members) registry.recordSuccess('search');
  await eventually(() => {
    for (const { fleet } of members) expect(fleet.status().storeCalls).toBeGreaterThan(3);
  });
  for (const { registry } of members.filter((_, index) => index % 2 === 0)) {
    registry.recordFailure('search', 'network');
  }
  await isOpenForAll(members);
  let isOver = false;
  const asking = Promise.all(
    members.map(async (member) => {
      while (!isOver) {
        // Nothing but the tool's own error and a refusal ever reaches a caller.
        await member.registry
          .execute('search', () => tool.call(member))
          .catch((error) => {
            if (error.code !== 'ERR_CIRCUIT_OPEN') expect(error.message).toBe('connect ECONNREFUSED');
          });
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }),
  );
  await whileCallsGoOn(members, async () => {
    await happens();
    await Promise.all(members.map(isConnected));
  });
  tool.works = true;
  await eventually(() => {
    for (const { client, registry } of members) expect(registry.state('search'), client).toBe('closed');
  });
  isOver = true;
  await asking;
  expect(tool.leases).toBeGreaterThan(0);
  // Two, because a lease that was given just before may be unknown to the server that gives the next.
  expect(tool.mostLeased).toBeLessThanOrEqual(2);
  for (const { client, epochs } of members) {
    // The same one may be told again, after the store was gone; an earlier one never.
    expect(epochs, client).toEqual(epochs.toSorted((one, other) => one - other));
  }
}

describe.skipIf(!hasRedis)('a fleet behind sentinels', () => {
  let setup: SentinelSetup;
  beforeAll(async () => {
    setup = await startSentinelSetup();
  });
  afterAll(() => setup?.kill());

  it(`goes on by ${Object.keys(sentinelClients).join(', ')} when its primary is killed, and comes back with the replica`, async () => {
    const members = await joinByEach(sentinelClients, setup);
    await surviving(members, () => setup.failOver());
  });
});

describe.skipIf(!hasRedis)('a fleet in a cluster', () => {
  const keys = new Keys(namespace);
  /** Each of the two begins with a cluster of its own, because one leaves the slot elsewhere. */
  const start = async (): Promise<ClusterSetup> => {
    const setup = await startCluster(keys.changes);
    closing.push(() => setup.kill());
    return setup;
  };

  it(`goes on by ${Object.keys(clusterClients).join(', ')} while its slot is moved to another node, key by key`, async () => {
    const setup = await start();
    const members = await joinByEach(clusterClients, setup.nodes);
    await surviving(members, () =>
      setup.moveSlot(setup.slot, async () => {
        // Some keys are here and some there: the nodes say ASK and TRYAGAIN.
        const before = members.map(({ fleet }) => fleet.status().storeCalls);
        await eventually(() => {
          for (const [index, { fleet }] of members.entries()) {
            expect(fleet.status().storeCalls).toBeGreaterThan((before[index] ?? 0) + 1);
          }
        });
      }),
    );
  });

  it(`goes on by ${Object.keys(clusterClients).join(', ')} when the primary of its slot is killed, and comes back with the replica`, async () => {
    const setup = await start();
    const members = await joinByEach(clusterClients, setup.nodes);
    await surviving(members, () => setup.failOver());
  });

  it('has all keys of a namespace in one slot', () => {
    const { circuit, votes, callers } = keys.of(idOf('search'));
    const all = [circuit, votes, callers, keys.changes, keys.meta, keys.members, keys.orders, keys.index];
    expect(new Set(all.map((key) => /\{.*?\}/.exec(key)?.[0]))).toEqual(new Set([`{${namespace}}`]));
  });
});
