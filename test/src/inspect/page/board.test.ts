import { describe, expect, it } from 'vitest';
import { hasBrowser, openPage } from '../support/browser.ts';
import { fail, start } from '../support/started.ts';

describe.skipIf(!hasBrowser)('the board', () => {
  it('shows a tool in words: its state, failures, threshold, denials, last error, next attempt and calls', async () => {
    const { registry, inspector } = await start();
    registry.recordSuccess('shell');
    fail(registry, 'shell', 3);
    registry.allowRequest('shell');
    registry.allowRequest('shell');
    const { page, complaints, foreign } = await openPage(inspector);
    const row = page.locator('.slot', { hasText: 'shell' });
    expect(await row.locator('.state').innerText()).toBe('open');
    expect(await row.locator('.failures').getAttribute('aria-label')).toBe('3 of 3 failures');
    expect(await row.locator('.denials').innerText()).toBe('2');
    await expect.poll(() => row.locator('.reason').innerText()).toBe('timeout');
    expect(await row.locator('.split-bar').getAttribute('aria-label')).toBe(
      'last 5 min: 1 success, 3 failure, 2 refused',
    );
    expect(await row.locator('.rate').innerText()).toBe('1.2/min');
    expect(await row.locator('.share').innerText()).toBe('75 %');
    expect(await row.locator('.due').innerText()).toMatch(/^\d\d:\d\d:\d\d$/);
    const left = row.locator('.countdown .left');
    const before = await left.innerText();
    expect(before).toMatch(/^\d+ s$/);
    // The countdown advances by itself, without an event.
    await expect.poll(() => left.innerText()).not.toBe(before);
    expect({ complaints, foreign }).toEqual({ complaints: [], foreign: [] });
  });

  it('says of a tool that what it depends on refuses its calls, and of what it depends on', async () => {
    const { registry, inspector } = await start({ tools: { search: { upstream: 'github' } } });
    await registry.execute('search', () => 'found');
    const { page } = await openPage(inspector);
    const row = page.locator('.slot', { hasText: 'search' });
    await row.waitFor();
    await expect.poll(() => row.locator('.state').innerText()).toBe('closed');
    expect(await row.locator('.reason').count()).toBe(0);
    registry.isolate('github');
    await expect.poll(() => row.locator('.reason').innerText()).toBe('refused: github');
    expect(await row.locator('.state').innerText()).toBe('closed');
    await row.locator('button.plain').click();
    await expect.poll(() => page.locator('.facts').innerText()).toMatch(/Depends on\s+github\s+isolated/);
  });

  it('shows each state by its own shape as well as by its colour', async () => {
    const { registry, inspector } = await start({ circuit: { failureThreshold: 1, minBackoffMs: 1 } });
    registry.recordFailure('half', 'timeout');
    await expect.poll(() => registry.state('half')).toBe('halfOpen');
    registry.tool('healthy');
    registry.isolate('held');
    registry.disable('free');
    registry.tool('broken').send({ type: 'FAILURE', retryAfterMs: 60_000 });
    const { page } = await openPage(inspector);
    const badges = await page
      .locator('.slot .state')
      .evaluateAll((cells) =>
        cells.map((cell) => ({ word: cell.textContent, shape: cell.querySelector('svg')?.innerHTML ?? '' })),
      );
    expect(badges.map(({ word }) => word)).toEqual(['open', 'half-open', 'isolated', 'disabled', 'closed']);
    expect(new Set(badges.map(({ shape }) => shape)).size).toBe(5);
  });

  it('follows what happens without a reload', async () => {
    const { registry, inspector } = await start();
    const { page } = await openPage(inspector);
    await page.getByText('No tool yet.').waitFor();
    fail(registry, 'search', 1);
    const row = page.locator('.slot', { hasText: 'search' });
    await row.getByText('closed').waitFor();
    fail(registry, 'search', 2);
    await row.getByText('open').waitFor();
    registry.reset('search');
    await row.waitFor({ state: 'detached' });
  });

  it('sorts by name, failures, denials and time to recover', async () => {
    const { registry, inspector } = await start({ tools: { beta: { minBackoffMs: 10_000 } } });
    registry.tool('alpha');
    fail(registry, 'beta', 3);
    fail(registry, 'gamma', 3);
    fail(registry, 'delta', 2);
    for (let call = 0; call < 4; call += 1) registry.allowRequest('gamma');
    const { page } = await openPage(inspector);
    const names = async (sort: string): Promise<string[]> => {
      await page.getByLabel('Sort').selectOption({ label: sort });
      return page.locator('.slot .name .plain').allInnerTexts();
    };
    expect(await names('Name')).toEqual(['alpha', 'beta', 'delta', 'gamma']);
    expect(await names('Failures')).toEqual(['beta', 'gamma', 'delta', 'alpha']);
    expect(await names('Denials')).toEqual(['gamma', 'alpha', 'beta', 'delta']);
    expect(await names('Next to recover')).toEqual(['beta', 'gamma', 'alpha', 'delta']);
    expect(await names('Trouble first')).toEqual(['beta', 'gamma', 'delta', 'alpha']);
  });

  it('filters by state and by name', async () => {
    const { registry, inspector } = await start();
    registry.tool('search.web');
    registry.tool('search.code');
    fail(registry, 'shell', 3);
    const { page } = await openPage(inspector);
    const names = page.locator('.slot .name .plain');
    await page.getByRole('button', { name: 'open 1' }).click();
    expect(await names.allInnerTexts()).toEqual(['shell']);
    // The filter can be removed even if it matches nothing.
    registry.recordSuccess('shell');
    await page.getByText('No tool matches.').waitFor();
    await page.getByRole('button', { name: 'open 0' }).click();
    expect(await names.count()).toBe(3);
    await page.getByLabel('Find a tool').fill('SEARCH');
    expect(await names.allInnerTexts()).toEqual(['search.code', 'search.web']);
    await page.getByLabel('Find a tool').fill('nothing');
    await page.getByText('No tool matches.').waitFor();
  });

  it('shows a pause with its reason, and accepts the acknowledgement', async () => {
    const { registry, inspector } = await start({}, { controls: true });
    fail(registry, 'shell', 3);
    fail(registry, 'search', 3);
    const { page } = await openPage(inspector);
    const banner = page.getByRole('region', { name: 'Recovery pause' });
    expect(await banner.innerText()).toContain('2 circuits open: shell, search');
    await banner.getByRole('button', { name: 'Acknowledge' }).click();
    await banner.waitFor({ state: 'detached' });
    expect(registry.actor.getSnapshot().value).toBe('operational');
    await page.getByText('acknowledged, no pause for').waitFor();
  });

  it('offers no acknowledgement if controls are off', async () => {
    const { registry, inspector } = await start();
    fail(registry, 'shell', 3);
    fail(registry, 'search', 3);
    const { page } = await openPage(inspector);
    const button = page.getByRole('button', { name: 'Acknowledge' });
    expect(await button.isDisabled()).toBe(true);
    expect(await button.getAttribute('title')).toBe('Controls are off: start with controls: true');
  });

  it('leads to the statechart of a tool, also by keyboard', async () => {
    const { registry, inspector } = await start();
    registry.tool('search');
    const { page } = await openPage(inspector);
    await page.getByRole('button', { name: 'search' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('group', { name: 'Statechart of search, closed' }).waitFor();
    await page.goBack();
    await page.getByRole('table', { name: 'Tools' }).waitFor();
  });

  it('renders only the visible ones of a thousand tools, and scrolls to the last', async () => {
    const { registry, inspector } = await start();
    for (let tool = 0; tool < 1_000; tool += 1) registry.tool(`tool.${String(tool).padStart(4, '0')}`);
    const { page } = await openPage(inspector);
    const rows = page.locator('.slot');
    await rows.first().waitFor();
    expect(await rows.count()).toBeLessThan(40);
    expect(await page.getByRole('table', { name: 'Tools' }).getAttribute('aria-rowcount')).toBe('1001');
    await page.locator('.port').evaluate((port) => port.scrollTo(0, port.scrollHeight));
    await page.locator('.slot', { hasText: 'tool.0999' }).waitFor();
    expect(await rows.count()).toBeLessThan(40);
  });
});
