/**
 * Simulates a large fleet on one clock, with real registries, real circuits and the store in memory:
 *
 *     npm run simulate                          10 000 members, 1 000 tools
 *     npm run simulate -- --members 500         fewer
 *
 * Half a minute in, one tool dies for a minute; and the network of some members is broken all the time. The same calls are made
 * without a fleet, by a fleet without a quorum (one vote opens for all), and by a fleet with its defaults; one message in ten is
 * lost, others are late, and a tenth of the members is cut off from the store for twenty seconds.
 */
import { parseArgs } from 'node:util';
import { createToolRegistry, type ToolRegistry } from 'toolfuse';
import { type FleetStore, joinFleet, memoryStore } from 'toolfuse/fleet';

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '10000' },
    tools: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '120' },
  },
});
const size = Number(values.members);
const toolCount = Number(values.tools);
const endAt = Number(values.seconds) * 1_000;

const diesAt = 30_000;
const recoversAt = 90_000;
const cutAt = 40_000;
const healsAt = 60_000;
const deadTool = 'tool-0';

/** How often each member calls one of its tools, in ms, and how many tools it uses: the dead one and some others. */
const callMs = 4_000;
const toolsEach = 3;

/** Timers by due time, in a binary heap: a clock for very many of them. */
class HeapClock {
  #now = 0;
  readonly #heap: { at: number; fn: (() => void) | undefined }[] = [];

  now = (): number => this.#now;
  wallNow = (): number => this.#now;

  setTimeout = (fn: () => void, ms: number): unknown => {
    const timer = { at: this.#now + Math.max(0, ms), fn };
    const heap = this.#heap;
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= timer.at) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = timer;
    return timer;
  };

  clearTimeout = (timer: unknown): void => {
    if (timer !== undefined) (timer as { fn: undefined }).fn = undefined;
  };

  /** Runs until an instant; promises settle between timers of different instants. */
  async runUntil(end: number): Promise<void> {
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      if (next.at > this.#now) {
        // The stores and the members take a few turns of the microtask queue to answer each other.
        for (let turn = 0; turn < 12; turn += 1) await undefined;
        if (this.#heap[0] !== next) continue;
        this.#now = next.at;
      }
      this.#pop();
      next.fn?.();
    }
    this.#now = end;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const right = heap[child + 1];
      if (right !== undefined && right.at < (heap[child]?.at ?? Infinity)) child += 1;
      const below = heap[child];
      if (below === undefined || below.at >= last.at) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

/** Numbers from 0 up to 1 that are the same in each run. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

interface Outcome {
  readonly name: string;
  /** How long after its death nobody in the fleet but those cut off called the tool any more without a lease, in ms. */
  detectedAfterMs: number;
  wasted: number;
  probes: number;
  /** Calls of a tool that works, refused in members whose network works. */
  wronglyRefused: number;
  storeCalls: number;
  opened: number;
}

type Kind = 'none' | 'no quorum' | 'quorum';

async function run(name: string, kind: Kind): Promise<Outcome> {
  const clock = new HeapClock();
  const chance = chances(1);
  const inner = memoryStore({ clock });
  const outcome: Outcome = {
    name,
    detectedAfterMs: 0,
    wasted: 0,
    probes: 0,
    wronglyRefused: 0,
    storeCalls: 0,
    opened: 0,
  };
  const isCutOff = (index: number): boolean =>
    index % 10 === 9 && clock.now() >= cutAt && clock.now() < healsAt;
  const storeOf = (index: number): FleetStore => ({
    eval(...asked) {
      outcome.storeCalls += 1;
      return isCutOff(index) ? new Promise(() => {}) : inner.eval(...asked);
    },
    subscribe: (channel, onMessage) =>
      inner.subscribe(channel, (message) => {
        if (isCutOff(index) || chance() < 0.1) return;
        if (chance() < 0.5) onMessage(message);
        else clock.setTimeout(() => onMessage(message), 500 * chance());
      }),
  });
  const isPoisoned = (index: number): boolean => index % 1_000 === Math.floor(Math.min(size, 1_000) / 2);
  const members: ToolRegistry[] = [];
  for (let index = 0; index < size; index += 1) {
    const registry = createToolRegistry({ clock, random: chance, recovery: { maxOpenCircuits: Infinity } });
    members.push(registry);
    if (kind !== 'none') {
      const quorum = kind === 'quorum' ? {} : { minVotes: 1, share: 1e-9 };
      const join = (): unknown =>
        joinFleet(registry, {
          store: storeOf(index),
          namespace: 'simulated',
          member: `m${index}`,
          ...quorum,
        });
      clock.setTimeout(join, 1_000 * chance());
    }
    const tools = [deadTool];
    while (tools.length < toolsEach) tools.push(`tool-${1 + Math.floor(chance() * (toolCount - 1))}`);
    const call = (): void => {
      clock.setTimeout(call, callMs * (0.5 + chance()));
      const tool = tools[Math.floor(chance() * tools.length)] ?? deadTool;
      const now = clock.now();
      const isDead = tool === deadTool && now >= diesAt && now < recoversAt;
      const fails = isDead || isPoisoned(index);
      let isProbe = false;
      registry
        .execute(tool, async ({ probe }) => {
          isProbe = probe;
          if (fails) throw new Error('connect ECONNREFUSED');
        })
        .then(
          () => {},
          (error: { code?: string }) => {
            if (error.code === 'ERR_CIRCUIT_OPEN') {
              if (!fails && !(tool === deadTool && now >= diesAt)) outcome.wronglyRefused += 1;
            } else if (isDead && !isPoisoned(index)) {
              outcome.wasted += 1;
              if (isProbe) outcome.probes += 1;
              else if (!isCutOff(index)) outcome.detectedAfterMs = now - diesAt;
            }
          },
        );
    };
    clock.setTimeout(call, callMs * chance());
  }
  await clock.runUntil(endAt);
  outcome.opened = members.reduce((sum, each) => sum + (each.metrics().fleet?.opened ?? 0), 0);
  for (const registry of members) registry.stop();
  return outcome;
}

const startedAt = performance.now();
console.log(
  `${size} members, ${toolCount} tools, ${endAt / 1_000} s simulated. ${deadTool} is dead from ${diesAt / 1_000} s to ${recoversAt / 1_000} s; one member in 1 000 has a broken network, one in 10 is cut off from the store from ${cutAt / 1_000} s to ${healsAt / 1_000} s; a tenth of all messages is lost.\n`,
);
const kinds: readonly [string, Kind][] = [
  ['without a fleet', 'none'],
  ['a fleet, one vote opens for all', 'no quorum'],
  ['a fleet with its defaults', 'quorum'],
];
for (const [name, kind] of kinds) {
  const { detectedAfterMs, wasted, probes, wronglyRefused, storeCalls } = await run(name, kind);
  console.log(`${name}:
  the last call that was no probe failed ${(detectedAfterMs / 1_000).toFixed(1)} s after the tool died
  ${wasted} calls of the dead tool were made, ${probes} of them probes
  ${wronglyRefused} calls were refused although their tool worked for their member
  ${(storeCalls / (endAt / 1_000)).toFixed(0)} store operations a second, ${(storeCalls / (endAt / 1_000) / size).toFixed(2)} a member`);
}
console.log(`\nIt took ${((performance.now() - startedAt) / 1_000).toFixed(0)} s.`);
