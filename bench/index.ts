/**
 * What toolfuse costs, beside what it is held against, in one run. Ratios carry over from machine to machine; the
 * figures themselves do not.
 */
import { ConsecutiveBreaker, circuitBreaker, handleAll, SamplingBreaker } from 'cockatiel';
import CircuitBreaker from 'opossum';
import { Bench } from 'tinybench';
import { createToolRegistry, type ToolRegistry, timeWindow } from 'toolfuse';
import { startBareChild, startParent } from './bare-child.ts';
import { collectGarbage, inTurns, print, type Row, timeMs } from './measure.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `tool-${index}`);
const thousand = names(1_000);
const many = { maxTools: Infinity } as const;
/** Keeps results, so that nothing measured is optimised away, or collected too soon. */
const sink: { last?: unknown } = {};

function registryOf(
  tools: readonly string[],
  options: Parameters<typeof createToolRegistry>[0] = {},
): ToolRegistry {
  const registry = createToolRegistry({ ...many, ...options });
  for (const tool of tools) registry.tool(tool);
  return registry;
}

const neverTrips = Number.MAX_SAFE_INTEGER;
const breakerOf = () =>
  circuitBreaker(handleAll, { halfOpenAfter: 60_000, breaker: new ConsecutiveBreaker(neverTrips) });

/** Nanoseconds each of fast operations, measured by tinybench. */
async function nanoseconds(operations: Record<string, () => unknown>): Promise<Record<string, number>> {
  const bench = new Bench({ time: 400, warmupTime: 150 });
  for (const [name, operation] of Object.entries(operations)) bench.add(name, operation);
  await bench.run();
  return Object.fromEntries(
    bench.tasks.map(({ name, result }) => [
      name,
      'latency' in result ? result.latency.p50 * 1e6 : Number.NaN,
    ]),
  );
}

/** One round over a thousand tools: a single operation is too short for a timer to see. */
const overThousand = (operation: (tool: string) => unknown) => () => {
  for (const tool of thousand) sink.last = operation(tool);
};

async function allowRequest(): Promise<Row[]> {
  const registry = registryOf(thousand);
  const map = new Map(thousand.map((tool) => [tool, { tool }]));
  const opossums = new Map(thousand.map((tool) => [tool, new CircuitBreaker(async () => tool)]));
  const cockatiels = new Map(thousand.map((tool) => [tool, breakerOf()]));
  const took = await nanoseconds({
    ours: overThousand((tool) => registry.allowRequest(tool)),
    map: overThousand((tool) => map.get(tool)),
    opossum: overThousand((tool) => opossums.get(tool)?.opened),
    cockatiel: overThousand((tool) => cockatiels.get(tool)?.state),
  });
  for (const opossum of opossums.values()) opossum.shutdown();
  const each = (name: string): number => (took[name] ?? Number.NaN) / thousand.length;
  const row = (what: string, name: string): Row => ({
    what,
    ours: each('ours'),
    theirs: each(name),
    unit: 'ns',
  });
  return [
    { ...row('allowRequest : a Map lookup of the same keys', 'map'), target: 3 },
    row('allowRequest : a Map of opossums, reading .opened', 'opossum'),
    row('allowRequest : a Map of cockatiels, reading .state', 'cockatiel'),
  ];
}

function spawning(): Row[] {
  // As many in all, so that warming up weighs the same: one registry of 20 000, or ten of 2 000.
  const total = 20_000;
  const each = (count: number, spawn: (tools: readonly string[]) => number) => () => {
    const tools = names(count);
    let ms = 0;
    for (let left = total; left > 0; left -= count) ms += spawn(tools);
    return (ms / total) * 1000;
  };
  const spawnOurs = (tools: readonly string[]): number => {
    const registry = createToolRegistry(many);
    const ms = timeMs(() => {
      for (const tool of tools) registry.tool(tool);
    });
    registry.stop();
    return ms;
  };
  const spawnBare = (tools: readonly string[]): number => {
    const parent = startParent();
    return timeMs(() => {
      for (const tool of tools) startBareChild(parent, tool);
    });
  };
  const us = inTurns(5, {
    few: each(2_000, spawnOurs),
    bareFew: each(2_000, spawnBare),
    lots: each(20_000, spawnOurs),
    bareLots: each(20_000, spawnBare),
  });
  return [
    {
      what: 'a tool : a bare XState child, of 2 000',
      ours: us.few,
      theirs: us.bareFew,
      unit: 'us',
      target: 1.5,
    },
    {
      what: 'a tool : a bare XState child, of 20 000',
      ours: us.lots,
      theirs: us.bareLots,
      unit: 'us',
      target: 1.5,
    },
    { what: 'a tool of 20 000 : a tool of 2 000', ours: us.lots, theirs: us.few, unit: 'us', target: 1.25 },
  ];
}

function stopping(): Row[] {
  const stopMs = (count: number) => () => {
    const registry = createToolRegistry({ ...many, circuit: { failureThreshold: 1, minBackoffMs: 120_000 } });
    for (const tool of names(count)) registry.recordFailure(tool, 'timeout');
    if (registry.openCircuitCount() !== count) throw new Error('not all circuits are open');
    return timeMs(() => registry.stop());
  };
  const ms = inTurns(3, { half: stopMs(10_000), whole: stopMs(20_000) });
  return [
    {
      what: 'stopping 20 000 open circuits : 10 000',
      ours: ms.whole,
      theirs: ms.half,
      unit: 'ms',
      target: 2.5,
    },
    {
      what: 'stopping 20 000 open circuits : a second',
      ours: ms.whole,
      theirs: 1_000,
      unit: 'ms',
      target: 1,
    },
  ];
}

function memory(): Row[] {
  const tools = names(20_000);
  const bytesEach = (make: () => unknown) => () => {
    sink.last = undefined;
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    const kept = make();
    collectGarbage();
    const used = (process.memoryUsage().heapUsed - before) / tools.length;
    sink.last = kept;
    return used;
  };
  const bytes = inTurns(5, {
    ours: bytesEach(() => registryOf(tools)),
    bare: bytesEach(() => {
      const parent = startParent();
      return tools.map((tool) => startBareChild(parent, tool));
    }),
  });
  sink.last = undefined;
  return [
    {
      what: 'memory of a tool : of a bare XState child',
      ours: bytes.ours,
      theirs: bytes.bare,
      unit: 'bytes',
      target: 1.3,
    },
  ];
}

async function pausing(): Promise<Row[]> {
  const withOpen = (count: number): ToolRegistry => {
    const registry = registryOf(names(count));
    registry.isolate('tool-0');
    return registry;
  };
  const [few, lots] = [withOpen(10), withOpen(100_000)];
  const took = await nanoseconds({
    few: overThousand(() => few.shouldPauseForRecovery()),
    lots: overThousand(() => lots.shouldPauseForRecovery()),
  });
  const each = (name: string): number => (took[name] ?? Number.NaN) / 1_000;
  return [
    {
      what: 'shouldPauseForRecovery of 100 000 tools : of 10',
      ours: each('lots'),
      theirs: each('few'),
      unit: 'ns',
      target: 1.3,
    },
  ];
}

const succeed = async (): Promise<number> => 1;

async function calls(): Promise<Row[]> {
  const error = new Error('ECONNRESET');
  const fail = async (): Promise<number> => {
    throw error;
  };
  const ignore = (): void => {};
  const registry = createToolRegistry({ circuit: { failureThreshold: neverTrips } });
  registry.isolate('isolated');
  const cockatiel = breakerOf();
  const isolated = breakerOf();
  isolated.isolate();
  const options = { timeout: false, errorThresholdPercentage: 100, volumeThreshold: neverTrips } as const;
  const opossum = {
    succeed: new CircuitBreaker(succeed, options),
    fail: new CircuitBreaker(fail, options),
    open: new CircuitBreaker(succeed, options),
  };
  opossum.open.open();
  const took = await nanoseconds({
    'success ours': () => registry.execute('search', succeed),
    'success cockatiel': () => cockatiel.execute(succeed),
    'success opossum': () => opossum.succeed.fire(),
    'failure ours': () => registry.execute('broken', fail).catch(ignore),
    'failure cockatiel': () => cockatiel.execute(fail).catch(ignore),
    'failure opossum': () => opossum.fail.fire().catch(ignore),
    'denial ours': () => registry.execute('isolated', succeed).catch(ignore),
    'denial cockatiel': () => isolated.execute(succeed).catch(ignore),
    'denial opossum': () => opossum.open.fire().catch(ignore),
  });
  for (const breaker of Object.values(opossum)) breaker.shutdown();
  registry.stop();
  const targets: Record<string, number> = {
    'success cockatiel': 0.75,
    'success opossum': 0.45,
    'failure cockatiel': 2,
    'denial cockatiel': 0.9,
  };
  return (['success', 'failure', 'denial'] as const).flatMap((call) =>
    (['cockatiel', 'opossum'] as const).map((peer) => ({
      what: `a guarded call, ${call} : ${peer}`,
      ours: took[`${call} ours`] ?? Number.NaN,
      theirs: took[`${call} ${peer}`] ?? Number.NaN,
      unit: 'ns',
      ...(targets[`${call} ${peer}`] !== undefined && { target: targets[`${call} ${peer}`] as number }),
    })),
  );
}

async function windows(): Promise<Row[]> {
  const registry = createToolRegistry({
    circuit: { trip: timeWindow({ windowMs: 10_000, minCalls: neverTrips }) },
  });
  const cockatiel = circuitBreaker(handleAll, {
    halfOpenAfter: 60_000,
    breaker: new SamplingBreaker({ threshold: 0.99, duration: 10_000, minimumRps: neverTrips }),
  });
  const took = await nanoseconds({
    ours: () => registry.execute('search', succeed),
    theirs: () => cockatiel.execute(succeed),
  });
  registry.stop();
  return [
    {
      what: 'a guarded call, success, time window : cockatiel',
      ours: took.ours ?? Number.NaN,
      theirs: took.theirs ?? Number.NaN,
      unit: 'ns',
      target: 1,
    },
  ];
}

console.log('Medians of one run: ours, theirs, and the ratio of the two.');
print('Deciding, among 1 000 tools', await allowRequest());
print('Spawning', spawning());
print('Stopping', stopping());
print('Memory', memory());
print('The pause decision', await pausing());
print('A guarded call', [...(await calls()), ...(await windows())]);
