import { describe, expect, it, vi } from 'vitest';
import { CommandServer } from '../../../../src/proxy/server/command-server.ts';
import type { Line } from '../../../../src/proxy/wire/line.ts';

/** Runs a Node.js program as a server. */
function run(program: string, onLine: (line: Line, server: CommandServer) => void) {
  let tell = (_: string): void => {};
  const ended = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const server = new CommandServer(
    { command: process.execPath, args: ['-e', program], maxMessageBytes: 1_000_000 },
    {
      onMessage: ({ line }) => onLine(line, server),
      onGarbage: (line) => onLine(line, server),
      onLongLine: () => {},
      together: (tell) => tell(),
      onDrain: () => {},
      onUndelivered: () => {},
      onEnd: ({ why }) => tell(why),
    },
  );
  return { server, ended };
}

describe('a server that ends', () => {
  it('has all of its output passed on, however slowly its client reads', async () => {
    const lines: number[] = [];
    let timer: NodeJS.Timeout | undefined;
    const program = `for (let line = 0; line < 5; line++) process.stdout.write('x'.repeat(30_000) + '\\n');`;
    const { ended } = run(program, ({ length }, server) => {
      lines.push(length);
      // Like a client that reads slowly.
      server.pause();
      clearTimeout(timer);
      timer = setTimeout(() => server.resume(), 300);
    });
    expect(await ended).toBe('it exited with code 0');
    expect(lines).toEqual(Array.from({ length: 5 }, () => 30_001));
  });

  it('does not count as running because a process that it left behind goes on writing', async () => {
    const pids: number[] = [];
    const program = `
      const { spawn } = require('node:child_process');
      const beat = "setInterval(() => { console.log(process.pid); process.send?.('it speaks'); }, 50)";
      const stdio = ['ignore', 'inherit', 'ignore', 'ipc'];
      const left = spawn(process.execPath, ['-e', beat], { stdio, detached: true });
      left.once('message', () => process.exit(7));`;
    const { ended } = run(program, (line) => pids.push(Number(line.text('utf8', 0, line.length))));
    expect(await ended).toBe('it exited with code 7');
    const [pid] = pids;
    expect(pid).toBeGreaterThan(0);
    // That process still runs, so its end did not help.
    process.kill(pid as number, 'SIGKILL');
  });
});

it('a server whose output nobody reads still ends when it is told to', async () => {
  const program = `setInterval(() => { for (let n = 0; n < 1_000; n++) console.log('x'.repeat(1_000)); }, 1)`;
  let heard = 0;
  const { server } = run(program, (_, each) => {
    heard++;
    each.pause();
  });
  await expect.poll(() => heard).toBeGreaterThan(0);
  await server.close('gently');
  const { pid = 0 } = server;
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

it('a stubborn server has ended before the SDK would kill the proxy', async () => {
  const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1_000); console.log('runs')";
  let heard = 0;
  const { server } = run(stubborn, () => heard++);
  await expect.poll(() => heard).toBe(1);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const closing = server.close('gently');
    // The SDK sends SIGTERM two seconds after the end of the input, and SIGKILL two seconds later.
    await vi.advanceTimersByTimeAsync(3_999);
    await closing;
  } finally {
    vi.useRealTimers();
  }
  const { pid = 0 } = server;
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});
