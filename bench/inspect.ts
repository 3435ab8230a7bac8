/**
 * Measures the cost of the inspector, and how many events its page can follow, with the built package in a real Chromium. The
 * exit code is 1 if a target is missed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium, type Page } from 'playwright-core';
import type { ToolRegistry } from 'toolfuse';
import { chromiumArgs, findChromium } from '../scripts/chromium.ts';
import { traceMainThread } from './main-thread.ts';
import { judge } from './targets.ts';

const dist = (path: string): string => fileURLToPath(new URL(`../dist/${path}`, import.meta.url));
const { createToolRegistry } = (await import(dist('index.js'))) as typeof import('toolfuse');

const tools = 1_000;
const names = Array.from({ length: tools }, (_, tool) => `tool.${tool}`);

const targets = {
  pageKb: 250,
  /** At this many events a second, the page must skip none, and no task may take longer. */
  eventsPerSecond: 10_000,
  taskMs: 100,
  /** The allowed extra cost of an event while the inspector is attached, and after it is closed. */
  attachedUs: 50,
  closedUs: 0.5,
} as const;

const number = (value: number): string => Math.round(value).toLocaleString('en');

/** A registry whose tools all refuse calls, so that each call is one event of its circuit and one of the registry. */
function denying(): ToolRegistry {
  const registry = createToolRegistry({
    circuit: { failureThreshold: 1, minBackoffMs: 120_000 },
    recovery: { maxOpenCircuits: Infinity },
  });
  for (const name of names) registry.recordFailure(name, 'timeout');
  return registry;
}

/** The processor time that this process has taken so far, in µs. */
function processorUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** The median processor time of a denied call, in µs, garbage collection included: other programs do not add to it. */
async function costOfDenial(registry: ToolRegistry): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < 60; round += 1) {
    const startedAt = processorUs();
    for (const name of names) registry.allowRequest(name);
    rounds.push((processorUs() - startedAt) / tools);
    // Lets the server run, as in an app.
    if (round % 5 === 0) await sleep(20);
  }
  return rounds.sort((a, b) => a - b)[rounds.length / 2] ?? 0;
}

/** What an even rate may be late by and catch up, in ms. */
const maxLateMs = 50;

/**
 * Generates events at an even rate, as many as there are in a while. Where the machine stands still for longer than a moment, they
 * come later, and not all at once.
 *
 * @returns The rate that it came to, in events a second.
 */
async function makeEvents(registry: ToolRegistry, perSecond: number, ms: number): Promise<number> {
  const startedAt = performance.now();
  const all = (perSecond * ms) / 1_000;
  let last = startedAt;
  let due = 0;
  for (let made = 0; made < all; ) {
    await sleep(5);
    const now = performance.now();
    due += (Math.min(now - last, maxLateMs) / 1_000) * perSecond;
    last = now;
    for (; due >= 2 && made < all; due -= 2, made += 2)
      registry.allowRequest(names[(made / 2) % tools] as string);
  }
  return (all * 1_000) / (performance.now() - startedAt);
}

/** How many events the page was too slow for since it was opened. */
async function skippedSoFar(page: Page): Promise<number> {
  await page.getByRole('button', { name: 'Sequence', exact: true }).click();
  const told = await page.locator('.tally-of-events').innerText();
  return Number((/([\d,]+) skipped/.exec(told)?.[1] ?? '0').replaceAll(',', ''));
}

console.log('The page’s files, gzip:');
let size = 0;
for (const file of readdirSync(dist('inspect/page'))) {
  const bytes = gzipSync(readFileSync(dist(`inspect/page/${file}`))).length;
  size += bytes;
  console.log(`  ${file.padEnd(12)}${(bytes / 1_000).toFixed(1).padStart(6)} kB`);
}
console.log(`  ${'all'.padEnd(12)}${(size / 1_000).toFixed(1).padStart(6)} kB\n`);

const registry = denying();
await costOfDenial(registry);
const never = await costOfDenial(registry);
const inspector = await registry.inspect();
await costOfDenial(registry);
const attached = await costOfDenial(registry);

const browser = await chromium.launch({ executablePath: findChromium() as string, args: [...chromiumArgs] });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.goto(inspector.url);
await page.locator('.slot').first().waitFor();
const watched = await costOfDenial(registry);

const rows: [string, number][] = [
  ['nobody looks on', never],
  ['the inspector attached, no page open', attached],
  ['a page open', watched],
];

let skippedAtTarget = 0;
let longestTaskMs = 0;
console.log(`With ${number(tools)} tools, the page follows:`);
console.log('  events/s   here      view       skipped   behind    longest task   busy');
for (const perSecond of [1_000, 5_000, 10_000, 20_000]) {
  for (const view of ['Board', 'Sequence']) {
    const before = await skippedSoFar(page);
    await page.getByRole('button', { name: view, exact: true }).click();
    await sleep(500);
    let rate = 0;
    const startedMakingAt = performance.now();
    const work = await traceMainThread(browser, page, async () => {
      rate = await makeEvents(registry, perSecond, 3_000);
    });
    const busy = work.ms / (performance.now() - startedMakingAt);
    const marker = `last.${perSecond}.${view}`;
    // How long until the last event is visible.
    const startedAt = performance.now();
    registry.recordFailure(marker, 'network');
    if (view === 'Board') {
      await page.getByLabel('Find a tool').fill(marker);
      await page.locator('.slot', { hasText: marker }).waitFor();
      await page.getByLabel('Find a tool').fill('');
    } else {
      await page.locator('.slot', { hasText: marker }).first().waitFor();
    }
    const behindMs = performance.now() - startedAt;
    const skipped = await skippedSoFar(page);
    if (perSecond <= targets.eventsPerSecond) {
      skippedAtTarget += skipped - before;
      longestTaskMs = Math.max(longestTaskMs, work.longestTaskMs);
    }
    console.log(
      `  ${number(perSecond).padEnd(11)}${number(rate).padEnd(10)}${view.padEnd(11)}${number(skipped - before).padEnd(10)}${`${number(behindMs)} ms`.padEnd(10)}${`${number(work.longestTaskMs)} ms`.padEnd(15)}${number(busy * 100)} %`,
    );
  }
}
await browser.close();
await inspector.close();
await costOfDenial(registry);
const closed = await costOfDenial(registry);
// The cost of any observer of every step, for which XState's interpreter runs. Last, because it leaves code behind that knows more shapes.
const idle = registry.actor.system.inspect(() => {});
await costOfDenial(registry);
rows.push(
  ['the inspector closed again', closed],
  ['an observer of every step, which does nothing', await costOfDenial(registry)],
);
idle.unsubscribe();
registry.stop();

console.log(`\nA denied call (2 events) among ${number(tools)} tools, median processor time:`);
for (const [what, cost] of rows) console.log(`  ${what.padEnd(48)}${cost.toFixed(2)} µs`);

console.log('\nTargets:');
judge('the page’s files, gzip', size / 1_000, targets.pageKb, 'kB');
judge(`skipped at up to ${number(targets.eventsPerSecond)} events/s`, skippedAtTarget, 0, 'events');
judge(
  `the longest task at up to ${number(targets.eventsPerSecond)} events/s`,
  longestTaskMs,
  targets.taskMs,
  'ms',
);
// A denied call causes two events.
judge('added by an inspector with a page open', (watched - never) / 2, targets.attachedUs, 'µs an event');
judge('added by one that is closed again', (closed - never) / 2, targets.closedUs, 'µs an event');
