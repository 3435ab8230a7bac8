import { describe, expect, it } from 'vitest';
import { hasBrowser, openPage } from '../support/browser.ts';
import { fail, start } from '../support/started.ts';

describe.skipIf(!hasBrowser)('the controls', () => {
  it('send each of their events to the circuit', async () => {
    const { registry, inspector } = await start(
      { circuit: { failureThreshold: 2, minBackoffMs: 60_000 } },
      { controls: true },
    );
    registry.tool('search');
    const { page, complaints } = await openPage(inspector);
    await page.getByRole('button', { name: 'search' }).click();
    const send = (type: string): Promise<void> =>
      page.getByRole('button', { name: type, exact: true }).click();
    const context = () => registry.tool('search').getSnapshot().context;
    const state = () => registry.state('search');

    await page.getByLabel('of category').selectOption('rateLimit');
    await send('FAILURE');
    await expect.poll(() => context().lastErrorCategory).toBe('rateLimit');
    await page.getByText('FAILURE was sent.').waitFor();
    await send('FAILURE');
    await expect.poll(state).toBe('open');
    await send('REQUEST');
    await expect.poll(() => context().deniedRequests).toBe(1);
    await send('SUCCESS');
    await expect.poll(state).toBe('closed');
    await send('ISOLATE');
    await expect.poll(state).toBe('isolated');
    await send('RELEASE');
    await expect.poll(state).toBe('closed');
    const release = page.getByRole('button', { name: 'RELEASE', exact: true });
    await expect.poll(() => release.isDisabled()).toBe(true);
    await send('DISABLE');
    await expect.poll(state).toBe('disabled');
    await send('ISOLATE');
    await expect.poll(state).toBe('isolated');
    await send('CLOSE');
    await expect.poll(state).toBe('closed');
    await send('RESET');
    await expect.poll(() => context().deniedRequests).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('acknowledge a pause at the registry’s statechart', async () => {
    const { registry, inspector } = await start({}, { controls: true });
    fail(registry, 'shell', 3);
    fail(registry, 'search', 3);
    const { page } = await openPage(inspector, { view: 'chart' });
    await page.getByLabel('Whose statechart').selectOption({ label: 'toolfuse (paused)' });
    await page.getByRole('button', { name: 'ACKNOWLEDGE' }).click();
    await expect.poll(() => registry.actor.getSnapshot().value).toBe('operational');
  });

  it('are absent unless they were requested', async () => {
    const { registry, inspector } = await start();
    registry.tool('search');
    const { page } = await openPage(inspector);
    await page.getByRole('button', { name: 'search' }).click();
    await page.getByText('Off. Start the inspector with controls: true').waitFor();
    expect(await page.getByRole('button', { name: 'FAILURE' }).count()).toBe(0);
  });
});
