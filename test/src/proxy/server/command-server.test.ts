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

it('a server gets the variables and the folder that it is given, and its standard error is handed on', async () => {
  let words = '';
  const program = 'console.error(process.cwd(), process.env.OWN, process.env.HOME)';
  const ended = new Promise<void>((resolve) => {
    new CommandServer(
      {
        command: process.execPath,
        args: ['-e', program],
        maxMessageBytes: 1_000,
        environment: { OWN: 'mine', npm_config_package: 'x' },
        folder: '/',
        onErrorOutput: (chunk) => {
          words += chunk;
        },
      },
      {
        onMessage: () => {},
        onGarbage: () => {},
        onLongLine: () => {},
        together: (tell) => tell(),
        onDrain: () => {},
        onUndelivered: () => {},
        onEnd: () => resolve(),
      },
    );
  });
  await ended;
  expect(words).toBe('/ mine undefined\n');
});

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

it('a server that closes its output has ended, and is ended, though its process goes on', async () => {
  const program = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1_000); fs.closeSync(1);`;
  const { server, ended } = run(program, () => {});
  expect(await ended).toBe('it closed its output');
  expect(() => process.kill(server.pid ?? 0, 0)).toThrow('ESRCH');
});

describe('a signal', () => {
  const deafTo = (...signals: string[]): string =>
    `for (const signal of ${JSON.stringify(signals)}) process.on(signal, () => console.log(signal));
     setInterval(() => {}, 1_000); console.log('runs');`;

  /** Runs a server that prints its signals. */
  async function runDeaf(...signals: string[]) {
    const said: string[] = [];
    const { server, ended } = run(deafTo(...signals), ({ bytes }) => said.push(bytes.toString().trim()));
    await expect.poll(() => said).toEqual(['runs']);
    return { server, ended, said };
  }

  it('is passed on at once', async () => {
    const { server, ended } = await runDeaf();
    server.signal('SIGINT');
    expect(await ended).toBe('it was ended by SIGINT');
  });

  it('that comes second is passed on as well, and ends a server that is deaf to both', async () => {
    const { server, ended, said } = await runDeaf('SIGINT', 'SIGTERM');
    server.signal('SIGINT');
    await expect.poll(() => said).toContain('SIGINT');
    server.signal('SIGTERM');
    expect(await ended).toBe('it was ended by SIGKILL');
    expect(said).toEqual(['runs', 'SIGINT', 'SIGTERM']);
  });

  it('that comes third ends it without any delay', async () => {
    const { server, ended } = await runDeaf('SIGINT', 'SIGTERM');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      for (let times = 0; times < 3; times++) server.signal('SIGTERM');
      // Its exit is told once its output has ended.
      expect(await ended).toBe('it was ended by SIGKILL');
    } finally {
      vi.useRealTimers();
    }
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
