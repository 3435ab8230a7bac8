import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { freePort } from '../../test/support/redis-server.ts';
import type { MemberOrders, MemberReport, Poison } from './member.ts';

/** How large a fleet is, and how fast it calls. */
export interface PoisonedFleetOptions {
  /** The bundled program of a member. */
  readonly program: string;
  readonly redis: string;
  /** How many members there are, with the poisoned one. */
  readonly size: number;
  readonly tools: number;
  /** How many more tools nobody but the poisoned member calls, until the end. */
  readonly rareTools: number;
  /** How long a healthy member waits between two calls, in ms. */
  readonly callMs: number;
  readonly pollMs: number;
  readonly poison: Poison;
  readonly onProgress?: (what: string) => void;
}

/** One stretch of a run: what the healthy members together counted in it, and the poisoned one. */
export interface Stretch {
  readonly healthy: Totals;
  readonly poisoned: MemberReport;
}

/** What several members counted together. */
interface Totals {
  readonly calls: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly refused: number;
  readonly openedByFleet: number;
  readonly storeCalls: number;
  readonly storeMisses: number;
  /** How many of them had any call refused. */
  readonly membersRefused: number;
  /** What calls failed with since the start, each once. */
  readonly failures: readonly string[];
  /** Circuits that were not closed at the end. */
  readonly notClosed: number;
}

/** How many members are started at a time. */
const batch = 8;

/** The tools: what has the right key is answered. */
async function toolServer(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer(({ headers }, response) => {
    const isRight = headers.authorization === 'Bearer valid';
    response.writeHead(isRight ? 200 : 401).end(isRight ? 'found' : 'the key has expired');
  });
  // A connection that the server closes just when a busy client uses it again would be a failure of neither.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A process that is a member. */
class MemberProcess {
  readonly #child: ChildProcess;
  readonly #ready: Promise<void>;

  constructor(program: string, orders: MemberOrders) {
    this.#child = fork(program, [JSON.stringify(orders)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#ready = this.#hear('ready').then(() => {});
  }

  ready = (): Promise<void> => this.#ready;

  go(): void {
    this.#child.send('go');
  }

  /** Calls the rare tools. */
  async callRare(): Promise<void> {
    const heard = this.#hear('rare');
    this.#child.send('rare');
    await heard;
  }

  async report(): Promise<MemberReport> {
    const heard = this.#hear('report');
    this.#child.send('report');
    return (await heard).report;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.send('end');
    await gone;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #hear(what: string): Promise<{ report: MemberReport }> {
    return new Promise((resolve, reject) => {
      const child = this.#child;
      const onExit = (): void => reject(new Error('a member has ended before its time'));
      child.once('exit', onExit);
      child.on('message', function hear(message: { says: string; report: MemberReport }) {
        if (message.says !== what) return;
        child.off('message', hear);
        child.off('exit', onExit);
        resolve(message);
      });
    });
  }
}

const differing = [
  'calls',
  'succeeded',
  'failed',
  'refused',
  'openedByFleet',
  'storeCalls',
  'storeMisses',
] as const;

/** What healthy members counted between two reports. */
function totals(before: readonly (MemberReport | undefined)[], after: readonly MemberReport[]): Totals {
  const sums = Object.fromEntries(
    differing.map((field) => [
      field,
      after.reduce((sum, each, index) => sum + each[field] - (before[index]?.[field] ?? 0), 0),
    ]),
  ) as Record<(typeof differing)[number], number>;
  return {
    ...sums,
    membersRefused: after.filter(({ refused }, index) => refused > (before[index]?.refused ?? 0)).length,
    failures: [...new Set(after.flatMap(({ failures }) => failures))],
    notClosed: after.reduce((sum, { notClosed }) => sum + notClosed, 0),
  };
}

/**
 * Runs a fleet of real processes on one server of Redis, of which one fails every call it makes. It calls from the first moment,
 * when the others have not been heard of yet (`cold`), and goes on when all others have called every tool (`warm`), until it has
 * voted on every tool and the others have called every tool twice more. At last (`rare`) each healthy member calls the tools that
 * only the poisoned one has called.
 */
export async function runPoisonedFleet(
  options: PoisonedFleetOptions,
): Promise<Record<'cold' | 'warm' | 'rare', Stretch>> {
  const { program, redis, size, tools, rareTools, callMs, pollMs, poison, onProgress = () => {} } = options;
  const server = await toolServer();
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const members: MemberProcess[] = [];
  try {
    for (let index = 0; index < size; index += 1) {
      const orders: MemberOrders = {
        redis,
        namespace: 'poisoned',
        name: `member-${index}`,
        server: server.url,
        nowhere,
        tools,
        rareTools,
        // The last one is poisoned. It begins where all others do not.
        first: Math.floor((index * tools) / size),
        callMs,
        pollMs,
        poison: index === size - 1 ? poison : 'none',
      };
      members.push(new MemberProcess(program, orders));
      if (index % batch === batch - 1) await Promise.all(members.map((member) => member.ready()));
    }
    await Promise.all(members.map((member) => member.ready()));
    onProgress(`${size} processes have joined`);
    const poisoned = members.at(-1) as MemberProcess;
    const healthy = members.slice(0, -1);
    const reports = (): Promise<MemberReport[]> => Promise.all(healthy.map((member) => member.report()));
    /** Waits until each healthy member has made so many rounds that the store knows of them, and more. */
    const untilAll = async (is: (report: MemberReport) => boolean): Promise<MemberReport[]> => {
      for (;;) {
        const all = await reports();
        if (all.every(is)) return all;
        await new Promise((resolve) => setTimeout(resolve, 2 * pollMs));
      }
    };
    for (const member of members) member.go();
    const warm = await untilAll(({ roundsTold }) => roundsTold >= 1);
    const poisonedWarm = await poisoned.report();
    onProgress('every healthy member has called every tool');
    const roundsBefore = Math.max(...warm.map(({ rounds }) => rounds));
    for (;;) {
      const { rounds } = await poisoned.report();
      if (rounds >= poisonedWarm.rounds + 2) break;
      await new Promise((resolve) => setTimeout(resolve, 2 * pollMs));
    }
    onProgress('the poisoned member has failed with every tool');
    const end = await untilAll(({ rounds }) => rounds >= roundsBefore + 2);
    const poisonedEnd = await poisoned.report();
    for (const member of healthy) await member.callRare();
    const last = await reports();
    const poisonedLast = await poisoned.report();
    await Promise.all(members.map((member) => member.end()));
    return {
      cold: { healthy: totals([], warm), poisoned: poisonedWarm },
      warm: { healthy: totals(warm, end), poisoned: poisonedEnd },
      rare: { healthy: totals(end, last), poisoned: poisonedLast },
    };
  } finally {
    for (const member of members) member.kill();
    server.close();
  }
}
