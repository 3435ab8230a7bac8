import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { hasBrowser, openPage } from '../support/browser.ts';
import { fail, start } from '../support/started.ts';

const circuit = { failureThreshold: 1, minBackoffMs: 60_000 };
const typesOf = (page: Page): Promise<string[]> => page.locator('.slot .event-row .type').allInnerTexts();

describe.skipIf(!hasBrowser)('the sequence', () => {
  it('lists the events between the world, the tools and the registry, in order', async () => {
    const { registry, inspector } = await start({ circuit });
    fail(registry, 'shell', 1);
    registry.allowRequest('shell');
    const { page, complaints } = await openPage(inspector, { view: 'sequence' });
    await expect
      .poll(() => typesOf(page))
      .toEqual([
        'begins',
        'CIRCUIT_BEGAN',
        'FAILURE timeout',
        'CIRCUIT_CHANGED',
        'REQUEST',
        'REQUEST_DENIED',
      ]);
    const rows = page.locator('.slot .event-row');
    expect(await rows.locator('.lanes').allTextContents()).toEqual([
      'from toolfuse',
      'from shell',
      'from outside',
      'from shell',
      'from outside',
      'from shell',
    ]);
    expect(await rows.nth(2).locator('.change').textContent()).toBe('closed→, then open');
    expect(complaints).toEqual([]);
  });

  it('follows new events while it is live', async () => {
    const { registry, inspector } = await start({ circuit });
    fail(registry, 'shell', 1);
    const { page } = await openPage(inspector, { view: 'sequence' });
    await expect.poll(async () => (await typesOf(page)).length).toBe(4);
    for (let call = 0; call < 200; call += 1) registry.allowRequest('shell');
    await page.getByText('404 events').waitFor();
    await expect
      .poll(() =>
        page.locator('.port').evaluate((port) => port.scrollHeight - port.scrollTop - port.clientHeight),
      )
      .toBeLessThan(2);
  });

  it('keeps its scroll position until the user scrolls to the end again', async () => {
    const { registry, inspector } = await start({ circuit });
    fail(registry, 'shell', 1);
    for (let call = 0; call < 200; call += 1) registry.allowRequest('shell');
    const { page } = await openPage(inspector, { view: 'sequence' });
    await page.getByText('404 events').waitFor();
    const port = page.locator('.port');
    const fromEnd = () => port.evaluate((each) => each.scrollHeight - each.scrollTop - each.clientHeight);
    await expect.poll(fromEnd).toBeLessThan(2);
    await port.evaluate((each) => each.scrollTo(0, 1_000));
    registry.allowRequest('shell');
    await page.getByText('406 events').waitFor();
    expect(await port.evaluate((each) => each.scrollTop)).toBe(1_000);
    await port.evaluate((each) => each.scrollTo(0, each.scrollHeight));
    registry.allowRequest('shell');
    await page.getByText('408 events').waitFor();
    await expect.poll(fromEnd).toBeLessThan(2);
  });

  it('filters by tool and by type', async () => {
    const { registry, inspector } = await start({ circuit });
    fail(registry, 'shell', 1);
    fail(registry, 'search', 1);
    const { page } = await openPage(inspector, { view: 'sequence' });
    await page.getByLabel('Only events of a type').selectOption('FAILURE');
    await expect.poll(() => typesOf(page)).toEqual(['FAILURE timeout', 'FAILURE timeout']);
    await page.getByLabel('Only events of a tool').fill('search');
    await expect.poll(() => typesOf(page)).toEqual(['FAILURE timeout']);
    await page.getByLabel('Only events of a type').selectOption('');
    await expect
      .poll(() => typesOf(page))
      .toEqual(['begins', 'CIRCUIT_BEGAN', 'FAILURE timeout', 'CIRCUIT_CHANGED']);
  });

  it('shows an event and the snapshots before and after it on a click', async () => {
    const { registry, inspector } = await start({ circuit });
    fail(registry, 'shell', 1);
    const { page } = await openPage(inspector, { view: 'sequence' });
    await page.getByRole('button', { name: 'FAILURE' }).click();
    const before = page.getByRole('region', { name: 'Snapshot before' });
    const after = page.getByRole('region', { name: 'Snapshot after' });
    expect(await page.getByRole('region', { name: 'Event' }).innerText()).toContain('"category": "timeout"');
    expect(await before.innerText()).toContain('"value": "closed"');
    expect(await after.innerText()).toContain('"value": "open"');
    // Changes are marked.
    expect(await after.locator('.line.new').allTextContents()).toContain('  "value": "open",\n');
    await page.getByRole('button', { name: 'Close' }).click();
    await after.waitFor({ state: 'detached' });
  });

  it('goes back in time: event by event, and the statechart with it', async () => {
    const { registry, inspector } = await start({ circuit });
    fail(registry, 'shell', 1);
    registry.recordSuccess('shell');
    const { page } = await openPage(inspector, { view: 'sequence' });
    const slider = page.getByLabel('Go back in time');
    await slider.fill('2');
    expect(await page.locator('.is-chosen .type').innerText()).toBe('FAILURE timeout');
    await slider.press('ArrowRight');
    expect(await page.locator('.is-chosen .type').innerText()).toBe('CIRCUIT_CHANGED');
    await slider.press('ArrowLeft');
    await page.getByRole('button', { name: 'See it in the statechart' }).click();
    await page.getByText('as it was at event #3').waitFor();
    const active = page.locator('svg.chart .state.active');
    expect(await active.getAttribute('data-state')).toBe('open');
    await page.getByRole('button', { name: 'Back to now' }).click();
    await expect.poll(() => active.getAttribute('data-state')).toBe('closed');
  });

  it('does not move while an event is chosen, and is live again on request', async () => {
    const { registry, inspector } = await start({ circuit });
    fail(registry, 'shell', 1);
    const { page } = await openPage(inspector, { view: 'sequence' });
    await page.getByRole('button', { name: 'FAILURE' }).click();
    for (let call = 0; call < 100; call += 1) registry.allowRequest('shell');
    await page.getByText('204 events').waitFor();
    expect(await page.locator('.is-chosen .type').innerText()).toBe('FAILURE timeout');
    const live = page.getByRole('button', { name: 'Live' });
    expect(await live.getAttribute('aria-pressed')).toBe('false');
    await live.click();
    expect(await live.getAttribute('aria-pressed')).toBe('true');
    await page.locator('.details').waitFor({ state: 'detached' });
  });

  it('keeps only the last events, and says of others that they are no longer kept', async () => {
    const { registry, inspector } = await start({ circuit }, { history: 50 });
    fail(registry, 'shell', 1);
    const { page } = await openPage(inspector, { view: 'sequence' });
    await page.getByRole('button', { name: 'FAILURE' }).waitFor();
    for (let call = 0; call < 100; call += 1) registry.allowRequest('shell');
    await page.getByText(/skipped: too many at once/).waitFor();
    await page.getByLabel('Only events of a type').selectOption('FAILURE');
    await page.getByRole('button', { name: 'FAILURE' }).click();
    await page.getByText('This event is no longer kept.').waitFor();
  });

  it('keeps as many events as configured, also for a page that is opened late', async () => {
    const { registry, inspector } = await start({ circuit }, { history: 10_000 });
    fail(registry, 'shell', 1);
    for (let call = 0; call < 4_000; call += 1) registry.allowRequest('shell');
    const { page } = await openPage(inspector, { view: 'sequence' });
    await page.getByText('8,004 events').waitFor();
    expect(await page.getByText('skipped').count()).toBe(0);
    await page.getByLabel('Go back in time').fill('2');
    await page.locator('.is-chosen', { hasText: 'FAILURE' }).waitFor();
  });

  it('exports the shown events as JSON', async () => {
    const { registry, inspector } = await start({ circuit });
    fail(registry, 'shell', 1);
    fail(registry, 'search', 1);
    const { page } = await openPage(inspector, { view: 'sequence' });
    await page.getByLabel('Only events of a type').selectOption('FAILURE');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export JSON' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('toolfuse-events.json');
    const { format, events } = JSON.parse(readFileSync(await download.path(), 'utf8'));
    expect(format).toBe('toolfuse.events');
    expect(events).toMatchObject([
      {
        to: 'shell',
        from: null,
        type: 'FAILURE',
        before: 'closed',
        after: 'open',
        event: { category: 'timeout' },
      },
      { to: 'search', snapshotAfter: { value: 'open', context: { openCount: 1 } } },
    ]);
  });
});
