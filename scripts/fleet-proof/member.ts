/**
 * One member of the fleet that `npm run fleet:proof -- poisoned` starts, as a process of its own. It calls all tools of a real
 * server over HTTP, one after another, and tells its parent how they fared.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { CircuitOpenError, createToolRegistry } from 'toolfuse';
import { fromIoredis, joinFleet } from 'toolfuse/fleet';

/** What is wrong with a member: nothing; it reaches no tool; or its key is taken by none. */
export type Poison = 'none' | 'network' | 'credentials';

/** What a member is told at its start, as JSON in its first argument. */
export interface MemberOrders {
  readonly redis: string;
  readonly namespace: string;
  readonly name: string;
  /** The server of the tools, and a place where nothing listens. */
  readonly server: string;
  readonly nowhere: string;
  readonly tools: number;
  /** How many more tools there are, which nobody but the poisoned member calls until the others are told to. */
  readonly rareTools: number;
  /** The tool that it calls first. */
  readonly first: number;
  /** How long it waits between two calls, in ms. */
  readonly callMs: number;
  readonly pollMs: number;
  readonly poison: Poison;
}

/** What a member tells its parent. */
export interface MemberReport {
  /** How often it has called, or wanted to call, every tool. */
  readonly rounds: number;
  /** The rounds that had ended when the store last took in its signs of life. */
  readonly roundsTold: number;
  readonly calls: number;
  readonly succeeded: number;
  readonly failed: number;
  /** What the first calls failed with, each once. */
  readonly failures: readonly string[];
  /** Calls that were refused, and how many tools they were of. */
  readonly refused: number;
  readonly refusedTools: number;
  /** Circuits that are not closed here. */
  readonly notClosed: number;
  /** Its votes: how many were counted by the store, the most of one circuit, and the fewest that a circuit needed. */
  readonly voted: number;
  readonly mostVotes: number;
  readonly fewestNeeded: number;
  /** How often the fleet opened a circuit of a tool that others call. */
  readonly openedByFleet: number;
  readonly storeCalls: number;
  readonly storeMisses: number;
}

async function main(orders: MemberOrders): Promise<void> {
  const client = new Redis(orders.redis, { maxRetriesPerRequest: null });
  client.on('error', () => {});
  const registry = createToolRegistry({
    circuit: { failureThreshold: 3, minBackoffMs: 1_000, maxBackoffMs: 4_000 },
    recovery: { maxOpenCircuits: Infinity },
  });
  const { namespace, name, pollMs, tools, poison } = orders;
  const fleet = joinFleet(registry, { store: fromIoredis(client), namespace, member: name, pollMs });
  const counts = { calls: 0, succeeded: 0, failed: 0, refused: 0, voted: 0, mostVotes: 0, rounds: 0 };
  let fewestNeeded = Infinity;
  let roundsTold = 0;
  const refusedTools = new Set<string>();
  const failures = new Set<string>();
  let openedByFleet = 0;
  registry.on('fleet.opened', ({ tool }) => {
    openedByFleet += Number(tool.startsWith('tool-'));
  });
  registry.on('fleet.voted', ({ votes, needed }) => {
    counts.voted += 1;
    counts.mostVotes = Math.max(counts.mostVotes, votes);
    fewestNeeded = Math.min(fewestNeeded, needed);
  });

  const base = poison === 'network' ? orders.nowhere : orders.server;
  const headers = { authorization: poison === 'credentials' ? 'Bearer expired' : 'Bearer valid' };
  /** @returns When a refused call is worth trying again, in ms; undefined for one that was made. */
  const call = async (tool: string): Promise<number | undefined> => {
    counts.calls += 1;
    try {
      await registry.execute(tool, async ({ signal }) => {
        const response = await fetch(`${base}/${tool}`, { headers, signal });
        const text = await response.text();
        if (!response.ok) throw Object.assign(new Error(text), { status: response.status });
        return text;
      });
      counts.succeeded += 1;
    } catch (error) {
      if (error instanceof CircuitOpenError) {
        counts.refused += 1;
        refusedTools.add(tool);
        return error.retryAfterMs ?? 0;
      }
      counts.failed += 1;
      const { message, cause } = error as Error;
      if (failures.size < 3) failures.add(cause instanceof Error ? `${message}: ${cause.message}` : message);
    }
    return undefined;
  };

  const report = (): MemberReport => {
    const { storeCalls, storeMisses } = fleet.status();
    return {
      ...counts,
      roundsTold,
      refusedTools: refusedTools.size,
      failures: [...failures],
      notClosed: registry.circuits().filter(({ id }) => registry.state(id) !== 'closed').length,
      fewestNeeded: Number.isFinite(fewestNeeded) ? fewestNeeded : 0,
      openedByFleet,
      storeCalls,
      storeMisses,
    };
  };

  // Nothing is left to do for a member whose parent has ended.
  process.once('disconnect', () => process.exit());
  let isEnding = false;
  const callRareTools = async (): Promise<void> => {
    for (let index = 0; index < orders.rareTools; index += 1) {
      // The poisoned member may be probing it at this very moment.
      for (;;) {
        const retryAfterMs = await call(`rare-${index}`);
        if (retryAfterMs === undefined) break;
        await sleep(retryAfterMs);
      }
    }
    process.send?.({ says: 'rare' });
  };
  process.on('message', (message) => {
    if (message === 'rare') void callRareTools();
    if (message === 'report') process.send?.({ says: 'report', report: report() });
    if (message === 'end') isEnding = true;
  });
  await new Promise<void>((resolve) => {
    if (fleet.status().state === 'connected') resolve();
    else registry.on('fleet.connected', () => resolve());
  });
  process.send?.({ says: 'ready' });
  await new Promise<void>((resolve) => process.on('message', (message) => message === 'go' && resolve()));
  const all = poison === 'none' ? tools : tools + orders.rareTools;
  for (let index = orders.first; !isEnding; index += 1) {
    const at = index % all;
    const tool = at < tools ? `tool-${at}` : `rare-${at - tools}`;
    await call(tool);
    // A poisoned agent tries again at once, until its own circuit opens: nothing is as loud as what fails.
    for (let again = 0; poison !== 'none' && again < 2; again += 1) await call(tool);
    if ((index + 1 - orders.first) % all === 0) {
      counts.rounds += 1;
      const { rounds } = counts;
      // Two ticks begin after this: the second of them has told of every call of the round.
      const before = fleet.status().storeCalls;
      void (async () => {
        while (fleet.status().storeCalls < before + 2 && !isEnding) await sleep(pollMs / 2);
        roundsTold = Math.max(roundsTold, rounds);
      })();
    }
    await sleep(poison === 'none' ? orders.callMs * (0.5 + Math.random()) : orders.callMs / 5);
  }
  await fleet.leave();
  registry.stop();
  client.disconnect();
  process.disconnect?.();
}

await main(JSON.parse(process.argv[2] ?? '{}') as MemberOrders);
