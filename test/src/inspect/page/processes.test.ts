import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createWebSocketInspector } from '@statelyai/inspect';
import type { Locator, Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { RawClient } from '../../proxy/support/raw-client.ts';
import { hasBrowser, openPage, routeSockets } from '../support/browser.ts';
import { start } from '../support/started.ts';

const command = fileURLToPath(new URL('../../../../dist/cli/index.js', import.meta.url));

/** A server whose tools whose names begin with `broken` fail. */
const server = `
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) return;
    const result = method === 'initialize'
      ? { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }
      : { content: [{ type: 'text', text: 'the disk is full' }], isError: params.name.startsWith('broken') };
    process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
  });`;

/** A running proxy in front of that server. */
async function startProxy(name: string, folder: string): Promise<RawClient> {
  const client = new RawClient(
    [
      ...([process.execPath, command, 'mcp', '--name', name, '--failure-threshold', '1'] as const),
      ...['--min-backoff', '600000', '--max-backoff', '600000', '--', process.execPath, '-e', server],
    ],
    { env: { XDG_RUNTIME_DIR: folder } },
  );
  onTestFinished(async () => void (await client.stop()));
  await client.request('initialize', {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  });
  client.notify('notifications/initialized');
  return client;
}

const call = (client: RawClient, name: string) => client.request('tools/call', { name, arguments: {} });

/** Whether what is shown has lost its colours. */
const isGrey = (shown: Locator): Promise<boolean> =>
  shown.evaluate((element) => getComputedStyle(element).filter === 'grayscale(1)');

/** Two running proxies with one open circuit each, and what `toolfuse inspect --all` prints as its address. */
async function startTwo(): Promise<{
  files: RawClient;
  search: RawClient;
  viewer: ChildProcess;
  url: string;
}> {
  const folder = mkdtempSync(join(tmpdir(), 'toolfuse-processes-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [files, search] = await Promise.all([startProxy('files', folder), startProxy('search', folder)]);
  await Promise.all([call(files, 'broken-read'), call(search, 'broken-find')]);
  const viewer = spawn(process.execPath, [command, 'inspect', '--all'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, XDG_RUNTIME_DIR: folder },
  });
  onTestFinished(() => void viewer.kill('SIGKILL'));
  let printed = '';
  viewer.stdout.on('data', (text) => (printed += text));
  await expect.poll(() => printed).toMatch(/http:\S+\s/);
  return { files, search, viewer, url: /http:\S+/.exec(printed)?.[0] ?? '' };
}

const head = (page: Page, name: string) => page.locator('.group-row .registry', { hasText: name });
const row = (page: Page, tool: string) => page.locator('.tool-row', { hasText: tool });

describe.skipIf(!hasBrowser)('the page for several processes', () => {
  it('keeps the place of each process, whichever is heard first', async () => {
    const { files, url } = await startTwo();
    const { page } = await openPage({ url });
    let goOn = (): void => {};
    const slow = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    await routeSockets(page, new RegExp(`process=${files.pid}`), (route) => {
      const process = route.connectToServer();
      process.onMessage((message) => void slow.then(() => route.send(message)));
    });
    await page.reload();
    await row(page, 'broken-find').waitFor();
    goOn();
    await row(page, 'broken-read').waitFor();
    // Each tool stands below the head of its process.
    const words = (await page.locator('.port').innerText()).replaceAll(/\s+/g, ' ');
    expect(words).toMatch(/files .*broken-read .*search .*broken-find /);
  });

  it('shows the running proxies under their names, and greys one that is killed, and only that', async () => {
    const { files, search, viewer, url } = await startTwo();
    const { page, complaints, foreign } = await openPage({ url });
    await row(page, 'broken-read').waitFor();
    await row(page, 'broken-find').waitFor();
    expect(await head(page, 'files').innerText()).toMatch(new RegExp(`process ${files.pid}, up \\d+`));
    expect(await head(page, 'search').innerText()).toMatch(new RegExp(`process ${search.pid}, up \\d+`));
    expect(await row(page, 'broken-read').locator('.state').innerText()).toContain('open');
    expect(await page.title()).toBe('(2 open) 2 processes · toolfuse');
    // What happens in a process arrives without a reload.
    await call(search, 'broken-index');
    await row(page, 'broken-index').waitFor();

    process.kill(files.pid, 'SIGKILL');
    await page.getByText('files has ended; what was known stays for ten minutes.').waitFor();
    await expect.poll(() => isGrey(row(page, 'broken-read'))).toBe(true);
    expect(await isGrey(head(page, 'files'))).toBe(true);
    expect(await head(page, 'files').innerText()).toContain('not connected');
    expect(await row(page, 'broken-read').locator('.reason').innerText()).toBe('not connected');
    expect(await isGrey(row(page, 'broken-find'))).toBe(false);
    expect(await isGrey(head(page, 'search'))).toBe(false);
    await expect.poll(() => page.title()).toMatch(/ search · toolfuse$/);
    // The other process is followed as before.
    await call(search, 'broken-list');
    await row(page, 'broken-list').waitFor();
    // The browser may complain once more of the dead one: it is looked for until the list of processes lacks it.
    const others = complaints.filter((complaint) => !complaint.includes(`process=${files.pid}`));
    expect({ others, foreign }).toEqual({ others: [], foreign: [] });
    viewer.kill('SIGTERM');
    await once(viewer, 'exit');
  });

  it('greys an app that has hung up, says since when, and shows its chart as it was', async () => {
    const { inspector } = await start();
    const client = createWebSocketInspector({ url: inspector.appUrl });
    const machine = createMachine({
      id: 'player',
      initial: 'stopped',
      states: { stopped: { on: { PLAY: 'playing' } }, playing: { after: { 600000: 'stopped' } } },
    });
    const actor = createActor(machine, { inspect: client.inspect, id: 'music' }).start();
    actor.send({ type: 'PLAY' });
    await setImmediate();
    const { page, complaints } = await openPage(inspector);
    const row = page.locator('.tool-row', { hasText: 'music' });
    await row.locator('.countdown').waitFor();
    expect(await isGrey(row)).toBe(false);
    client.stop();
    await row.getByText(/^gone since \d\d:\d\d:\d\d$/).waitFor();
    expect(await isGrey(row)).toBe(true);
    expect(await row.locator('.state').innerText()).toContain('playing');
    expect(await row.locator('.countdown').count()).toBe(0);
    await row.getByRole('button').click();
    await page.getByRole('group', { name: 'Statechart of music, playing' }).waitFor();
    expect(await isGrey(page.locator('.split.is-gone'))).toBe(true);
    await page.getByText(/Its app is gone since \d\d:\d\d:\d\d/).waitFor();
    expect(complaints).toEqual([]);
    actor.stop();
  });
});
