import { setImmediate } from 'node:timers/promises';
import { createWebSocketInspector } from '@statelyai/inspect';
import type { WebSocketRoute } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { hasBrowser, openPage, routeSockets } from '../support/browser.ts';
import { built } from '../support/built.ts';
import { fail, start } from '../support/started.ts';

describe.skipIf(!hasBrowser)('the page', () => {
  it('shows events from before it was opened, if the inspector was attached late', async () => {
    const registry = built.toolfuse.createToolRegistry({
      circuit: { failureThreshold: 3, minBackoffMs: 50_000 },
    });
    fail(registry, 'shell', 3);
    registry.isolate('search');
    const inspector = await registry.inspect();
    const { page } = await openPage(inspector);
    await expect.poll(() => page.locator('.slot .state').allInnerTexts()).toEqual(['open', 'isolated']);
    expect(await page.locator('.slot .countdown .left').first().innerText()).toMatch(/^\d\d s$/);
    await inspector.close();
    registry.stop();
  });

  it('returns to the same view after a reload', async () => {
    const { registry, inspector } = await start();
    fail(registry, 'shell', 3);
    const { page } = await openPage(inspector);
    await page.getByRole('button', { name: 'shell' }).click();
    await page.reload();
    await page.getByRole('group', { name: 'Statechart of shell, open' }).waitFor();
  });

  it('reconnects by itself after the connection broke, without missing anything', async () => {
    const { registry, inspector } = await start();
    fail(registry, 'shell', 1);
    const { page } = await openPage(inspector);
    const routes: WebSocketRoute[] = [];
    await routeSockets(page, '**', (route) => {
      routes.push(route);
      route.connectToServer();
    });
    await page.reload();
    const row = page.locator('.slot', { hasText: 'shell' });
    await row.getByText('closed').waitFor();
    await Promise.all([page.getByText('lost, trying again').waitFor(), routes[0]?.close()]);
    fail(registry, 'shell', 2);
    await page.locator('.connection.live').waitFor();
    await row.getByText('open').waitFor();
    await page.getByRole('button', { name: 'Sequence' }).click();
    await page.getByText('6 events').waitFor();
  });

  it('says that the connection is lost, and keeps showing its data', async () => {
    const { registry, inspector } = await start();
    fail(registry, 'shell', 3);
    const { page } = await openPage(inspector);
    const row = page.locator('.slot', { hasText: 'shell' });
    await row.waitFor();
    await inspector.close();
    await page.getByText('lost, trying again').waitFor();
    expect(await row.count()).toBe(1);
  });

  it('says so if another inspector has replaced its own', async () => {
    const { registry, inspector } = await start();
    const { page } = await openPage(inspector);
    await inspector.close();
    const other = await registry.inspect({ port: Number(new URL(inspector.url).port) });
    await page.getByText('the inspector that runs here now has another address').waitFor();
    await other.close();
  });

  it('is the same in several windows at once', async () => {
    const { registry, inspector } = await start({}, { controls: true });
    fail(registry, 'shell', 2);
    const pages = [await openPage(inspector), await openPage(inspector), await openPage(inspector)];
    await pages[0]?.page.getByRole('button', { name: 'shell' }).click();
    await pages[0]?.page.getByRole('button', { name: 'FAILURE', exact: true }).click();
    for (const { page } of pages.slice(1)) {
      await page.locator('.slot', { hasText: 'shell' }).getByText('open').waitFor();
    }
  });

  it('says why it shows nothing if its address lacks the key', async () => {
    const { inspector } = await start();
    const { page } = await openPage(inspector);
    await page.goto('about:blank');
    for (const fragment of ['', '#wrong', '#view=board', '#%20']) {
      await page.goto('about:blank');
      await page.goto(new URL(`/${fragment}`, inspector.url).href);
      await page.getByRole('heading', { name: 'Not let in' }).waitFor();
    }
  });

  it('connects once the complete address is entered in the same window', async () => {
    const { inspector } = await start();
    const { page } = await openPage(inspector);
    await page.goto('about:blank');
    await page.goto(new URL('/#wrong', inspector.url).href);
    await page.getByRole('heading', { name: 'Not let in' }).waitFor();
    await page.goto(inspector.url);
    await page.locator('.connection.live').waitFor();
  });

  it('shows any XState app that connects with the real Stately client', async () => {
    const { inspector } = await start();
    const client = createWebSocketInspector({ url: inspector.appUrl });
    const machine = createMachine({
      id: 'player',
      initial: 'stopped',
      states: {
        stopped: { on: { PLAY: 'playing' } },
        playing: {
          initial: 'slow',
          after: { 30000: 'stopped' },
          states: { slow: { on: { FASTER: 'fast' } }, fast: {} },
        },
      },
    });
    const actor = createActor(machine, { inspect: client.inspect, id: 'music' }).start();
    actor.send({ type: 'PLAY' });
    await setImmediate();
    const { page, complaints } = await openPage(inspector);
    const row = page.locator('.slot', { hasText: 'music' });
    await row.getByText('playing.slow').waitFor();
    expect(await row.locator('.countdown .left').innerText()).toMatch(/^(30|2\d) s$/);
    await row.getByRole('button').click();
    await page.getByRole('group', { name: 'Statechart of music, playing.slow' }).waitFor();
    actor.send({ type: 'FASTER' });
    await page.getByRole('group', { name: 'Statechart of music, playing.fast' }).waitFor();
    const active = page.locator('svg.chart .state.active');
    expect(await active.evaluateAll((all) => all.map((each) => each.getAttribute('data-state')))).toEqual([
      'playing',
      'playing.fast',
    ]);
    expect(await page.locator('svg.chart .edge.is-taken').getAttribute('aria-label')).toContain(
      'to playing.fast',
    );
    expect(complaints).toEqual([]);
    actor.stop();
    client.stop();
  });
});
