/** Takes the screenshots of the inspector for the docs. */
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { chromiumArgs, findChromium } from './chromium.ts';

const root = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { createToolRegistry } = (await import(root('dist/index.js'))) as typeof import('toolfuse');

const executablePath = findChromium();
if (executablePath === undefined) throw new Error('there is no Chromium; name one in CHROMIUM');

const registry = createToolRegistry({
  circuit: { failureThreshold: 5, minBackoffMs: 30_000 },
  tools: { shell: { failureThreshold: 3 }, probed: {}, 'github.search': { minBackoffMs: 1 } },
  recovery: { maxOpenCircuits: 3 },
});
const inspector = await registry.inspect({ controls: true });

/** The calls of a tool, one letter each: a success, a failure, or a request that may be denied. */
function call(tool: string, outcomes: string, category = 'timeout'): void {
  for (const outcome of outcomes) {
    if (!registry.allowRequest(tool)) continue;
    if (outcome === 's') registry.recordSuccess(tool);
    else registry.recordFailure(tool, category);
  }
}
call('read_file', 'sssssssssssssssssssssss');
call('write_file', 'ssssssfsssssssssfsss', 'executionError');
call('web.search', 'sssfsssffssssfsssff', 'rateLimit');
call('web.fetch', 'ssssssssfssfffff', 'network');
call('web.fetch', 'ffffff');
call('shell', 'sssssfssffffffff');
call('github.search', 'ssssfffff', 'serviceUnavailable');
call('database', 'ssssssss');
registry.isolate('database');

const browser = await chromium.launch({ executablePath, args: [...chromiumArgs] });

async function picture(
  name: string,
  colorScheme: 'light' | 'dark',
  arrange: (page: Page) => Promise<unknown>,
  height = 620,
) {
  const page = await browser.newPage({ viewport: { width: 1120, height }, colorScheme });
  await page.goto(inspector.url);
  await page.locator('.slot').first().waitFor();
  await arrange(page);
  // Waits until all animations have ended.
  await page.waitForTimeout(1_000);
  await page.screenshot({ path: root(`docs/${name}.png`) });
  await page.close();
}

await picture('inspector-board', 'light', async () => {});
await picture(
  'inspector-statechart',
  'dark',
  (page) => page.getByRole('button', { name: 'web.fetch' }).click(),
  840,
);
await picture('inspector-sequence', 'light', async (page) => {
  await page.getByRole('button', { name: 'Sequence', exact: true }).click();
  await page.getByLabel('Only events of a tool').fill('shell');
  await page.locator('.slot .event-row', { hasText: 'open' }).first().getByRole('button').click();
});
await browser.close();
await inspector.close();
registry.stop();
