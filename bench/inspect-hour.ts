/**
 * Measures the page of the inspector, in a real Chromium, with 1 000 tools that have an hour behind them and go on: the work of a
 * frame in each view of that hour, and the memory that the hour takes in the page and in the process of the tools. The work is the
 * processor time of the page's main thread, so that a busy machine measures the same. The exit code is 1 if a target is missed.
 */
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type CDPSession, chromium } from 'playwright-core';
import { chromiumArgs, findChromium } from '../scripts/chromium.ts';
import { evenChance, livePast, SimulatedClock } from '../scripts/simulated-past.ts';
import { countFrames, type Scroll } from './frames.ts';
import { traceMainThread } from './main-thread.ts';
import { judge } from './targets.ts';

const dist = (path: string): string => fileURLToPath(new URL(`../dist/${path}`, import.meta.url));
const { createToolRegistry } = (await import(dist('index.js'))) as typeof import('toolfuse');

const tools = 1_000;
const hourMs = 3_600_000;
/** How often each tool is called, in ms. */
const everyMs = 30_000;
/** How often a tool that works begins to fail, and one that fails to work again, by call. */
const chances = { breaks: 0.01, mends: 0.1 } as const;
const perViewMs = 4_000;

const count = (value: number): string => Math.round(value).toLocaleString('en');

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
/** The heap of this process that is in use, in MB. */
const heapMb = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed / 1e6;
};

/** What the browser measures of the page, by name. */
async function measuresOf(devtools: CDPSession): Promise<(name: string) => number> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return (name) => metrics.find((metric) => metric.name === name)?.value ?? 0;
}

/** The heap of the page that is in use, in MB, and how many nodes its document has. */
async function sizeOf(devtools: CDPSession): Promise<{ heapMb: number; nodes: number }> {
  await devtools.send('HeapProfiler.collectGarbage');
  const of = await measuresOf(devtools);
  return { heapMb: of('JSHeapUsedSize') / 1e6, nodes: of('Nodes') };
}

const inWords = ({ heapMb: heap, nodes }: { heapMb: number; nodes: number }): string =>
  `${heap.toFixed(1)} MB of heap, ${nodes.toLocaleString('en')} nodes`;

const emptyMb = heapMb();
const clock = new SimulatedClock();
const chance = evenChance(1);
const registry = createToolRegistry({
  clock,
  random: chance,
  circuit: { failureThreshold: 3, minBackoffMs: 60_000, maxBackoffMs: 600_000 },
  recovery: { maxOpenCircuits: Infinity },
});
const names = Array.from({ length: tools }, (_, tool) => `tool.${String(tool).padStart(4, '0')}`);
const failing = new Set<string>();

/** A call of a tool, which works or fails for a while each. */
function call(name: string): void {
  if (chance() < (failing.has(name) ? chances.mends : chances.breaks)) {
    if (!failing.delete(name)) failing.add(name);
  }
  const permit = registry.tryAcquire(name);
  if (!permit.admitted) return;
  if (failing.has(name)) permit.failure('timeout');
  else permit.success();
}

const inspector = await registry.inspect({ name: 'an hour of 1 000 tools' });
const startedAt = performance.now();
livePast(clock, hourMs, everyMs, () => {
  for (const name of names) call(name);
});
const livedMs = performance.now() - startedAt;
const { circuitOpenEvents, breakerDenials } = registry.metrics();
const livedMb = heapMb();

const browser = await chromium.launch({ executablePath: findChromium() as string, args: [...chromiumArgs] });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
const devtools = await page.context().newCDPSession(page);
await devtools.send('Performance.enable');
const openedAt = performance.now();
await page.goto(inspector.url);
await page.locator('.slot .lane .span').first().waitFor();
const shownMs = performance.now() - openedAt;
const opened = await sizeOf(devtools);

// The tools go on at the same rate, in real time.
const going = new AbortController();
async function goOn(): Promise<void> {
  let last = performance.now();
  let due = 0;
  for (let next = 0; !going.signal.aborted; ) {
    await sleep(20);
    const now = performance.now();
    clock.moveTo(clock.now() + now - last);
    due += ((now - last) * tools) / everyMs;
    last = now;
    for (; due >= 1; due -= 1, next += 1) call(names[next % tools] as string);
  }
}
const gone = goOn();

/** Does something again and again until it is told to end. */
async function repeat(act: (round: number) => Promise<unknown>, until: Promise<unknown>): Promise<void> {
  let isOver = false;
  void until.finally(() => {
    isOver = true;
  });
  for (let round = 0; !isOver; round += 1) {
    await act(round);
    await sleep(200);
  }
}

const targets = {
  /**
   * The share of the time in which the main thread works: what is left is for whoever clicks and types. Not the work of a frame,
   * which grows where a busy machine draws few of them.
   */
  busyShare: 0.6,
  /** A task that takes longer is felt. */
  taskMs: 100,
  /** Only what is in sight is drawn, however many tools there are. */
  nodes: 3_000,
} as const;
const rows: string[] = [];
let busiestShare = 0;
let longestTaskMs = 0;

/** Measures the frames of a while in which somebody does something. */
async function measure(
  what: string,
  { scroll, act }: { scroll?: Scroll; act?: (round: number) => Promise<unknown> } = {},
): Promise<void> {
  let frames = { count: 1, perSecond: 0 };
  const work = await traceMainThread(browser, page, async () => {
    const counted = countFrames(page, perViewMs, scroll);
    if (act !== undefined) await repeat(act, counted);
    frames = await counted;
  });
  const perFrame = (value: number): string => `${(value / frames.count).toFixed(1)} ms`.padEnd(10);
  const busyShare = work.ms / perViewMs;
  busiestShare = Math.max(busiestShare, busyShare);
  longestTaskMs = Math.max(longestTaskMs, work.longestTaskMs);
  rows.push(
    `  ${what.padEnd(44)}${perFrame(work.ms)}${perFrame(work.layoutMs)}${perFrame(work.paintMs)}${`${count(work.longestTaskMs)} ms`.padEnd(15)}${`${count(busyShare * 100)} %`.padEnd(7)}${count(frames.perSecond)}`,
  );
}

const spans = ['15 min', '1 h', '6 h'];
await measure('the board, at rest');
await measure('scrolled at a pace at which one can read', { scroll: 600 });
await measure('scrolled through all tools and back, in 4 s', { scroll: 'through' });
await measure('the history over 15 min, 1 h, 6 h in turn', {
  act: (round) => page.getByLabel('History').selectOption({ label: spans[round % spans.length] as string }),
});
await measure('names filtered, letter by letter', {
  act: (round) => page.getByLabel('Find a tool').fill('tool.09'.slice(0, round % 8)),
});
await page.getByLabel('Find a tool').fill('');
await measure('the sequence and the board in turn', {
  act: (round) =>
    page.getByRole('button', { name: round % 2 === 0 ? 'Sequence' : 'Board', exact: true }).click(),
});
const used = await sizeOf(devtools);
going.abort();
await gone;
await browser.close();
await inspector.close();
registry.stop();

console.log(
  `${count(tools)} tools with an hour of history: ${count((hourMs / everyMs) * tools)} calls, ${count(circuitOpenEvents)} trips, ${count(breakerDenials)} refusals, simulated in ${count(livedMs)} ms`,
);
console.log(`The first history was drawn ${count(shownMs)} ms after the page was opened.`);
console.log(
  `This machine has ${availableParallelism()} processors, for which ${(loadavg()[0] ?? 0).toFixed(1)} programs asked in the last minute.\n`,
);
console.log(
  `${'processor time of the page, a frame'.padEnd(46)}all       layout    painting  longest task   busy   frames/s here`,
);
for (const row of rows) console.log(row);
console.log(`
memory
  the page, once opened                       ${inWords(opened)}
  the page, after all of that                 ${inWords(used)}
  the process of the tools                    ${(livedMb - emptyMb).toFixed(1)} MB of heap for circuits, inspector and history\n`);
console.log('Targets:');
judge('the main thread is busy', busiestShare * 100, targets.busyShare * 100, '%');
judge('the longest task', longestTaskMs, targets.taskMs, 'ms');
judge('the nodes of the page', Math.max(opened.nodes, used.nodes), targets.nodes, 'nodes');
console.log('');
