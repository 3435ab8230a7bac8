/** Takes the screenshots of the inspector for the docs. `--look FOLDER` takes more of them, to look at, into a folder. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { chromiumArgs, findChromium } from './chromium.ts';
import { evenChance, livePast, SimulatedClock } from './simulated-past.ts';

const root = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { createToolRegistry, timeWindow } = (await import(root('dist/index.js'))) as typeof import('toolfuse');

const executablePath = findChromium();
if (executablePath === undefined) throw new Error('there is no Chromium; name one in CHROMIUM');

const clock = new SimulatedClock();
const chance = evenChance(7);
const registry = createToolRegistry({
  clock,
  random: chance,
  loops: true,
  circuit: { failureThreshold: 5, minBackoffMs: 45_000, maxBackoffMs: 600_000 },
  tools: {
    shell: { failureThreshold: 3 },
    'github.search_issues': { upstream: 'github' },
    'github.create_pull_request_review': { upstream: 'github' },
    'github.get_file_contents': { upstream: 'github' },
    embeddings: { trip: timeWindow({ windowMs: 600_000, minCalls: 40, failureRate: 0.5 }) },
    'web.search': { mode: 'observe', failureThreshold: 3 },
    fetch: { key: (input: unknown) => new URL(String(input)).host },
    'database.query': {},
  },
  recovery: { maxOpenCircuits: 5 },
});
const inspector = await registry.inspect({ controls: true, name: 'support agent' });

const refused = Object.assign(new Error('connect ECONNREFUSED 140.82.121.5:443'), { code: 'ECONNREFUSED' });
const tooMany = Object.assign(
  new Error('429 Too Many Requests: rate limit of 60 requests a minute reached'),
  { status: 429 },
);
const slow = new Error('the request timed out after 10 000 ms');

/** One call of a tool that takes some simulated time. */
function call(tool: string, ms: number, error?: Error, input?: unknown): void {
  const permit = registry.tryAcquire(tool, input === undefined ? {} : { input });
  if (!permit.admitted) return;
  clock.moveTo(clock.now() + ms);
  if (error === undefined) permit.success();
  else permit.failure(error);
}

const within = (ms: number, from: number, to: number): boolean => ms <= from * 60_000 && ms > to * 60_000;
livePast(clock, 5.5 * 3_600_000, 20_000, (ago) => {
  const quick = 40 + chance() * 200;
  call('read_file', quick / 4);
  if (chance() < 0.5)
    call('write_file', quick / 2, chance() < 0.06 ? new Error('EIO: i/o error, write') : undefined);
  if (chance() < 0.4)
    call('github.search_issues', quick * 3, within(ago, 190, 150) || ago < 8 * 60_000 ? refused : undefined);
  if (chance() < 0.3)
    call(
      'github.get_file_contents',
      quick * 2,
      within(ago, 190, 150) || ago < 8 * 60_000 ? refused : undefined,
    );
  if (chance() < 0.1)
    call('github.create_pull_request_review', quick * 4, within(ago, 190, 150) ? refused : undefined);
  if (chance() < 0.35)
    call('web.search', 900 + quick * 4, within(ago, 40, 0) && chance() < 0.8 ? tooMany : undefined);
  if (chance() < 0.3) call('shell', quick * 8, within(ago, 260, 246) || ago < 90_000 ? slow : undefined);
  if (chance() < 0.5) call('embeddings', quick, within(ago, 4, 0) && chance() < 0.5 ? slow : undefined);
  const host = ['https://example.org/a', 'https://docs.python.org/3', 'https://api.weather.gov/x'][
    Math.floor(chance() * 3)
  ];
  if (chance() < 0.6)
    call('fetch', quick * 5, host?.includes('weather') && within(ago, 65, 0) ? refused : undefined, host);
  if (chance() < 0.2 && ago > 70 * 60_000) call('database.query', quick);
  if (within(ago, 52, 51.6)) registry.isolate('database.query', { by: 'Ann' });
});
for (let times = 0; times < 6; times += 1) {
  const run = { input: { path: '/inbox/4711.eml' }, run: 'conversation 8213' };
  await registry.execute('read_file', () => 'Dear team, …', run).catch(() => {});
}
for (let times = 0; times < 4; times += 1) {
  const run = { input: { path: '/reports/2026', attempt: times }, run: 'conversation 8217' };
  const wrong = Object.assign(new TypeError("Invalid arguments: must have required property 'content'"), {
    status: 400,
  });
  await registry.execute('write_file', () => Promise.reject(wrong), run).catch(() => {});
}
for (let times = 0; times < 10; times += 1) {
  const run = { input: { query: 'budget' }, run: 'conversation 8202' };
  await registry.execute('embeddings', () => 'nothing was found', run).catch(() => {});
}
await registry.execute('read_file', () => 'text', { input: 1, run: 'conversation 8219' });

const browser = await chromium.launch({ executablePath, args: [...chromiumArgs] });

interface Shot {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  readonly fullPage?: boolean;
}

async function picture(
  path: string,
  arrange: (page: Page) => Promise<unknown>,
  { colorScheme = 'light', width = 1_280, height = 860, fullPage = false }: Shot = {},
): Promise<void> {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  await page.goto(inspector.url);
  await page.locator('.slot').first().waitFor();
  await arrange(page);
  // Waits until all animations have ended, and the lanes have arrived.
  await page.waitForTimeout(1_500);
  await page.screenshot({ path, fullPage });
  await page.close();
}

const view = (name: string) => (page: Page) =>
  page.getByRole('button', { name, exact: false }).first().click();
const hours = (page: Page) => page.getByLabel('History').selectOption({ label: '6 h' });
const chartOf = (tool: string) => async (page: Page) => {
  await page.getByRole('button', { name: tool, exact: true }).click();
};
const gitHubEvents = async (page: Page) => {
  await page.getByRole('button', { name: 'Sequence', exact: true }).click();
  await page.getByLabel('Only events of a tool').fill('github');
  await page.locator('.slot .event-row').last().getByRole('button').click();
};

const folder = process.argv.includes('--look') ? process.argv[process.argv.indexOf('--look') + 1] : undefined;
if (folder === undefined) {
  await picture(root('docs/inspector-board.png'), hours, { height: 940 });
  await picture(root('docs/inspector-statechart.png'), chartOf('shell'), {
    colorScheme: 'dark',
    height: 900,
  });
  await picture(root('docs/inspector-runs.png'), view('Runs'), { height: 420 });
  await picture(root('docs/inspector-sequence.png'), gitHubEvents, { height: 700 });
  await picture(root('docs/inspector-phone.png'), hours, { width: 390, height: 844, colorScheme: 'dark' });
} else {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [width, height] of [
      [1_280, 860],
      [390, 844],
    ] as const) {
      const shot = { colorScheme, width, height };
      const to = (name: string): string => join(folder, `${name}-${width}-${colorScheme}.png`);
      await picture(to('board'), hours, shot);
      await picture(to('runs'), view('Runs'), shot);
      await picture(to('chart'), chartOf('embeddings'), shot);
      await picture(to('sequence'), view('Sequence'), shot);
    }
  }
}
await browser.close();
await inspector.close();
registry.stop();
