import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createToolRegistry, type ToolRegistry } from 'toolfuse';
import { type Fleet, type FleetStore, fromIoredis, joinFleet, memoryStore } from 'toolfuse/fleet';
import { inTurns, timeMs } from '../../bench/measure.ts';
import { type StoreCall, seatOf } from '../../src/circuits/membership.ts';
import { startRedis } from '../../test/support/redis-server.ts';

/** What a fleet costs, as `docs/fleet.md` has it in a table: there each row stands with its figure. */
interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /**
   * How it is held against what the docs say. `same`: it is the same on every machine; `most`: a busy machine asks later, never more
   * often; `none`: it depends on the machine, and is printed only.
   */
  readonly check: 'same' | 'most' | 'none';
}

const memberCount = 10;
const toolCount = 20;
const pollMs = 1_000;

/** Long enough for several signs of life of each circuit, and a whole number of them: a sign is given every 5 s. */
const windowMs = 20_000;

interface Member {
  readonly registry: ToolRegistry;
  readonly fleet: Fleet;
  readonly client: Redis;
}

/** How many signs of life were told to the store. */
let signs = 0;

/** Counts the signs of life: a tick carries two keys for each, after four of its own. */
const counting = (store: FleetStore): FleetStore => ({
  ...store,
  eval(script, keys, args) {
    if (script.name === 'tick') signs += (keys.length - 4) / 2;
    return store.eval(script, keys, args);
  },
});

/** How often a sign of life is given for one circuit, in s. */
const signSeconds = 5;

async function joined(url: string, index: number, circuit: object = {}): Promise<Member> {
  const client = new Redis(url);
  const registry = createToolRegistry({
    circuit: { failureThreshold: 1, ...circuit },
    recovery: { maxOpenCircuits: Infinity },
  });
  // A name of the default length.
  const member = `agent-7f9c4d-${index}:12345:0a1b2c3d`;
  const fleet = joinFleet(registry, {
    store: counting(fromIoredis(client)),
    namespace: 'agents',
    member,
    pollMs,
  });
  await new Promise<void>((resolve) => {
    registry.on('fleet.connected', () => resolve());
  });
  return { registry, fleet, client };
}

/** What passes between members and store in a while. */
async function traffic(members: readonly Member[], admin: Redis, during: () => Promise<unknown>) {
  const read = async () => {
    const info = await admin.info('stats');
    const bytes = [...info.matchAll(/total_net_(?:input|output)_bytes:(\d+)/g)].reduce(
      (sum, [, figure]) => sum + Number(figure),
      0,
    );
    return { bytes, calls: members.reduce((sum, { fleet }) => sum + fleet.status().storeCalls, 0) };
  };
  // What the question itself costs is left out.
  const [zero, before] = [await read(), await read()];
  const startedAt = performance.now();
  await during();
  const seconds = (performance.now() - startedAt) / 1_000;
  const after = await read();
  const asked = after.calls - before.calls;
  return {
    asked,
    calls: asked / seconds / members.length,
    bytes: after.bytes - before.bytes - (before.bytes - zero.bytes),
  };
}

/** The store's part: what members ask and send, and what is kept. */
async function storeFigures(url: string): Promise<Figure[]> {
  const admin = new Redis(url);
  const members: Member[] = [];
  for (let index = 0; index < memberCount; index += 1) members.push(await joined(url, index));
  let asksOfOthers = 0;
  const watch = ({ op }: StoreCall): void => {
    asksOfOthers += Number(op !== 'tick');
  };
  for (const { registry } of members) seatOf(registry.actor).storeWatchers.add(watch);
  /** Questions other than that of every poll. */
  const asked = (): number => asksOfOthers;
  // The scripts are known to the server by now.
  await sleep(2 * pollMs);
  const idle = await traffic(members, admin, () => sleep(windowMs));
  let isCalling = true;
  const calling = (async () => {
    while (isCalling) {
      for (const { registry } of members) {
        for (let tool = 0; tool < toolCount; tool += 1) registry.recordSuccess(`search-${tool}`);
      }
      await sleep(100);
    }
  })();
  await sleep(2 * pollMs);
  const signsBefore = signs;
  const busy = await traffic(members, admin, () => sleep(windowMs));
  const signsTold = signs - signsBefore;
  isCalling = false;
  await calling;
  const memoryOf = async (pattern: string): Promise<number> => {
    let sum = 0;
    for (const key of await admin.keys(pattern))
      sum += Number(await admin.call('MEMORY', 'USAGE', key, 'SAMPLES', '0'));
    return sum;
  };
  const callers = await memoryOf('toolfuse:{agents}:callers:*');
  const [one, other] = members as [Member, Member];
  const before = asked();
  for (const { registry } of members.slice(0, memberCount / 2)) registry.recordFailure('search-0', 'timeout');
  await sleep(3 * pollMs);
  const votes = (asked() - before) / (memberCount / 2);
  const circuit = await memoryOf('toolfuse:{agents}:circuit:*');
  if (one.fleet.status().verdicts.length !== 1 || other.fleet.status().verdicts.length !== 1) {
    throw new Error('the circuit did not open');
  }
  for (const { registry, client } of members) {
    registry.stop();
    client.disconnect();
  }
  // A set of many members takes more room each than a small one.
  const many = 1_000;
  for (let index = 0; index < many; index += 1)
    await admin.zadd('many', Date.now(), `agent-7f9c4d-${index}:12345:0a1b2c3d`);
  const largeSet = Number(await admin.call('MEMORY', 'USAGE', 'many', 'SAMPLES', '0')) / many;
  admin.disconnect();
  // A poll a second: what passes in one is what passes in a second.
  const idleBytes = idle.bytes / idle.asked;
  const signBytes = (busy.bytes - busy.asked * idleBytes) / signsTold;
  return [
    { what: 'store operations a member and second', value: idle.calls, unit: '', check: 'most' },
    { what: 'the same while it calls 20 tools', value: busy.calls, unit: '', check: 'most' },
    { what: 'bytes a member and second, both ways', value: idleBytes, unit: 'B', check: 'same' },
    {
      what: 'more bytes a tool, member and second while it is called',
      value: signBytes / signSeconds,
      unit: 'B',
      check: 'same',
    },
    {
      what: 'memory of the store a tool and member, of 10 members',
      value: callers / toolCount / memberCount,
      unit: 'B',
      check: 'same',
    },
    { what: 'the same, of 1 000 members', value: largeSet, unit: 'B', check: 'same' },
    { what: 'memory of the store a circuit that has tripped', value: circuit, unit: 'B', check: 'same' },
    { what: 'store operations a member whose circuit trips', value: votes, unit: '', check: 'same' },
  ];
}

/** How long a call waits for the lease of a probe. */
async function leaseFigures(url: string): Promise<{ figures: Figure[]; longestMs: number; lagMs: number }> {
  // How late this process itself is: a busy machine adds that to every wait.
  const lag = monitorEventLoopDelay({ resolution: 5 });
  lag.enable();
  const waits: number[] = [];
  const members: Member[] = [];
  for (let index = 0; index < 8; index += 1) {
    members.push(await joined(url, index, { minBackoffMs: 5, maxBackoffMs: 5 }));
  }
  for (const { registry } of members) registry.recordFailure('search', 'timeout');
  const wanted = 1_000;
  await Promise.all(
    members.map(async ({ registry }) => {
      while (waits.length < wanted) {
        const isHeld =
          (registry.diagnostics('search').fleet?.isOpen ?? false) &&
          registry.remainingBackoffMs('search') === 0;
        const askedAt = performance.now();
        await registry
          .execute('search', async () => {
            if (isHeld) waits.push(performance.now() - askedAt);
            throw Object.assign(new Error('down'), { status: 503 });
          })
          .catch(() => {
            // Refused, or failed: both are what is measured here.
          });
        await sleep(2);
      }
    }),
  );
  for (const { registry, client } of members) {
    registry.stop();
    client.disconnect();
  }
  waits.sort((a, b) => a - b);
  const at = (share: number): number => waits[Math.ceil(share * waits.length) - 1] ?? 0;
  return {
    longestMs: at(1),
    lagMs: lag.max / 1e6,
    figures: [
      { what: 'a call waits for the lease of a probe, p50', value: at(0.5), unit: 'ms', check: 'none' },
      { what: 'the same, p99', value: at(0.99), unit: 'ms', check: 'none' },
      { what: 'the same, at most', value: at(1), unit: 'ms', check: 'none' },
      { what: 'how late this process was, p99', value: lag.percentile(99) / 1e6, unit: 'ms', check: 'none' },
      { what: 'how late this process was at most', value: lag.max / 1e6, unit: 'ms', check: 'none' },
    ],
  };
}

/** What a call of a closed circuit costs in a fleet, as a multiple of what it costs without. */
async function callFigure(): Promise<Figure> {
  const [alone, member] = [createToolRegistry(), createToolRegistry()];
  joinFleet(member, { store: memoryStore(), namespace: 'agents' });
  const fn = async (): Promise<string> => 'found';
  const measured = (registry: ToolRegistry) => async (): Promise<number> => {
    let last: Promise<string> | undefined;
    const ms = timeMs(() => {
      for (let call = 0; call < 2_000; call += 1) last = registry.execute('search', fn);
    });
    await last;
    return ms;
  };
  const took = await inTurns(
    { rounds: 100, ms: 3_000 },
    { alone: measured(alone), member: measured(member) },
  );
  alone.stop();
  member.stop();
  const value = took.member.least / took.alone.least;
  return {
    what: 'a call of a closed circuit, as a multiple of one without a fleet',
    value,
    unit: '',
    check: 'none',
  };
}

/** What the docs say, by the name of the row. */
function claims(): ReadonlyMap<string, number> {
  const text = readFileSync(new URL('../../docs/fleet.md', import.meta.url), 'utf8');
  return new Map(
    [...text.matchAll(/^\| (.+?) \| ([\d.,]+)(?: \w+)? \|$/gm)].map(([, what = '', figure = '']) => [
      what,
      Number(figure.replaceAll(',', '')),
    ]),
  );
}

const shown = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** Measures what a fleet costs, and holds what the docs say against it. @returns What is wrong. */
export async function proveCost(): Promise<string[]> {
  const redis = await startRedis();
  const other = await startRedis();
  const faults: string[] = [];
  try {
    const store = await storeFigures(redis.url);
    const { figures: leases, longestMs, lagMs } = await leaseFigures(other.url);
    const call = await callFigure();
    if (call.value > 1.03)
      faults.push(`a call costs ${shown(call.value)} times what it does without a fleet`);
    // The deadline, the time until a busy process gets round to its timer, and until the call is made after it.
    if (longestMs > 110 + 2 * lagMs) faults.push(`a call waited ${shown(longestMs)} ms for a lease`);
    const claimed = claims();
    console.log(`\nWhat a fleet costs, with a poll of ${pollMs / 1_000} s:`);
    for (const { what, value, unit, check } of [...store, ...leases, call]) {
      const claim = claimed.get(what);
      const said = claim === undefined ? '' : `   (docs: ${claim})`;
      console.log(`  ${what}: ${shown(value)}${unit === '' ? '' : ` ${unit}`}${said}`);
      if (check === 'none') continue;
      if (claim === undefined) faults.push(`docs/fleet.md says nothing of: ${what}`);
      else if (value / claim > 1.03 || (check === 'same' && value / claim < 0.97))
        faults.push(`docs/fleet.md is off: ${what}`);
    }
  } finally {
    await redis.kill();
    await other.kill();
  }
  return faults;
}
