/** One of the processes of the demo of a fleet: it calls one tool again and again, and says how that went when it is asked. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { CircuitOpenError, createToolRegistry } from 'toolfuse';
import { fromIoredis, joinFleet } from 'toolfuse/fleet';

/** What a process is told at its start, as JSON in its first argument. */
export interface ProcessOrders {
  readonly name: string;
  /** The server of the tool. */
  readonly tool: string;
  /** The store of the fleet; null for a process that is alone. */
  readonly redis: string | null;
  /** How long it waits between two calls, in ms. */
  readonly callMs: number;
}

/** How it went so far. */
export interface ProcessReport {
  readonly succeeded: number;
  /** Calls that the tool answered with an error, and how many of them were probes. */
  readonly wasted: number;
  readonly probes: number;
  readonly refused: number;
  /** Errors that are neither the tool's nor a refusal: there must be none. */
  readonly others: number;
  readonly isClosed: boolean;
  /** How often its store was given up, and whether it is there. */
  readonly degradations: number;
  readonly isConnected: boolean;
}

const { name, tool, redis, callMs } = JSON.parse(process.argv[2] ?? '{}') as ProcessOrders;
const registry = createToolRegistry({
  circuit: { failureThreshold: 5, minBackoffMs: 500, maxBackoffMs: 2_000 },
  recovery: { maxOpenCircuits: Infinity },
});
const counts = { succeeded: 0, wasted: 0, probes: 0, refused: 0, others: 0 };
const client = redis === null ? undefined : new Redis(redis, { maxRetriesPerRequest: null });
client?.on('error', () => {});
const fleet =
  client && joinFleet(registry, { store: fromIoredis(client), namespace: 'demo', member: name, pollMs: 250 });

async function call(): Promise<void> {
  let isProbe = false;
  try {
    await registry.execute('search', async ({ signal, probe }) => {
      isProbe = probe;
      const response = await fetch(tool, { signal });
      const text = await response.text();
      if (!response.ok) throw Object.assign(new Error(text), { status: response.status });
      return text;
    });
    counts.succeeded += 1;
  } catch (error) {
    if (error instanceof CircuitOpenError) counts.refused += 1;
    else if ((error as { status?: unknown }).status === 503) {
      counts.wasted += 1;
      counts.probes += Number(isProbe);
    } else counts.others += 1;
  }
}

const report = (): ProcessReport => ({
  ...counts,
  isClosed: registry.state('search') === 'closed',
  degradations: fleet?.status().degradations ?? 0,
  isConnected: fleet?.status().state === 'connected',
});

let isEnding = false;
process.on('message', (message) => {
  if (message === 'end') isEnding = true;
  else process.send?.(report());
});
process.once('disconnect', () => process.exit());
while (!isEnding) {
  await call();
  await sleep(callMs);
}
await fleet?.leave();
registry.stop();
client?.disconnect();
process.disconnect?.();
