/**
 * Runs two hundred tools under thousands of concurrent calls, with real timers: `npm run soak`, or `npm run soak -- 30` for 30
 * seconds, and longer where a slow machine has not seen enough by then. At the end, every counter of the registry must equal an independent count, memory must be flat, and no timer or
 * listener may be left.
 */
import { getEventListeners } from 'node:events';
import { pathToFileURL } from 'node:url';
import {
  CircuitOpenError,
  type Clock,
  countWindow,
  createToolRegistry,
  type ErrorCategory,
  systemClock,
  type ToolConfig,
  timeWindow,
} from 'toolfuse';

/** The result of a soak. */
export interface SoakReport {
  readonly calls: number;
  readonly denials: number;
  readonly trips: number;
  readonly recoveries: number;
  /** How much the heap grew between the first quarter and the end, in MB. */
  readonly grownMb: number;
  /** Everything that went wrong; empty if nothing did. */
  readonly faults: readonly string[];
}

const servers = ['alpha', 'beta', 'gamma', 'delta'];
const concurrentCalls = 2_000;
const errors: readonly (readonly [ErrorCategory, () => unknown])[] = [
  ['network', () => Object.assign(new Error('gone'), { code: 'ECONNRESET' })],
  ['executionError', () => new Error('it broke')],
  ['rateLimit', () => Object.assign(new Error('slow down'), { status: 429 })],
  ['invalidParameters', () => Object.assign(new Error('bad'), { code: -32_602 })],
];

/** Tools take turns with four kinds of strategy, and every other tool depends on a server. */
function settings(index: number): ToolConfig {
  const strategies = [
    {},
    { trip: countWindow({ size: 20 }) },
    { trip: timeWindow({ windowMs: 500, minCalls: 5 }) },
    { trip: timeWindow({ windowMs: 500, minCalls: 5, slowCallMs: 18, slowCallRate: 0.9 }) },
  ];
  const server = servers[index % 8];
  const mode = index % 10 === 3 ? ({ mode: 'observe' } as const) : {};
  return { ...strategies[index % strategies.length], ...(server && { upstream: server }), ...mode };
}

const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const heapMb = (): number => {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

/** A clock that counts its active timers. */
function countedClock(): Clock & { timers: number } {
  const live = new Set<unknown>();
  return {
    get timers() {
      return live.size;
    },
    now: systemClock.now,
    setTimeout(fn, ms, keepAlive) {
      const fire = (): void => {
        live.delete(handle);
        fn();
      };
      const handle = systemClock.setTimeout(fire, ms, keepAlive);
      live.add(handle);
      return handle;
    },
    clearTimeout(handle) {
      live.delete(handle);
      systemClock.clearTimeout(handle);
    },
  };
}

export async function soak(seconds: number): Promise<SoakReport> {
  const tools = Array.from({ length: 200 }, (_, index) => `tool-${index}`);
  const clock = countedClock();
  const registry = createToolRegistry({
    clock,
    circuit: {
      failureThreshold: 3,
      minBackoffMs: 10,
      maxBackoffMs: 200,
      jitter: 'full',
      probeTimeoutMs: 100,
    },
    tools: Object.fromEntries(tools.map((tool, index) => [tool, settings(index)])),
    recovery: { cooldownMs: 50 },
    loops: { maxRuns: 20, quietMs: 1_000 },
  });
  const counted = {
    successes: 0,
    timeouts: 0,
    denials: 0,
    repetitions: 0,
    failures: {} as Record<string, number>,
  };
  const faults: string[] = [];
  const failed = (category: string): void => {
    counted.failures[category] = (counted.failures[category] ?? 0) + 1;
  };
  const refused = ({ reason }: { readonly reason: string }): void => {
    if (reason === 'loop') counted.repetitions++;
    else counted.denials++;
  };
  let toldRepetitions = 0;
  registry.on('loop.denied', ({ observed }) => {
    if (!observed) toldRepetitions++;
  });
  let trips = 0;
  let recoveries = 0;
  registry.on('circuit.opened', () => trips++);
  registry.on('circuit.closed', () => recoveries++);
  registry.on('recovery.paused', () => registry.actor.send({ type: 'ACKNOWLEDGE' }));
  const onRejection = (reason: unknown): void => void faults.push(`unhandled rejection: ${String(reason)}`);
  process.on('unhandledRejection', onRejection);

  // Each caller reuses one signal for many calls, so that a leaked listener would show.
  let controllers = Array.from({ length: 50 }, () => new AbortController());
  // Forty concurrent calls share a signal on purpose; Node would warn of a leak if each had a listener.
  const onWarning = (warning: Error): void => void faults.push(`warning: ${warning.message}`);
  process.on('warning', onWarning);
  const leftListeners = (): number =>
    controllers.reduce((sum, { signal }) => sum + getEventListeners(signal, 'abort').length, 0);

  /** Every fifth tool has a circuit for each of ten targets; half of the calls name a run, and repeat themselves sometimes. */
  const about = (tool: string): { input: string; key?: string; run?: string } => ({
    input: `input ${Math.floor(Math.random() * 3)}`,
    ...(tool.endsWith('5') && { key: `target ${Math.floor(Math.random() * 10)}` }),
    ...(Math.random() < 0.5 && { run: `run ${Math.floor(Math.random() * 40)}` }),
  });

  const latencyMs = (): number => Math.random() * 20;

  async function execute(tool: string): Promise<void> {
    const outcome = Math.random();
    const [category, error] = pick(errors);
    const { signal } = pick(controllers);
    if (signal.aborted) return;
    const timeoutMs = Math.random() < 0.2 ? 5 : undefined;
    try {
      const result = await registry.execute(
        tool,
        async () => {
          await wait(latencyMs());
          if (outcome < 0.25) throw error();
          return outcome < 0.3 ? 'error' : 'fine';
        },
        { ...about(tool), signal, timeoutMs, isFailure: (value) => value === 'error' },
      );
      if (result === 'fine') counted.successes++;
      else failed('executionError');
    } catch (thrown) {
      if (thrown instanceof CircuitOpenError) refused(thrown);
      else if (signal.aborted && thrown === signal.reason) failed('cancelled');
      else if ((thrown as Error).name === 'TimeoutError') {
        failed('timeout');
        counted.timeouts++;
      } else failed(category);
    }
  }

  /** A call that returns a stream, which ends, breaks midway, hangs, or is abandoned early. */
  async function read(tool: string): Promise<void> {
    const [category, error] = pick(errors);
    const end = pick(['ends', 'breaks', 'hangs', 'is left']);
    const { signal } = pick(controllers);
    if (signal.aborted) return;
    async function* parts(): AsyncGenerator<number> {
      for (let part = 0; part < 3; part++) {
        await wait(latencyMs() / 3);
        yield part;
      }
      if (end === 'breaks') throw error();
      if (end === 'hangs') await new Promise(() => {});
    }
    try {
      const stream = await registry.execute(tool, parts, { signal, timeoutMs: 1_000 });
      for await (const part of stream) if (part === 1 && end === 'is left') return;
      counted.successes++;
    } catch (thrown) {
      if (thrown instanceof CircuitOpenError) refused(thrown);
      else if (signal.aborted && thrown === signal.reason) failed('cancelled');
      else if ((thrown as Error).name === 'TimeoutError') {
        failed('timeout');
        counted.timeouts++;
      } else failed(category);
    }
  }

  async function acquire(tool: string): Promise<void> {
    const leave = registry.tryAcquire(tool, about(tool));
    if (!leave.admitted) {
      refused(leave);
      return;
    }
    await wait(latencyMs());
    const outcome = Math.random();
    const [category] = pick(errors);
    if (outcome < 0.7) {
      leave.success('fine');
      counted.successes++;
    } else if (outcome < 0.9) {
      leave.failure(category);
      failed(category);
    } else leave.release();
    // A second report must change nothing.
    leave.failure('timeout');
  }

  const until = performance.now() + seconds * 1000;
  // However slow the machine is, it has to have been busy.
  const wasBusy = (): boolean =>
    counted.successes > 1_000 && counted.denials > 100 && trips > 20 && recoveries > 20;
  const isOver = (): boolean => performance.now() >= until && wasBusy();
  const caller = async (): Promise<void> => {
    while (!isOver()) {
      await wait(Math.random() * 40);
      await pick([execute, execute, acquire, read])(pick(tools));
    }
  };
  const operator = async (): Promise<void> => {
    while (!isOver()) {
      await wait(5);
      const tool = pick(tools);
      pick([
        () => registry.isolate(tool, { forMs: 20 }),
        () => registry.isolate(tool),
        () => registry.release(tool),
        () => registry.release(tool),
        () => registry.disable(tool),
        () => registry.forceClose(tool),
        () => registry.setMode(pick(['observe', 'enforce']), tool),
        () => pick(registry.runs())?.end(),
        () => registry.snapshot(),
        () => registry.persist(),
      ])();
      if (Math.random() < 0.05) {
        const index = Math.floor(Math.random() * controllers.length);
        controllers[index]?.abort(new Error('the caller has gone'));
        controllers = controllers.with(index, new AbortController());
      }
    }
  };
  let atFirst = 0;
  const watcher = async (): Promise<void> => {
    await wait(seconds * 250);
    atFirst = heapMb();
  };
  await Promise.all([watcher(), operator(), ...Array.from({ length: concurrentCalls }, caller)]);
  const grownMb = heapMb() - atFirst;

  const metrics = registry.metrics();
  const compare = (what: string, ours: unknown, theirs: unknown): void => {
    if (ours !== theirs) faults.push(`${what}: ${ours} counted by the registry, ${theirs} outside`);
  };
  compare('successes', metrics.successes, counted.successes);
  compare('timeouts', metrics.timeouts, counted.timeouts);
  compare('denials', metrics.breakerDenials, counted.denials);
  compare('repetitions', toldRepetitions, counted.repetitions);
  // A call that was given up sooner than its tool needs is the caller's own doing.
  counted.failures.timeout = (counted.failures.timeout ?? 0) - metrics.impatient;
  counted.failures.cancelled = (counted.failures.cancelled ?? 0) + metrics.impatient;
  for (const category of new Set([...Object.keys(metrics.failures), ...Object.keys(counted.failures)])) {
    compare(category, metrics.failures[category as ErrorCategory] ?? 0, counted.failures[category] ?? 0);
  }
  compare('trips', metrics.circuitOpenEvents, trips);
  // Every call has reported, so a probe that is still in flight is a leak.
  await wait(150);
  for (const { tool, probesInFlight } of registry.snapshot().diagnostics) {
    if (probesInFlight > 0) faults.push(`${tool}: ${probesInFlight} probes still hold a slot`);
  }
  const { calls } = metrics;
  registry.stop();
  if (clock.timers > 0) faults.push(`${clock.timers} timers left`);
  if (leftListeners() > 0) faults.push(`${leftListeners()} listeners left on callers' signals`);
  if (grownMb > 20) faults.push(`the heap grew by ${grownMb.toFixed(1)} MB`);
  process.off('unhandledRejection', onRejection);
  process.off('warning', onWarning);
  return { calls, denials: counted.denials, trips, recoveries, grownMb, faults };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const seconds = Number(process.argv[2] ?? 600);
  if (!(seconds > 0)) throw new RangeError(`seconds must be a number above 0, got ${process.argv[2]}`);
  const { faults, ...figures } = await soak(seconds);
  console.log(figures);
  for (const fault of faults) console.error(`FAULT ${fault}`);
  console.log(faults.length === 0 ? 'no fault' : `${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
