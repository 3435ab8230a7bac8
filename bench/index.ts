/**
 * Compares the cost of toolfuse with its yardsticks, in one run, each group in three processes of its own. What is measured is what is
 * published: the build. The ratios carry over to other machines; the absolute figures do not. Arguments name the groups to measure.
 */
import { spawnSync } from 'node:child_process';
import { ConsecutiveBreaker, circuitBreaker, handleAll, SamplingBreaker } from 'cockatiel';
import CircuitBreaker from 'opossum';
import { createToolRegistry, type ToolRegistry, timeWindow } from 'toolfuse';
import { type PlainActor, startBareChild, startParent, startPlain } from './bare-child.ts';
import { BenchClock } from './bench-clock.ts';
import { collectGarbage, given, inTurns, print, type Row, timeMs, together } from './measure.ts';

const names = (count: number, prefix = 'tool'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
const thousand = names(1_000);
const tenThousand = names(10_000);
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

/** How long one of many operations takes, in ns. A single operation is too short for a timer to measure. */
const nsEach = (count: number, act: () => void): number => (timeMs(act) / count) * 1e6;

/** The same over items that are taken from a list, as many at a time as a busy machine does without an interruption. */
function inChunks<Item>(items: readonly Item[], act: (item: Item) => unknown, chunk = 100): () => number {
  let from = 0;
  return () => {
    const part = items.slice(from, from + chunk);
    from = (from + chunk) % items.length;
    return nsEach(part.length, () => {
      for (const item of part) sink.last = act(item);
    });
  };
}

async function allowRequest(): Promise<Row[]> {
  const registry = registryOf(thousand);
  const map = new Map(thousand.map((tool) => [tool, { tool }]));
  const opossums = new Map(thousand.map((tool) => [tool, new CircuitBreaker(async () => tool)]));
  const cockatiels = new Map(thousand.map((tool) => [tool, breakerOf()]));
  const overThousand = (ask: (tool: string) => unknown) => inChunks(thousand, ask, thousand.length);
  const took = await inTurns(
    { rounds: 200, ms: 1_000 },
    {
      ours: overThousand((tool) => registry.allowRequest(tool)),
      map: overThousand((tool) => map.get(tool)),
      opossum: overThousand((tool) => opossums.get(tool)?.opened),
      cockatiel: overThousand((tool) => cockatiels.get(tool)?.state),
    },
  );
  for (const opossum of opossums.values()) opossum.shutdown();
  const row = (what: string, theirs: keyof typeof took): Row => ({
    what: `allowRequest : ${what}`,
    ours: took.ours,
    theirs: took[theirs],
    unit: 'ns',
  });
  return [
    { ...row('a Map lookup of the same keys', 'map'), target: 2 },
    row('a Map of opossums, reading .opened', 'opossum'),
    row('a Map of cockatiels, reading .state', 'cockatiel'),
  ];
}

async function spawning(): Promise<Row[]> {
  const made = { ours: 0, evicted: 0 };
  const clock = new BenchClock();
  const few = names(50);
  const atLimit = registryOf(names(500, 'first'), { clock, maxTools: 500 });
  const parent = startParent();
  const took = await inTurns(
    { rounds: 200, ms: 1_000 },
    {
      ours() {
        const registry = createToolRegistry({ ...many, clock });
        made.ours += 1;
        const ns = nsEach(few.length, () => {
          for (const tool of few) registry.tool(tool);
        });
        registry.stop();
        return ns;
      },
      plain: () =>
        nsEach(few.length, () => {
          for (const tool of few) sink.last = startPlain(clock, tool);
        }),
      bare: () =>
        nsEach(few.length, () => {
          for (const tool of few) sink.last = startBareChild(parent, tool);
        }),
      evicting: () =>
        nsEach(few.length, () => {
          for (const _ of few) sink.last = atLimit.tool(`made-up-${made.evicted++}`);
        }),
    },
  );
  return [
    { what: 'a tool : a plain XState actor', ours: took.ours, theirs: took.plain, unit: 'ns', target: 1.5 },
    { what: 'a tool : an XState child with its context', ours: took.ours, theirs: took.bare, unit: 'ns' },
    {
      what: 'an eviction and a tool : a plain XState actor',
      ours: took.evicting,
      theirs: took.plain,
      unit: 'ns',
      target: 3,
    },
  ];
}

/** The cost of a tool must not grow with the number of those that there are. */
async function spawningMany(): Promise<Row[]> {
  const beside = (count: number) => {
    const registry = registryOf(names(count, 'first'));
    let made = 0;
    return () => {
      // Other names each time: a name that is deleted and set again and again lengthens its place in a Map until that grows.
      const few = names(50, `made-up-${made++}`);
      const ns = nsEach(few.length, () => {
        for (const tool of few) registry.tool(tool);
      });
      for (const tool of few) registry.reset(tool);
      return ns;
    };
  };
  const took = await inTurns({ rounds: 200, ms: 1_000 }, { few: beside(2_000), lots: beside(20_000) });
  return [
    {
      what: 'a tool beside 20 000 : beside 2 000',
      ours: took.lots,
      theirs: took.few,
      unit: 'ns',
      target: 1.25,
    },
  ];
}

const tripsAtOnce = { circuit: { failureThreshold: 1 } } as const;

/** Makes a plain actor trip, half-open and close. */
function cyclePlain(actor: PlainActor, clock: BenchClock): void {
  actor.send({ type: 'FAILURE' });
  clock.fire(5_001);
  actor.send({ type: 'SUCCESS' });
}

async function cycling(): Promise<Row[]> {
  const [ourClock, theirClock] = [new BenchClock(), new BenchClock()];
  const registry = registryOf(thousand, { ...tripsAtOnce, clock: ourClock });
  const actors = thousand.map((tool) => startPlain(theirClock, tool));
  const took = await inTurns(
    { rounds: 400, ms: 1_000 },
    {
      ours: inChunks(thousand, (tool) => {
        registry.recordFailure(tool, 'timeout');
        ourClock.fire(5_001);
        registry.recordSuccess(tool);
      }),
      plain: inChunks(actors, (actor) => cyclePlain(actor, theirClock)),
    },
  );
  if (registry.metrics().halfOpenEvents !== registry.metrics().circuitOpenEvents) throw new Error('no cycle');
  return [
    {
      what: 'trip, half-open, close : of a plain XState actor',
      ours: took.ours,
      theirs: took.plain,
      unit: 'ns',
      target: 0.6,
    },
  ];
}

async function outage(): Promise<Row[]> {
  const [ourClock, theirClock] = [new BenchClock(), new BenchClock()];
  const actors = tenThousand.map((tool) => startPlain(theirClock, tool));
  let registry = createToolRegistry();
  let rounds = 0;
  const trip = inChunks(tenThousand, (tool) => registry.recordFailure(tool, 'timeout'));
  const recover = inChunks(tenThousand, (tool) => registry.recordSuccess(tool));
  const chunks = tenThousand.length / 100;
  const took = await inTurns(
    { rounds: chunks * 3, ms: 1_000 },
    {
      plain: inChunks(actors, (actor) => cyclePlain(actor, theirClock)),
      trip() {
        // All trip, one after another; each of them is open when the next one trips.
        if (rounds++ % chunks === 0) {
          registry.stop();
          registry = registryOf(tenThousand, { ...tripsAtOnce, clock: ourClock });
        }
        return trip();
      },
    },
  );
  const half = registryOf(tenThousand, { ...tripsAtOnce, clock: ourClock });
  let recovered = 0;
  const recovery = await inTurns(
    { rounds: chunks * 3, ms: 0 },
    {
      recover() {
        if (recovered++ % chunks === 0) {
          registry = half;
          for (const tool of tenThousand) half.recordFailure(tool, 'timeout');
        }
        return recover();
      },
    },
  );
  return [
    {
      what: '10 000 trips at one time, each : a plain cycle',
      ours: took.trip,
      theirs: took.plain,
      unit: 'ns',
      target: 0.3,
    },
    {
      what: '10 000 recoveries at one time, each : a plain cycle',
      ours: recovery.recover,
      theirs: took.plain,
      unit: 'ns',
    },
  ];
}

async function stopping(): Promise<Row[]> {
  const stopMs = (count: number) => () => {
    const registry = createToolRegistry({ ...many, circuit: { failureThreshold: 1, minBackoffMs: 120_000 } });
    for (const tool of names(count)) registry.recordFailure(tool, 'timeout');
    if (registry.openCircuitCount() !== count) throw new Error('not all circuits are open');
    collectGarbage();
    return timeMs(() => registry.stop());
  };
  const ms = await inTurns({ rounds: 3, ms: 0 }, { half: stopMs(10_000), whole: stopMs(20_000) });
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
      theirs: given(1_000),
      unit: 'ms',
      target: 1,
    },
  ];
}

/** What a tool took at commit d225681, measured in the same way on Node 20. */
const bytesBefore = 2_699;

async function memory(): Promise<Row[]> {
  const tools = names(20_000);
  const bytesEach = (make: () => unknown) => () => {
    sink.last = undefined;
    // Twice: what was weakly held is gone with the second.
    collectGarbage();
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    const kept = make();
    collectGarbage();
    const used = (process.memoryUsage().heapUsed - before) / tools.length;
    sink.last = kept;
    return used;
  };
  const bytes = await inTurns(
    { rounds: 3, ms: 0 },
    {
      ours: bytesEach(() => registryOf(tools)),
      bare: bytesEach(() => {
        const parent = startParent();
        return tools.map((tool) => startBareChild(parent, tool));
      }),
    },
  );
  sink.last = undefined;
  return [
    {
      what: 'memory of a tool : an XState child with its context',
      ours: bytes.ours,
      theirs: bytes.bare,
      unit: 'bytes',
      target: 1.2,
    },
    {
      what: 'memory of a tool : before the charts were compiled',
      ours: bytes.ours,
      theirs: given(bytesBefore),
      unit: 'bytes',
      target: 1,
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
  const took = await inTurns(
    { rounds: 200, ms: 500 },
    {
      few: inChunks(thousand, () => few.shouldPauseForRecovery(), thousand.length),
      lots: inChunks(thousand, () => lots.shouldPauseForRecovery(), thousand.length),
    },
  );
  return [
    {
      what: 'shouldPauseForRecovery of 100 000 tools : of 10',
      ours: took.lots,
      theirs: took.few,
      unit: 'ns',
      target: 1.3,
    },
  ];
}

const succeed = async (): Promise<number> => 1;

/** One of many calls, in ns. */
const callNs = (call: () => Promise<unknown>) => async (): Promise<number> => {
  const calls = 200;
  const startedAt = performance.now();
  for (let made = 0; made < calls; made++) await call();
  return ((performance.now() - startedAt) / calls) * 1e6;
};

const calling = { rounds: 50, ms: 1_500 } as const;

/** Compares with both peers. */
async function compare(
  call: string,
  operations: Readonly<Record<'ours' | 'cockatiel' | 'opossum', () => Promise<unknown>>>,
  target: number,
): Promise<Row[]> {
  const took = await inTurns(calling, {
    ours: callNs(operations.ours),
    cockatiel: callNs(operations.cockatiel),
    opossum: callNs(operations.opossum),
  });
  return [
    { what: `${call} : cockatiel`, ours: took.ours, theirs: took.cockatiel, unit: 'ns', target },
    { what: `${call} : opossum`, ours: took.ours, theirs: took.opossum, unit: 'ns' },
  ];
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
  return compare(
    'a success',
    {
      ours: () => registry.execute('search', succeed),
      cockatiel: () => cockatiel.execute(succeed),
      opossum: () => opossum.fire(),
    },
    0.8,
  ).finally(() => opossum.shutdown());
}

const ignore = (): void => {};

/** Without opossum, which takes some hundred times as long as the others for it. */
async function failing(): Promise<Row[]> {
  const error = new Error('ECONNRESET');
  const fail = async (): Promise<number> => {
    throw error;
  };
  const registry = createToolRegistry({ circuit: { failureThreshold: neverTrips } });
  const cockatiel = breakerOf();
  const took = await inTurns(calling, {
    ours: callNs(() => registry.execute('broken', fail).catch(ignore)),
    theirs: callNs(() => cockatiel.execute(fail).catch(ignore)),
  });
  return [{ what: 'a failure : cockatiel', ...took, unit: 'ns', target: 1.3 }];
}

function denied(): Promise<Row[]> {
  const registry = createToolRegistry();
  registry.isolate('isolated');
  const cockatiel = breakerOf();
  cockatiel.isolate();
  const opossum = new CircuitBreaker(succeed, opossumOptions);
  opossum.open();
  return compare(
    'a denial',
    {
      ours: () => registry.execute('isolated', succeed).catch(ignore),
      cockatiel: () => cockatiel.execute(succeed).catch(ignore),
      opossum: () => opossum.fire().catch(ignore),
    },
    0.5,
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
  const took = await inTurns(calling, {
    ours: callNs(() => registry.execute('search', succeed)),
    theirs: callNs(() => cockatiel.execute(succeed)),
  });
  return [{ what: 'a success : cockatiel, SamplingBreaker', ...took, unit: 'ns', target: 0.9 }];
}

/** What each feature for agents costs where it is used, beside the same call without it. */
async function agents(): Promise<Row[]> {
  const plain = createToolRegistry();
  const keyed = createToolRegistry({ tools: { search: { key: ({ host }) => host } } });
  const observed = createToolRegistry({ mode: 'observe' });
  const guarded = createToolRegistry({ loops: true });
  const input = { host: 'example.org', query: 'circuit breakers' };
  let query = 0;
  const took = await inTurns(calling, {
    plain: callNs(() => plain.execute('search', succeed)),
    keyed: callNs(() => keyed.execute('search', succeed, { input })),
    observed: callNs(() => observed.execute('search', succeed)),
    guarded: callNs(() =>
      guarded.execute('search', succeed, { run: 'a', input: { ...input, query: query++ } }),
    ),
  });
  const row = (what: string, ours: keyof typeof took): Row => ({
    what: `${what} : a plain call`,
    ours: took[ours],
    theirs: took.plain,
    unit: 'ns',
  });
  return [
    row('a call with a key', 'keyed'),
    row('a call that is only observed', 'observed'),
    row('a call of a run guarded against loops', 'guarded'),
  ];
}

/** The groups. Each runs in its own process, so that an earlier group does not slow down our code and not theirs. */
const groups: Readonly<Record<string, () => Promise<Row[]>>> = {
  'Deciding, among 1 000 tools': allowRequest,
  Spawning: spawning,
  'Spawning many': spawningMany,
  'A cycle': cycling,
  'An outage of 10 000 tools': outage,
  Stopping: stopping,
  Memory: memory,
  'The pause decision': pausing,
  'A guarded call that succeeds': succeeding,
  'A guarded call that succeeds, with a time window': windows,
  'A call with a key, observed, or of a guarded run': agents,
  'A guarded call that fails': failing,
  'A guarded call that is denied': denied,
};

/** How many processes measure a group: V8 compiles the same code in one way in one process, and in another way in the next. */
const processes = 3;

/** Measures a group in a process of its own. */
function measured(script: string, title: string): Row[] {
  const { stdout, status } = spawnSync(process.execPath, [...process.execArgv, script, '--measure', title], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${title} could not be measured`);
  return JSON.parse(stdout) as Row[];
}

const [, script = '', ...asked] = process.argv;
const [flag, measuredTitle = ''] = asked;
if (flag === '--measure') console.log(JSON.stringify(await groups[measuredTitle]?.()));
else {
  console.log('Least and most of all rounds: ours : theirs, and the ratio of the least.');
  for (const title of asked.length === 0 ? Object.keys(groups) : asked) {
    const rows = Array.from({ length: processes }, () => measured(script, title)).reduce(together);
    if (!print(title, rows)) process.exitCode = 1;
  }
}
