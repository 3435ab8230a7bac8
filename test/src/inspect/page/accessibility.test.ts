import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { hasBrowser, openPage } from '../support/browser.ts';
import { fail, start } from '../support/started.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The violations that axe-core finds. It is injected past the page's CSP, which would block it. */
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
  const { registry, inspector } = await start({ loops: true }, { controls: true, name: 'support agent' });
  registry.recordSuccess('fetch');
  fail(registry, 'search', 1);
  fail(registry, 'shell', 3);
  registry.allowRequest('shell');
  registry.isolate('github');
  registry.disable('files');
  for (let call = 0; call < 4; call += 1) {
    await registry.execute('fetch', () => 'page', { input: 1, run: 'conversation 7' });
  }
  return inspector;
}

describe.skipIf(!hasBrowser)('axe-core has no objection to', () => {
  it.each([
    ['light', 1_280],
    ['dark', 1_280],
    ['light', 390],
    ['dark', 390],
  ] as const)('the %s page, %d px wide: board, runs, statechart and sequence', async (colorScheme, width) => {
    const { page } = await openPage(await busy(), { colorScheme, width });
    await page.locator('.slot').nth(4).waitFor();
    await page.getByRole('region', { name: 'Recovery pause' }).waitFor();
    expect(await violations(page)).toEqual([]);

    await page.getByRole('button', { name: 'Runs' }).click();
    await page.getByText('fetch: the same call').waitFor();
    expect(await violations(page)).toEqual([]);

    await page.goBack();
    await page.getByRole('button', { name: 'shell' }).click();
    await page.getByRole('button', { name: 'Show the snapshot' }).click();
    await page.getByRole('region', { name: 'Snapshot' }).waitFor();
    expect(await violations(page)).toEqual([]);

    await page.getByRole('button', { name: 'Sequence', exact: true }).click();
    // The list shows the latest events, and on a phone no others.
    await page.getByRole('button', { name: 'SUCCESS' }).last().click();
    await page.getByRole('region', { name: 'Snapshot after' }).waitFor();
    expect(await violations(page)).toEqual([]);
  });
});

describe.skipIf(!hasBrowser)('a narrow window', () => {
  it.each(['board', 'runs', 'chart', 'sequence'] as const)(
    'cuts nothing off the %s at its sides',
    async (view) => {
      const { page } = await openPage(await busy(), { view, width: 390 });
      await page.locator('main').waitFor();
      const beyond = await page.evaluate(() =>
        [...document.querySelectorAll('header *, main > *, .bar *, .pause *, .cell, .details *')]
          .filter((each) => each.getBoundingClientRect().right > innerWidth)
          .map((each) => each.outerHTML.slice(0, 80)),
      );
      expect(beyond).toEqual([]);
    },
  );
});
