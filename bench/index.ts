/**
 * Compares the cost of toolfuse with its yardsticks in one run. The ratios carry over to other machines; the absolute figures
 * do not.
 */
import { spawnSync } from 'node:child_process';
import { ConsecutiveBreaker, circuitBreaker, handleAll, SamplingBreaker } from 'cockatiel';
import CircuitBreaker from 'opossum';
import { Bench } from 'tinybench';
import { createToolRegistry, type ToolRegistry, timeWindow } from 'toolfuse';
import { startBareChild, startParent } from './bare-child.ts';
import { collectGarbage, inTurns, inTurnsAsync, print, type Row, timeMs } from './measure.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `tool-${index}`);
const thousand = names(1_000);
const many = { maxTools: Infinity } as const;
/** Keeps results, so that measured code is not optimised away and its objects are not collected too soon. */
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

/** The durations of fast operations, in ns each, measured by tinybench. */
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

/** One round over a thousand tools, because a single operation is too short for a timer. */
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
  // The total is the same, so that warming up weighs the same: one registry of 20 000 tools, or ten of 2 000.
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

/** The duration of one call, in ns. The operations take turns, in batches, because a single call is too short for a timer. */
const callNanoseconds = <Name extends string>(
  operations: Readonly<Record<Name, () => Promise<unknown>>>,
): Promise<Record<Name, number>> =>
  inTurnsAsync({ rounds: 20, ms: 1_500 }, operations, async (operation) => {
    const calls = 200;
    const startedAt = performance.now();
    for (let call = 0; call < calls; call++) await operation();
    return ((performance.now() - startedAt) / calls) * 1e6;
  });

/** Compares ours with both peers. */
async function beside(
  call: string,
  operations: Readonly<Record<'ours' | 'cockatiel' | 'opossum', () => Promise<unknown>>>,
  targets: { readonly cockatiel?: number; readonly opossum?: number },
): Promise<Row[]> {
  const took = await callNanoseconds(operations);
  return (['cockatiel', 'opossum'] as const).map((peer) => {
    const target = targets[peer];
    return {
      what: `${call} : ${peer}`,
      ours: took.ours,
      theirs: took[peer],
      unit: 'ns',
      ...(target !== undefined && { target }),
    };
  });
}

const opossumOptions = {
  timeout: false,
  errorThresholdPercentage: 100,
  volumeThreshold: neverTrips,
} as const;

function succeeding(): Promise<Row[]> {
  const registry = createToolRegistry({ circuit: { failureThreshold: neverTrips } });
  const cockatiel = breakerOf();
  const opossum = new CircuitBreaker(succeed, opossumOptions);
  return beside(
    'a success',
    {
      ours: () => registry.execute('search', succeed),
      cockatiel: () => cockatiel.execute(succeed),
      opossum: () => opossum.fire(),
    },
    { cockatiel: 0.75, opossum: 0.45 },
  ).finally(() => opossum.shutdown());
}

function failing(): Promise<Row[]> {
  const error = new Error('ECONNRESET');
  const fail = async (): Promise<number> => {
    throw error;
  };
  const ignore = (): void => {};
  const registry = createToolRegistry({ circuit: { failureThreshold: neverTrips } });
  const cockatiel = breakerOf();
  const opossum = new CircuitBreaker(fail, opossumOptions);
  return beside(
    'a failure',
    {
      ours: () => registry.execute('broken', fail).catch(ignore),
      cockatiel: () => cockatiel.execute(fail).catch(ignore),
      opossum: () => opossum.fire().catch(ignore),
    },
    { cockatiel: 2 },
  ).finally(() => opossum.shutdown());
}

function denied(): Promise<Row[]> {
  const ignore = (): void => {};
  const registry = createToolRegistry();
  registry.isolate('isolated');
  const cockatiel = breakerOf();
  cockatiel.isolate();
  const opossum = new CircuitBreaker(succeed, opossumOptions);
  opossum.open();
  return beside(
    'a denial',
    {
      ours: () => registry.execute('isolated', succeed).catch(ignore),
      cockatiel: () => cockatiel.execute(succeed).catch(ignore),
      opossum: () => opossum.fire().catch(ignore),
    },
    { cockatiel: 0.9 },
  ).finally(() => opossum.shutdown());
}

async function windows(): Promise<Row[]> {
  const registry = createToolRegistry({
    circuit: { trip: timeWindow({ windowMs: 10_000, minCalls: neverTrips }) },
  });
  const cockatiel = circuitBreaker(handleAll, {
    halfOpenAfter: 60_000,
    breaker: new SamplingBreaker({ threshold: 0.99, duration: 10_000, minimumRps: neverTrips }),
  });
  const took = await callNanoseconds({
    ours: () => registry.execute('search', succeed),
    theirs: () => cockatiel.execute(succeed),
  });
  return [{ what: 'a success : cockatiel, SamplingBreaker', ...took, unit: 'ns', target: 1 }];
}

/** Each part runs in its own process, because earlier measurements would slow our code but not theirs. */
const groups: Readonly<Record<string, () => Row[] | Promise<Row[]>>> = {
  'Deciding, among 1 000 tools': allowRequest,
  Spawning: spawning,
  Stopping: stopping,
  Memory: memory,
  'The pause decision': pausing,
  'A guarded call that succeeds': succeeding,
  'A guarded call that succeeds, with a time window': windows,
  'A guarded call that fails': failing,
  'A guarded call that is denied': denied,
};

const [, script = '', title] = process.argv;
const group = title === undefined ? undefined : groups[title];
if (group !== undefined && title !== undefined) print(title, await group());
else {
  console.log('Medians of one run: ours, theirs, and the ratio of the two.');
  for (const name of Object.keys(groups)) {
    const { status } = spawnSync(process.execPath, [...process.execArgv, script, name], { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
}
