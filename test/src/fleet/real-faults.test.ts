import { once } from 'node:events';
import { connect as connectTo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createToolRegistry, type ToolRegistry } from 'toolfuse';
import { type Fleet, type FleetOptions, type FleetStore, joinFleet } from 'toolfuse/fleet';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { hungMs } from '../../support/hung.ts';
import { hasRedis, type RedisServer, startRedis } from '../../support/redis-server.ts';
import { clients } from './clients.ts';

/** How soon a member has to notice that its store is gone: three polls, and as much again for a slow machine to get round to it. */
const pollMs = 200;

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function server(options: readonly string[] = [], port?: number): Promise<RedisServer> {
  const started = await startRedis({ options, ...(port !== undefined && { port }) });
  closing.push(() => started.kill());
  return started;
}

async function storeOf(client: string, url: string): Promise<FleetStore> {
  const real = await clients[client]?.(url);
  if (real === undefined) throw new Error(`there is no client ${client}`);
  closing.push(() => real.close());
  return real.store;
}

interface Member {
  readonly registry: ToolRegistry;
  readonly fleet: Fleet;
}

function join(store: FleetStore, options: Partial<FleetOptions> = {}): Member {
  const registry = createToolRegistry({
    circuit: { failureThreshold: 1, minBackoffMs: 300, maxBackoffMs: 300 },
    recovery: { maxOpenCircuits: Infinity },
  });
  const fleet = joinFleet(registry, { store, namespace: 'faults', pollMs, deadlineMs: 50, ...options });
  closing.push(() => registry.stop());
  return { registry, fleet };
}

const becomes = (member: Member, state: string): Promise<void> =>
  vi.waitFor(() => expect(member.fleet.status().state).toBe(state), { timeout: hungMs, interval: 20 });

const isOpen = (registry: ToolRegistry, tool = 'search'): Promise<void> =>
  vi.waitFor(() => expect(registry.state(tool)).toBe('open'), { timeout: hungMs, interval: 20 });

/** Calls go on whatever the store does: each of them is answered at once, and local rules hold. */
async function worksAlone({ registry }: Member, tool: string): Promise<void> {
  await expect(registry.execute(tool, async () => 'found')).resolves.toBe('found');
  registry.recordFailure(tool, 'timeout');
  expect(registry.tryAcquire(tool)).toMatchObject({ admitted: false, reason: 'open' });
}

/** A relay of TCP that can swallow what passes, as a broken network does. */
async function relayTo(port: number) {
  const sockets = new Set<Socket>();
  const relay = { swallows: false, delayMs: 0, port: 0, cut: () => {} };
  const pass = (from: Socket, to: Socket): void => {
    from.on('data', (chunk) => {
      if (relay.swallows) return;
      if (relay.delayMs === 0) to.write(chunk);
      else setTimeout(() => to.writable && to.write(chunk), relay.delayMs);
    });
    from.on('close', () => to.destroy());
    from.on('error', () => {});
  };
  const front = createServer((near) => {
    const far = connectTo(port, '127.0.0.1');
    for (const socket of [near, far]) sockets.add(socket);
    pass(near, far);
    pass(far, near);
  }).listen(0, '127.0.0.1');
  await once(front, 'listening');
  relay.port = (front.address() as { port: number }).port;
  relay.cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  closing.push(() => {
    relay.cut();
    front.close();
  });
  return relay;
}

describe.skipIf(!hasRedis).each(Object.keys(clients))('a fleet by %s, when its server', (client) => {
  it('is killed and started anew, goes on alone and comes back', async () => {
    const first = await server();
    const member = join(await storeOf(client, first.url));
    await becomes(member, 'connected');
    await first.kill();
    await becomes(member, 'degraded');
    await worksAlone(member, 'search');
    await server([], first.port);
    await becomes(member, 'connected');
    expect(member.registry.metrics().fleet?.degradations).toBe(1);
  });

  it('stops answering, as by SIGSTOP, never lets a call wait for longer than the deadline', async () => {
    const { process, url } = await server();
    const store = await storeOf(client, url);
    const [one, other] = [join(store), join(store)] as const;
    await becomes(one, 'connected');
    await becomes(other, 'connected');
    for (const { registry } of [one, other]) registry.recordFailure('search', 'timeout');
    await vi.waitFor(() => expect(one.fleet.status().verdicts).toHaveLength(1), { timeout: hungMs });
    process.kill('SIGSTOP');
    try {
      await sleep(300);
      // The lease is due, and nobody answers.
      const startedAt = performance.now();
      await one.registry
        .execute('search', async () => 'found')
        .catch((error) => {
          expect(error).toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
        });
      console.log(
        `${client}: a call waited ${(performance.now() - startedAt).toFixed(0)} ms of 50 for a lease`,
      );
      await becomes(one, 'degraded');
      await worksAlone(one, 'fetch');
    } finally {
      process.kill('SIGCONT');
    }
    await becomes(one, 'connected');
  });

  it('forgets its scripts, sends them again', async () => {
    const { url } = await server();
    const member = join(await storeOf(client, url));
    await becomes(member, 'connected');
    const admin = new Redis(url);
    closing.push(() => admin.disconnect());
    await admin.script('FLUSH');
    const { storeCalls = 0 } = member.registry.metrics().fleet ?? {};
    await vi.waitFor(
      () => expect(member.registry.metrics().fleet?.storeCalls).toBeGreaterThan(storeCalls + 2),
      { timeout: hungMs },
    );
    // A busy machine may have made it miss an answer.
    await becomes(member, 'connected');
  });
});

describe.skipIf(!hasRedis)('a fleet, when its server', () => {
  /** Each fault is made by a command of an administrator; what is asked of members is the same. */
  it.each([
    ['pauses its clients', (admin: Redis) => admin.call('CLIENT', 'PAUSE', '3000', 'ALL')],
    ['becomes a replica, which takes no writes', (admin: Redis) => admin.replicaof('127.0.0.1', 1)],
    ['wants another password', (admin: Redis) => admin.acl('SETUSER', 'default', 'nocommands')],
  ])('%s, counts as gone and lets no call wait', async (_, fault) => {
    const { url } = await server();
    const member = join(await storeOf('ioredis', url));
    await becomes(member, 'connected');
    const admin = new Redis(url);
    closing.push(() => admin.disconnect());
    await fault(admin);
    await becomes(member, 'degraded');
    expect(member.fleet.status().lastMiss).toEqual(expect.any(String));
    await worksAlone(member, 'search');
  });

  it('loses all its data while a circuit is open, closes it, and opens it again by the votes of those that tripped', async () => {
    const { url } = await server();
    const store = await storeOf('ioredis', url);
    const members = [join(store), join(store), join(store)] as const;
    for (const member of members) await becomes(member, 'connected');
    const [one, other, third] = members;
    // Long enough to stay open here while the store forgets.
    const trip = ({ registry }: Member) =>
      registry.recordFailure(
        'search',
        Object.assign(new Error('busy'), { status: 503, headers: { 'retry-after': '60' } }),
      );
    third.registry.recordSuccess('search');
    await sleep(2 * pollMs);
    trip(one);
    trip(other);
    await isOpen(third.registry);
    const before = third.registry.diagnostics('search').fleet?.epoch ?? 0;
    const heard: string[] = [];
    third.registry.on('*', ({ type }) => heard.push(type));
    const admin = new Redis(url);
    closing.push(() => admin.disconnect());
    await admin.flushall();
    await vi.waitFor(() => expect(heard).toContain('fleet.opened'), { timeout: hungMs });
    expect(heard.filter((type) => /^fleet\.(opened|closed)$/.test(type)).at(-1)).toBe('fleet.opened');
    expect(heard.filter((type) => type === 'fleet.opened')).toHaveLength(1);
    expect(third.registry.diagnostics('search').fleet?.epoch).toBeGreaterThan(before);
  });

  it('is full, is used on: what a fleet writes is little', async () => {
    const { url } = await server();
    const store = await storeOf('ioredis', url);
    // A question to the store ends within a poll: rare ones leave a busy machine time to answer each.
    const [one, other] = [join(store, { pollMs: 3_000 }), join(store, { pollMs: 3_000 })] as const;
    for (const member of [one, other]) await becomes(member, 'connected');
    const admin = new Redis(url);
    closing.push(() => admin.disconnect());
    await admin.config('SET', 'maxmemory', '1');
    await expect(admin.set('key', 'value')).rejects.toThrow('OOM');
    for (const { registry } of [one, other]) registry.recordFailure('search', 'timeout');
    await vi.waitFor(() => expect(one.fleet.status().verdicts).toHaveLength(1), { timeout: hungMs });
    await vi.waitFor(
      async () =>
        expect(await one.registry.execute('search', async () => 'found').catch(() => '')).toBe('found'),
      { timeout: hungMs, interval: 50 },
    );
    await vi.waitFor(() => expect(other.fleet.status().verdicts).toEqual([]), { timeout: hungMs });
    expect(one.fleet.status()).toMatchObject({ state: 'connected', storeMisses: 0 });
  });

  it('is behind a network that swallows bytes, goes on alone', async () => {
    const { port, url } = await server();
    const relay = await relayTo(port);
    const [near, cutOff] = [
      join(await storeOf('ioredis', url)),
      join(await storeOf('ioredis', `redis://127.0.0.1:${relay.port}`)),
    ] as const;
    await becomes(near, 'connected');
    await becomes(cutOff, 'connected');
    relay.swallows = true;
    await becomes(cutOff, 'degraded');
    await worksAlone(cutOff, 'search');
    expect(near.fleet.status().state).toBe('connected');
    relay.swallows = false;
    relay.cut();
    await becomes(cutOff, 'connected');
  });

  it('is 150 ms away, stays connected; a call waits no longer than its deadline, and the lease that comes late is used', async () => {
    const { port, url } = await server();
    const relay = await relayTo(port);
    const far = join(await storeOf('ioredis', `redis://127.0.0.1:${relay.port}`), { pollMs: 1_000 });
    const near = join(await storeOf('ioredis', url));
    await becomes(far, 'connected');
    await becomes(near, 'connected');
    relay.delayMs = 75;
    for (const { registry } of [far, near]) registry.recordFailure('search', 'timeout');
    await vi.waitFor(() => expect(far.fleet.status().verdicts).toHaveLength(1), { timeout: hungMs });
    await vi.waitFor(() => expect(far.registry.remainingBackoffMs('search')).toBe(0), { timeout: hungMs });
    await expect(far.registry.execute('search', async () => 'found')).rejects.toMatchObject({
      code: 'ERR_CIRCUIT_OPEN',
      denial: { probing: true },
    });
    await vi.waitFor(() => expect(far.registry.state('search')).toBe('halfOpen'), {
      timeout: hungMs,
      interval: 10,
    });
    await expect(far.registry.execute('search', async () => 'found')).resolves.toBe('found');
    expect(far.fleet.status().state).toBe('connected');
  });

  it('publishes nothing that arrives, still tells everybody within a poll', async () => {
    const { url } = await server();
    const store = await storeOf('ioredis', url);
    const deaf: FleetStore = { eval: (...asked) => store.eval(...asked) };
    const [one, other, third] = [join(store), join(store), join(deaf)] as const;
    for (const member of [one, other, third]) await becomes(member, 'connected');
    third.registry.recordSuccess('search');
    await sleep(2 * pollMs);
    const openedAt = performance.now();
    for (const { registry } of [one, other]) registry.recordFailure('search', 'timeout');
    await isOpen(third.registry);
    console.log(
      `a verdict came by a poll of ${pollMs} ms after ${(performance.now() - openedAt).toFixed(0)} ms`,
    );
  });
});
