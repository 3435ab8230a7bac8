import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectTo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createToolRegistry, type ToolRegistry } from 'toolfuse';
import { type Fleet, type FleetOptions, type FleetStore, joinFleet } from 'toolfuse/fleet';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Keys } from '../../../src/fleet/keys.ts';
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

/** Fails in a way by which a tool asks to be left alone for a minute: the circuit stays open while its store comes and goes. */
const tripForLong = ({ registry }: Member): void =>
  registry.recordFailure(
    'search',
    Object.assign(new Error('busy'), { status: 503, headers: { 'retry-after': '60' } }),
  );

/** A member by each client, on one server. */
async function joinByEach(url: string, options: Partial<FleetOptions> = {}): Promise<readonly Member[]> {
  const members: Member[] = [];
  for (const client of Object.keys(clients)) members.push(join(await storeOf(client, url), options));
  await Promise.all(members.map((member) => becomes(member, 'connected')));
  return members;
}

function adminOf(url: string): Redis {
  const admin = new Redis(url, { maxRetriesPerRequest: null });
  admin.on('error', () => {});
  closing.push(() => admin.disconnect());
  return admin;
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
    tripForLong(member);
    const opened = (): Promise<number> =>
      vi.waitFor(
        () => {
          const [verdict] = member.fleet.status().verdicts;
          expect(verdict).toBeDefined();
          return verdict?.epoch ?? 0;
        },
        { timeout: hungMs, interval: 20 },
      );
    const before = await opened();
    await first.kill();
    await becomes(member, 'degraded');
    await worksAlone(member, 'fetch');
    expect(member.registry.state('search')).toBe('open');
    await server([], first.port);
    await becomes(member, 'connected');
    expect(member.registry.metrics().fleet?.degradations).toBe(1);
    // The new server knows nothing: what is still open here is voted on again.
    expect(await opened()).toBeGreaterThan(before);
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
      // For the backoff to be over: the lease is due, and nobody answers.
      await sleep(300);
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
  it('refuses its members, counts as gone for each client, lets no call wait, and comes back', async () => {
    const { url } = await server();
    const members = await joinByEach(url);
    const admin = adminOf(url);
    /** Each fault is made by commands of an administrator, and mended; what is asked of members is the same. */
    const faults: readonly [what: string, fault: () => Promise<unknown>, mend: () => Promise<unknown>][] = [
      ['READONLY', () => admin.replicaof('127.0.0.1', 1), () => admin.replicaof('NO', 'ONE')],
      [
        'NOAUTH',
        async () => {
          await admin.config('SET', 'requirepass', 'another');
          await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        },
        () => admin.config('SET', 'requirepass', ''),
      ],
      [
        'NOPERM',
        () => admin.acl('SETUSER', 'default', 'nocommands', '+acl'),
        () => admin.acl('SETUSER', 'default', 'allcommands'),
      ],
      // It pauses the administrator as well, and is over by itself.
      ['paused', () => admin.call('CLIENT', 'PAUSE', '3000', 'ALL'), () => admin.ping()],
    ];
    for (const [what, fault, mend] of faults) {
      await fault();
      await Promise.all(members.map((member) => becomes(member, 'degraded')));
      for (const member of members) {
        expect(member.fleet.status().lastMiss, what).toEqual(expect.any(String));
        await worksAlone(member, `tool-${what}`);
      }
      await mend();
      await Promise.all(members.map((member) => becomes(member, 'connected')));
    }
  });

  it('still loads its data when it is started anew, counts as gone until it has, for each client', async () => {
    const folder = mkdtempSync(`${tmpdir()}/toolfuse-loading-`);
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const debug = ['--enable-debug-command', 'yes'];
    const first = await startRedis({ folder, options: debug });
    closing.push(() => first.kill());
    const members = await joinByEach(first.url);
    const admin = adminOf(first.url);
    await admin.call('DEBUG', 'POPULATE', '1000');
    await admin.call('SAVE');
    await first.kill();
    await Promise.all(members.map((member) => becomes(member, 'degraded')));
    // It takes 3 ms a key, and answers in between: LOADING.
    const slowly = ['--key-load-delay', '3000', '--loading-process-events-interval-bytes', '1024'];
    const second = await startRedis({ folder, port: first.port, isLoading: true, options: slowly });
    closing.push(() => second.kill());
    const hasty = new Redis(first.url, { enableReadyCheck: false });
    closing.push(() => hasty.disconnect());
    await expect(hasty.ping()).rejects.toThrow('LOADING');
    for (const member of members) await worksAlone(member, 'search');
    await Promise.all(members.map((member) => becomes(member, 'connected')));
    expect(await admin.dbsize()).toBeGreaterThan(1_000);
  });

  it('cuts off only those that listen, still tells everybody within a poll, and is listened to again by each client', async () => {
    const { url } = await server();
    // One by each client, and one more: of two, nobody would be left to be told.
    const members = [...(await joinByEach(url)), join(await storeOf('ioredis', url))];
    const admin = adminOf(url);
    const listening = async (): Promise<number> =>
      Number(((await admin.pubsub('NUMSUB', new Keys('faults').channel)) as unknown[])[1]);
    const allListen = (): Promise<unknown> =>
      vi.waitFor(async () => expect(await listening()).toBe(members.length), {
        timeout: hungMs,
        interval: 20,
      });
    await allListen();
    for (const { registry } of members) registry.recordSuccess('search');
    await sleep(2 * pollMs);
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    for (const member of members.slice(0, Math.ceil(members.length / 2))) tripForLong(member);
    for (const { registry } of members) await isOpen(registry);
    await allListen();
    // A busy machine may have made one miss its answers.
    for (const member of members) await becomes(member, 'connected');
  });

  it('loses all its data while a circuit is open, closes it, and opens it again by the votes of those that tripped', async () => {
    const { url } = await server();
    const store = await storeOf('ioredis', url);
    const members = [join(store), join(store), join(store)] as const;
    for (const member of members) await becomes(member, 'connected');
    const [one, other, third] = members;
    third.registry.recordSuccess('search');
    await sleep(2 * pollMs);
    tripForLong(one);
    tripForLong(other);
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

  it('is full, is used on by each client: what a fleet writes is little', async () => {
    const { url } = await server();
    // A question to the store ends within a poll: rare ones leave a busy machine time to answer each.
    const members = await joinByEach(url, { pollMs: 3_000 });
    const admin = adminOf(url);
    await admin.config('SET', 'maxmemory', '1');
    await expect(admin.set('key', 'value')).rejects.toThrow('OOM');
    for (const { registry } of members) registry.recordFailure('search', 'timeout');
    for (const { fleet } of members) {
      await vi.waitFor(() => expect(fleet.status().verdicts).toHaveLength(1), { timeout: hungMs });
    }
    const last = members.at(-1) as Member;
    await vi.waitFor(
      async () =>
        expect(await last.registry.execute('search', async () => 'found').catch(() => '')).toBe('found'),
      { timeout: hungMs, interval: 50 },
    );
    for (const { fleet } of members) {
      await vi.waitFor(() => expect(fleet.status().verdicts).toEqual([]), { timeout: hungMs });
      expect(fleet.status()).toMatchObject({ state: 'connected', storeMisses: 0 });
    }
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
