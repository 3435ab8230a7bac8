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
import { countFrames } from './frames.ts';

const dist = (path: string): string => fileURLToPath(new URL(`../dist/${path}`, import.meta.url));
const { createToolRegistry } = (await import(dist('index.js'))) as typeof import('toolfuse');

const tools = 1_000;
const names = Array.from({ length: tools }, (_, tool) => `tool.${tool}`);

const targets = {
  pageKb: 250,
  /** At this many events a second, the page must skip none, and no frame may take longer. */
  eventsPerSecond: 10_000,
  frameMs: 100,
  /** The allowed extra cost of an event while the inspector is attached, and after it is closed. */
  attachedUs: 50,
  closedUs: 0.5,
} as const;

/** Prints whether a target was met. */
function judge(what: string, value: number, most: number, unit: string): void {
  const isMet = value <= most;
  if (!isMet) process.exitCode = 1;
  console.log(
    `  ${isMet ? 'met   ' : 'MISSED'}  ${what}: ${Number(value.toFixed(2)).toLocaleString('en')} ${unit}, target at most ${most} ${unit}`,
  );
}

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

/** The median time of a denied call, in µs. */
async function costOfDenial(registry: ToolRegistry): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < 60; round += 1) {
    const startedAt = performance.now();
    for (const name of names) registry.allowRequest(name);
    rounds.push(((performance.now() - startedAt) * 1_000) / tools);
    // Lets the server run, as in an app.
    if (round % 5 === 0) await sleep(20);
  }
  return rounds.sort((a, b) => a - b)[rounds.length / 2] ?? 0;
}

/** Generates events at an even rate for a while. */
async function makeEvents(registry: ToolRegistry, perSecond: number, ms: number): Promise<void> {
  const startedAt = performance.now();
  let made = 0;
  while (performance.now() - startedAt < ms) {
    const due = ((performance.now() - startedAt) / 1_000) * perSecond;
    for (; made < due; made += 2) registry.allowRequest(names[(made / 2) % tools] as string);
    await sleep(5);
  }
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
// The cost of any observer in XState, including the shortcuts that are not taken while one is attached.
const idle = registry.actor.system.inspect(() => {});
await costOfDenial(registry);
const observed = await costOfDenial(registry);
idle.unsubscribe();
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
  ['an observer that does nothing', observed],
  ['the inspector attached, no page open', attached],
  ['a page open', watched],
];

let skippedAtTarget = 0;
let longestFrameMs = 0;
console.log(`With ${number(tools)} tools, the page follows:`);
console.log('  events/s   view       skipped   behind   frames/s   longest frame');
for (const perSecond of [1_000, 5_000, 10_000, 20_000]) {
  for (const view of ['Board', 'Sequence']) {
    const before = await skippedSoFar(page);
    await page.getByRole('button', { name: view, exact: true }).click();
    await sleep(500);
    const frames = countFrames(page, 3_000);
    await makeEvents(registry, perSecond, 3_000);
    const marker = `last.${perSecond}.${view}`;
    const { perSecond: fps, longestMs } = await frames;
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
      longestFrameMs = Math.max(longestFrameMs, longestMs);
    }
    console.log(
      `  ${number(perSecond).padEnd(11)}${view.padEnd(11)}${number(skipped - before).padEnd(10)}${`${number(behindMs)} ms`.padEnd(9)}${number(fps).padEnd(11)}${number(longestMs)} ms`,
    );
  }
}
await browser.close();
await inspector.close();
await costOfDenial(registry);
const closed = await costOfDenial(registry);
rows.push(['the inspector closed again', closed]);
registry.stop();

console.log(`\nA denied call (2 events) among ${number(tools)} tools, median:`);
for (const [what, cost] of rows) console.log(`  ${what.padEnd(40)}${cost.toFixed(2)} µs`);

console.log('\nTargets:');
judge('the page’s files, gzip', size / 1_000, targets.pageKb, 'kB');
judge(`skipped at up to ${number(targets.eventsPerSecond)} events/s`, skippedAtTarget, 0, 'events');
judge(
  `the longest frame at up to ${number(targets.eventsPerSecond)} events/s`,
  longestFrameMs,
  targets.frameMs,
  'ms',
);
// A denied call causes two events.
judge('added by an inspector with a page open', (watched - never) / 2, targets.attachedUs, 'µs an event');
judge('added by one that is closed again', (closed - never) / 2, targets.closedUs, 'µs an event');
