import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createWebSocketInspector } from '@statelyai/inspect';
import { createToolRegistry } from 'toolfuse';
import { afterEach, describe, expect, it } from 'vitest';
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
