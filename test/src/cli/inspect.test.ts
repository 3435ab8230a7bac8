import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createWebSocketInspector } from '@statelyai/inspect';
import { createToolRegistry } from 'toolfuse';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { knockAsPage } from '../inspect/support/clients.ts';

const command = fileURLToPath(new URL('../../../dist/cli/index.js', import.meta.url));
const run = promisify(execFile);

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

/** Starts the built command, and reads the address that it prints. */
async function start(...args: string[]) {
  const child = spawn(process.execPath, [command, 'inspect', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
  let printed = '';
  child.stdout.on('data', (text) => (printed += text));
  await expect.poll(() => printed).toMatch(/createToolRegistry/);
  const url = /http:\S+/.exec(printed)?.[0] ?? '';
  const appUrl = /ws:[^']+/.exec(printed)?.[0] ?? '';
  return { child, url, appUrl };
}

describe('toolfuse inspect --all', () => {
  it('shows each running proxy of this user on one page, with its history, and forgets one that ends', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'toolfuse-all-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const state = join(folder, 'state.json');
    const openedTime = Date.now() - 3_600_000;
    const circuit = {
      tool: 'search',
      state: 'isolated',
      isolatedBy: 'Ann',
      failureCount: 0,
      lastFailureTime: null,
      lastErrorCategory: null,
      currentBackoffMs: 0,
      backoffStep: 0,
      baseBackoffMs: 0,
      notBeforeTime: null,
      openedTime,
      openCount: 0,
      deniedRequests: 0,
      lastDeniedTime: null,
      isolations: 1,
      isolatedUntilTime: null,
      closedTime: null,
    };
    const kept = {
      format: 'toolfuse',
      version: 1,
      savedTime: Date.now() - 60_000,
      circuits: [circuit],
      history: {
        search: [
          ['closed', openedTime - 60_000],
          ['isolated', openedTime],
        ],
      },
    };
    writeFileSync(state, JSON.stringify({ format: 'toolfuse-mcp', version: 1, servers: { files: kept } }));
    const env = { ...process.env, XDG_RUNTIME_DIR: folder };
    const server = ['--', process.execPath, '-e', 'process.stdin.resume()'];
    const proxy = spawn(process.execPath, [command, 'mcp', '--name', 'files', '--state', state, ...server], {
      stdio: ['pipe', 'ignore', 'ignore'],
      env,
    });
    const viewer = spawn(process.execPath, [command, 'inspect', '--all'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env,
    });
    running.push(proxy, viewer);
    let printed = '';
    viewer.stdout.on('data', (text) => (printed += text));
    await expect.poll(() => printed).toMatch(/http:/);
    const url = /http:\S+/.exec(printed)?.[0] ?? '';
    const { messages } = await knockAsPage({ url });
    const listed = () => messages.findLast((message) => message.type === 'processes')?.processes;
    await expect.poll(listed).toEqual([{ id: String(proxy.pid), name: 'files' }]);
    const path = `/?process=${proxy.pid}`;
    const page = await knockAsPage({ url }, { path });
    await expect
      .poll(() => page.messages.find((message) => message.type === 'hello'))
      .toMatchObject({
        name: 'files',
        process: { pid: proxy.pid },
      });
    const circuits = () =>
      page.messages
        .flatMap((message) => (message.type === 'actors' ? message.actors : []))
        .filter(({ kind }) => kind === 'circuit');
    await expect
      .poll(circuits)
      .toMatchObject([{ name: 'search', state: 'isolated', tool: { isolatedBy: 'Ann' } }]);
    page.socket.send(
      JSON.stringify({
        type: 'lanes',
        request: 1,
        actors: [circuits()[0]?.id],
        spanMs: 7_200_000,
        parts: 10,
      }),
    );
    const lanes = () => page.messages.find((message) => message.type === 'lanes')?.lanes;
    await expect.poll(lanes).toMatchObject([
      {
        spans: [
          { state: 'closed', to: openedTime },
          { state: 'isolated', from: openedTime },
          { state: 'isolated' },
        ],
      },
    ]);
    expect(lanes()?.[0]?.spans[1]?.to).toBe(kept.savedTime);
    const ended = once(page.socket, 'close');
    proxy.stdin.end();
    await ended;
    await expect.poll(listed).toEqual([]);
    // The history was kept for the next one.
    expect(JSON.parse(readFileSync(state, 'utf8')).servers.files.history.search).toMatchObject([
      ['closed', openedTime - 60_000],
      ['isolated', openedTime],
      ['', kept.savedTime],
      ['isolated', expect.any(Number)],
    ]);
  });
});

describe('toolfuse inspect', () => {
  it('shows a registry that the real Stately client connects, with its running backoff', async () => {
    const { url, appUrl } = await start('--port', '0');
    const client = createWebSocketInspector({ url: appUrl });
    const registry = createToolRegistry({
      circuit: { failureThreshold: 1, minBackoffMs: 30_000 },
      inspect: client.inspect,
    });
    registry.recordFailure('shell', 'timeout');
    const { messages } = await knockAsPage({ url });
    await expect
      .poll(() =>
        messages
          .flatMap((message) => (message.type === 'actors' ? message.actors : []))
          .findLast(({ name }) => name === 'shell'),
      )
      .toMatchObject({
        kind: 'circuit',
        state: 'open',
        isControlled: false,
        timers: [{ delayMs: 30_000 }],
        tool: { failures: 1, threshold: 1, lastError: 'timeout', outcomes: 'f' },
      });
    registry.stop();
    client.stop();
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends well at %s', async (signal) => {
    const { child } = await start('--port', '0');
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('prints its options', async () => {
    const { stdout } = await run(process.execPath, [command, 'inspect', '--help']);
    expect(stdout).toContain('--port PORT');
  });

  it.each([
    [['--port', 'many'], '--port must be a whole number from 0 to 65535, got "many"'],
    [['--port', '65536'], '--port must be a whole number from 0 to 65535, got "65536"'],
    [['--colour'], "Unknown option '--colour'"],
    [['extra'], "Unexpected argument 'extra'"],
  ])('refuses %j in words', async (args, words) => {
    await expect(run(process.execPath, [command, 'inspect', ...args])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(words),
    });
  });

  it('says so when the port is taken', async () => {
    const { url } = await start('--port', '0');
    const { port } = new URL(url);
    await expect(run(process.execPath, [command, 'inspect', '--port', port])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`port ${port} of 127.0.0.1 is taken`),
    });
  });
});
