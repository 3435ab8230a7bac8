import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { hasBrowser, openPage } from '../support/browser.ts';
import { fail, start } from '../support/started.ts';

const activeIn = (chart: Locator): Promise<(string | null)[]> =>
  chart
    .locator('.state.active')
    .evaluateAll((states) => states.map((state) => state.getAttribute('data-state')));

describe.skipIf(!hasBrowser)('the statechart', () => {
  it('is drawn from the machine’s own definition, with the active state highlighted', async () => {
    const { registry, inspector } = await start();
    registry.tool('search');
    const { page, complaints } = await openPage(inspector);
    await page.getByRole('button', { name: 'search' }).click();
    const chart = page.getByRole('group', { name: 'Statechart of search, closed' });
    await chart.waitFor();
    const states = await chart
      .locator('[data-state]')
      .evaluateAll((all) => all.map((each) => each.getAttribute('data-state')));
    for (const state of ['closed', 'open', 'halfOpen', 'isolated', 'disabled'])
      expect(states).toContain(state);
    expect(await chart.locator('.edge').count()).toBeGreaterThan(6);
    expect(await chart.textContent()).toContain('[backoff has run out]');
    expect(await activeIn(chart)).toEqual(['closed']);
    // The state has the same colour as on the board.
    const [drawn, told] = await Promise.all([
      chart.locator('.active .outline').evaluate((each) => getComputedStyle(each).stroke),
      page.locator('.facts .badge').evaluate((each) => getComputedStyle(each).color),
    ]);
    expect(drawn).toBe(told);
    expect(complaints).toEqual([]);
  });

  it('animates a transition along its line, and counts down the delay in the new state', async () => {
    const { registry, inspector } = await start();
    fail(registry, 'search', 2);
    const { page } = await openPage(inspector);
    await page.getByRole('button', { name: 'search' }).click();
    const chart = page.locator('svg.chart');
    await chart.waitFor();
    fail(registry, 'search', 1);
    await expect.poll(() => activeIn(chart)).toEqual(['open']);
    const taken = chart.locator('.edge.is-taken');
    expect(await taken.getAttribute('aria-label')).toContain('from closed to open');
    expect(await taken.locator('.run').evaluate((line) => getComputedStyle(line).animationName)).toBe('run');
    const timer = chart.locator('[data-state="open"] .timer');
    const before = await timer.textContent();
    expect(before).toMatch(/^\d+ s$/);
    await expect.poll(() => timer.textContent()).not.toBe(before);
  });

  it('animates nothing for users who prefer reduced motion', async () => {
    const { registry, inspector } = await start();
    fail(registry, 'search', 2);
    const { page } = await openPage(inspector, { reducedMotion: 'reduce' });
    await page.getByRole('button', { name: 'search' }).click();
    await page.locator('svg.chart').waitFor();
    fail(registry, 'search', 1);
    const line = page.locator('.edge.is-taken .run');
    await line.waitFor();
    expect(await line.evaluate((each) => getComputedStyle(each).animationName)).toBe('none');
    const box = page.locator('.state.active .outline');
    expect(await box.evaluate((each) => getComputedStyle(each).transitionDuration)).toBe('0s');
  });

  it('shows the circuit becoming half-open when the backoff has run out', async () => {
    const { registry, inspector } = await start({ circuit: { failureThreshold: 1, minBackoffMs: 800 } });
    fail(registry, 'search', 1);
    const { page } = await openPage(inspector);
    await page.getByRole('button', { name: 'search' }).click();
    const chart = page.locator('svg.chart');
    await expect.poll(() => activeIn(chart)).toEqual(['halfOpen']);
    expect(await chart.locator('.edge.is-taken').getAttribute('aria-label')).toContain(
      'from open to halfOpen',
    );
  });

  it('shows the last event if no state changed', async () => {
    const { registry, inspector } = await start();
    fail(registry, 'search', 3);
    const { page } = await openPage(inspector);
    await page.getByRole('button', { name: 'search' }).click();
    const rows = page.locator('svg.chart [data-state="open"] .words.is-taken');
    await page.locator('svg.chart').waitFor();
    registry.allowRequest('search');
    await expect.poll(() => rows.allTextContents()).toEqual(['REQUEST']);
  });

  it('also exists for the registry', async () => {
    const { registry, inspector } = await start();
    fail(registry, 'shell', 3);
    const { page } = await openPage(inspector);
    await page.getByRole('button', { name: 'Its statechart' }).click();
    await page.getByRole('group', { name: 'Statechart of toolfuse, operational' }).waitFor();
    fail(registry, 'search', 3);
    await page.getByRole('group', { name: 'Statechart of toolfuse, paused' }).waitFor();
    expect(await activeIn(page.locator('svg.chart'))).toEqual(['paused']);
    expect(await page.locator('.facts').innerText()).toContain('2 circuits open: shell, search');
  });

  it('can be selected from a list of all actors', async () => {
    const { registry, inspector } = await start();
    registry.tool('search');
    fail(registry, 'shell', 3);
    const { page } = await openPage(inspector, { view: 'chart' });
    await page.getByLabel('Whose statechart').selectOption({ label: 'shell (open)' });
    await page.getByRole('group', { name: 'Statechart of shell, open' }).waitFor();
  });

  it('zooms with its buttons, and can be fitted again', async () => {
    const { registry, inspector } = await start();
    registry.tool('search');
    const { page } = await openPage(inspector, { view: 'chart' });
    const scale = page.locator('.zooming .scale');
    const fitted = await scale.innerText();
    await page.getByRole('button', { name: 'Zoom in' }).click();
    const near = await scale.innerText();
    expect(Number.parseInt(near, 10)).toBeGreaterThan(Number.parseInt(fitted, 10));
    await page.getByRole('button', { name: 'Zoom out' }).click();
    await page.getByRole('button', { name: 'Zoom out' }).click();
    expect(Number.parseInt(await scale.innerText(), 10)).toBeLessThan(Number.parseInt(fitted, 10));
    await page.getByRole('button', { name: 'Fit' }).click();
    expect(await scale.innerText()).toBe(fitted);
  });

  it('can be panned by keyboard, wheel and mouse', async () => {
    const { registry, inspector } = await start();
    registry.tool('search');
    const { page } = await openPage(inspector, { view: 'chart' });
    const chart = page.locator('svg.chart');
    const sight = (): Promise<string | null> => chart.locator('> g').getAttribute('transform');
    await chart.focus();
    const steps = [
      () => page.keyboard.press('+'),
      () => page.keyboard.press('ArrowLeft'),
      () => page.keyboard.press('-'),
      () => page.keyboard.press('0'),
      () => chart.hover().then(() => page.mouse.wheel(0, -200)),
      async () => {
        await page.mouse.down();
        await page.mouse.move(300, 300);
        await page.mouse.up();
      },
    ];
    for (const step of steps) {
      const before = await sight();
      await step();
      await expect.poll(sight).not.toBe(before);
    }
  });

  it('names its states, the active one and its lines for a screen reader', async () => {
    const { registry, inspector } = await start();
    registry.tool('search');
    const { page } = await openPage(inspector);
    await page.getByRole('button', { name: 'search' }).click();
    await page.getByRole('img', { name: /^state closed, active/ }).waitFor();
    expect(await page.getByRole('img', { name: /^state open: / }).count()).toBe(1);
    expect(await page.getByRole('img', { name: /^from halfOpen to closed: SUCCESS/ }).count()).toBe(1);
  });

  it('shows the snapshot of the chosen tool, even while that changes constantly', async () => {
    const { registry, inspector } = await start({ circuit: { failureThreshold: 1, minBackoffMs: 50_000 } });
    fail(registry, 'search', 1);
    registry.tool('shell');
    const { page } = await openPage(inspector);
    await page.getByRole('button', { name: 'search' }).click();
    await page.getByRole('button', { name: 'Show the snapshot' }).click();
    const snapshot = page.getByRole('region', { name: 'Snapshot' });
    await expect.poll(() => snapshot.innerText()).toContain('"deniedRequests": 0');
    const busy = setInterval(() => registry.allowRequest('search'), 20);
    try {
      await expect.poll(() => snapshot.innerText()).toMatch(/"deniedRequests": [1-9]/);
    } finally {
      clearInterval(busy);
    }
    const shell = await page.getByRole('option', { name: 'shell' }).getAttribute('value');
    await page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(window, { seen });
      new MutationObserver(() => {
        const shown = document.querySelector('.facts pre, .facts .json')?.textContent ?? '';
        seen.push(`${document.querySelector('.details h2')?.textContent} ${shown.includes('"search"')}`);
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await page.getByLabel('Whose statechart').selectOption(shell);
    await expect.poll(() => snapshot.innerText()).toContain('"tool": "shell"');
    expect(await page.evaluate(() => (window as unknown as { seen: string[] }).seen)).not.toContain(
      'shell true',
    );
  });

  it('updates the snapshot beside it', async () => {
    const { registry, inspector } = await start();
    registry.tool('search');
    const { page } = await openPage(inspector);
    await page.getByRole('button', { name: 'search' }).click();
    await page.getByRole('button', { name: 'Show the snapshot' }).click();
    const snapshot = page.getByRole('region', { name: 'Snapshot' });
    await expect.poll(() => snapshot.innerText()).toContain('"failureCount": 0');
    fail(registry, 'search', 2);
    await expect.poll(() => snapshot.innerText()).toContain('"failureCount": 2');
    await page.getByRole('button', { name: 'Hide the snapshot' }).click();
    await snapshot.waitFor({ state: 'detached' });
  });

  it('is dark or light like the system, or as chosen', async () => {
    const { inspector } = await start();
    const { page } = await openPage(inspector, { colorScheme: 'dark' });
    const ground = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await ground()).toBe('rgb(17, 19, 20)');
    await page.getByRole('button', { name: 'Auto' }).click();
    expect(await ground()).toBe('rgb(246, 246, 244)');
    await page.reload();
    await page.getByRole('button', { name: 'Light' }).click();
    expect(await ground()).toBe('rgb(17, 19, 20)');
  });
});
