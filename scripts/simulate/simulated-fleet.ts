import { createToolRegistry, type ToolRegistry } from 'toolfuse';
import { type FleetOptions, type FleetStore, joinFleet, memoryStore } from 'toolfuse/fleet';
import { WheelClock } from './wheel-clock.ts';

/** What is simulated. Durations are in ms. */
export interface Scene {
  readonly members: number;
  readonly tools: number;
  readonly seconds: number;
  /** How often a member calls one of its tools, and how many tools it uses: the dead one and some others. */
  readonly callMs: number;
  readonly toolsEach: number;
  readonly failureThreshold: number;
  /** How the members share; null if they do not. */
  readonly sharing: Pick<FleetOptions, 'minVotes' | 'share'> | null;
  /** Whether messages are lost, members cut off and networks broken. */
  readonly isCalm?: boolean;
}

/** What came of it. */
export interface Outcome {
  /** How long after the tool's death half of the members, and 99 % of them, had its circuit open; null if they never had. */
  readonly halfKnewMs: number | null;
  readonly nearlyAllKnewMs: number | null;
  /** Calls of the dead tool that were made, and how many of them were probes. */
  readonly wasted: number;
  readonly probes: number;
  /** The most probes of the dead tool at one instant, by a lease, and of any kind. */
  readonly mostProbes: number;
  /** Calls of a tool that works, refused in members whose network works. */
  readonly wronglyRefused: number;
  /** All calls that members wanted to make. */
  readonly calls: number;
  readonly storeCallsPerSecond: number;
}

/** When the tool dies, when it works again, and when a tenth of the members is cut off from the store, in ms. */
export const times = { dies: 10_000, works: 70_000, cut: 20_000, heals: 40_000 } as const;
const deadTool = 'tool-0';

/** How long a call takes. */
const durationMs = 50;

/** How often it is counted how many members know. */
const lookMs = 250;

/** Numbers from 0 up to 1 that are the same in each run. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** Members whose network is broken: one in 1 000. */
const isPoisoned = (index: number, members: number): boolean =>
  index % 1_000 === Math.floor(Math.min(members, 1_000) / 2);

/** Simulates one fleet on one clock, with real registries, real circuits and the store in memory. */
export async function simulate(scene: Scene): Promise<Outcome> {
  const {
    members: size,
    tools: toolCount,
    callMs,
    toolsEach,
    failureThreshold,
    sharing,
    isCalm = false,
  } = scene;
  const clock = new WheelClock();
  const chance = chances(1);
  const inner = memoryStore({ clock });
  const counts = { wasted: 0, probes: 0, mostProbes: 0, wronglyRefused: 0, calls: 0, storeCalls: 0 };
  let probing = 0;
  const isCutOff = (index: number): boolean =>
    !isCalm && index % 10 === 9 && clock.now() >= times.cut && clock.now() < times.heals;
  const storeOf = (index: number): FleetStore => ({
    eval(...asked) {
      counts.storeCalls += 1;
      return isCutOff(index) ? new Promise(() => {}) : inner.eval(...asked);
    },
    subscribe: (channel, onMessage) =>
      inner.subscribe(channel, (message) => {
        if (isCalm) onMessage(message);
        else if (isCutOff(index) || chance() < 0.1) return;
        else if (chance() < 0.5) onMessage(message);
        else clock.setTimeout(() => onMessage(message), 500 * chance());
      }),
  });

  const members: ToolRegistry[] = [];
  for (let index = 0; index < size; index += 1) {
    const isIll = !isCalm && isPoisoned(index, size);
    const registry = createToolRegistry({
      clock,
      random: chance,
      circuit: { failureThreshold },
      recovery: { maxOpenCircuits: Infinity },
    });
    members.push(registry);
    if (sharing !== null) {
      const options = { store: storeOf(index), namespace: 'simulated', member: `m${index}`, ...sharing };
      clock.setTimeout(() => joinFleet(registry, options), 1_000 * chance());
    }
    const tools = [deadTool];
    while (tools.length < toolsEach) tools.push(`tool-${1 + Math.floor(chance() * (toolCount - 1))}`);
    const call = (): void => {
      clock.setTimeout(call, callMs * (0.5 + chance()));
      const tool = tools[Math.floor(chance() * tools.length)] ?? deadTool;
      const now = clock.now();
      const isDead = tool === deadTool && now >= times.dies && now < times.works;
      counts.calls += 1;
      registry
        .execute(tool, async ({ probe }) => {
          const counted = isDead && !isIll;
          counts.wasted += Number(counted);
          counts.probes += Number(counted && probe);
          probing += Number(counted && probe);
          counts.mostProbes = Math.max(counts.mostProbes, probing);
          await new Promise<void>((resolve) => clock.setTimeout(resolve, durationMs));
          probing -= Number(counted && probe);
          if (isDead || isIll) throw new Error('connect ECONNREFUSED');
        })
        .catch((error: { code?: string }) => {
          const works = !isIll && !(tool === deadTool && now >= times.dies);
          if (error.code === 'ERR_CIRCUIT_OPEN' && works) counts.wronglyRefused += 1;
        });
    };
    clock.setTimeout(call, callMs * chance());
  }

  const healthy = members.filter((_, index) => isCalm || !isPoisoned(index, size));
  const hasLearned = new Set<ToolRegistry>();
  let halfKnewMs: number | null = null;
  let nearlyAllKnewMs: number | null = null;
  const look = (): void => {
    const now = clock.now();
    if (now < times.works && nearlyAllKnewMs === null) clock.setTimeout(look, lookMs);
    if (now >= times.dies) {
      for (const each of healthy) if (each.state(deadTool) !== 'closed') hasLearned.add(each);
      if (hasLearned.size >= healthy.length / 2) halfKnewMs ??= now - times.dies;
      if (hasLearned.size >= 0.99 * healthy.length) nearlyAllKnewMs = now - times.dies;
    }
  };
  clock.setTimeout(look, lookMs);
  await clock.runUntil(1_000 * scene.seconds);
  for (const registry of members) registry.stop();
  const { storeCalls, ...others } = counts;
  return {
    ...others,
    storeCallsPerSecond: storeCalls / scene.seconds,
    halfKnewMs,
    nearlyAllKnewMs,
  };
}
