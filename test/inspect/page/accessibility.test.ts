import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { hasBrowser, openPage } from '../support/browser.ts';
import { fail, start } from '../support/started.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core objects to. It is run past the page's CSP, which would not let it in. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`,
  );
}

async function busy() {
  const { registry, inspector } = await start({}, { controls: true });
  registry.recordSuccess('fetch');
  fail(registry, 'search', 1);
  fail(registry, 'shell', 3);
  registry.allowRequest('shell');
  registry.isolate('github');
  registry.disable('files');
  return inspector;
}

describe.skipIf(!hasBrowser)('axe-core has no objection to', { timeout: 60_000 }, () => {
  describe.each(['light', 'dark'] as const)('the %s page:', (colorScheme) => {
    it.each([1280, 800])('its board, %d px wide', async (width) => {
      const { page } = await openPage(await busy(), { colorScheme, viewport: { width, height: 800 } });
      await page.locator('.slot').nth(4).waitFor();
      await page.getByRole('region', { name: 'Recovery pause' }).waitFor();
      expect(await violations(page)).toEqual([]);
    });

    it('its statechart, with controls and a snapshot', async () => {
      const { page } = await openPage(await busy(), { colorScheme });
      await page.getByRole('button', { name: 'shell' }).click();
      await page.getByRole('button', { name: 'Show the snapshot' }).click();
      await page.getByRole('region', { name: 'Snapshot' }).waitFor();
      expect(await violations(page)).toEqual([]);
    });

    it('its sequence, with an event open', async () => {
      const { page } = await openPage(await busy(), { colorScheme, view: 'sequence' });
      await page.getByRole('button', { name: 'ISOLATE' }).click();
      await page.getByRole('region', { name: 'Snapshot after' }).waitFor();
      expect(await violations(page)).toEqual([]);
    });
  });
});
