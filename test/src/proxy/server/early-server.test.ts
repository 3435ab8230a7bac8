import * as childProcess from 'node:child_process';
import { once } from 'node:events';
import { expect, it, vi } from 'vitest';
import { CommandServer } from '../../../../src/proxy/server/command-server.ts';
import { EarlyServer } from '../../../../src/proxy/server/early-server.ts';

vi.mock('node:child_process', async (original) => {
  const real = await original<typeof childProcess>();
  return { ...real, spawn: vi.fn(real.spawn) };
});

/** A server that runs this program of Node.js. @throws Error if it was not started. */
function start(program: string): EarlyServer {
  const early = EarlyServer.start({ command: [process.execPath, '-e', program] });
  if (early === undefined) throw new Error('it was not started');
  return early;
}

it.each([
  ['a server by a URL', { command: [], url: 'http://localhost' }],
  ['clients that have a server each', { command: ['node'], listen: { host: 'localhost', port: 1 } }],
  ['a command that there is not', { command: ['no-such-command-anywhere'] }],
  ['a command that cannot be one', { command: ['no\0command'] }],
])('no server is started early for %s', (_, options) => {
  expect(EarlyServer.start(options)).toBeUndefined();
});

it('a server that has said something and ended before anybody takes it is taken as it was', async () => {
  const early = start(`process.stdout.write('{"jsonrpc":"2.0","method":"a"}\\n', () => process.exit(3))`);
  await once(early.child, 'exit');
  const started = early.take();
  if (started === undefined) throw new Error('it cannot be taken');
  early.leaveSignals();
  const told: (string | undefined)[] = [];
  const ended = await new Promise<string>((resolve) => {
    new CommandServer(
      { command: 'unused', args: [], maxMessageBytes: 1_000, started },
      {
        onMessage: ({ method }) => told.push(method),
        onGarbage: () => {},
        onLongLine: () => {},
        together: (tell) => tell(),
        onDrain: () => {},
        onUndelivered: () => {},
        onEnd: ({ why }) => resolve(why),
      },
    );
  });
  expect([told, ended]).toEqual([['a'], 'it exited with code 3']);
});

it('a server is taken once, and ended if nobody takes it', async () => {
  const taken = start('setInterval(() => {}, 1_000)');
  const child = taken.take();
  expect(taken.take()).toBeUndefined();
  taken.end();
  taken.leaveSignals();
  expect(child?.killed === false && child.exitCode === null).toBe(true);
  child?.kill('SIGKILL');

  const left = start('setInterval(() => {}, 1_000)');
  left.end();
  await once(left.child, 'exit');
  expect(left.child.signalCode).toBe('SIGKILL');
});

it('a signal that comes before the proxy is loaded ends the server, and then the process', async () => {
  const early = start(
    `process.on('SIGHUP', () => process.exit(9)); console.log('up'); setInterval(() => {}, 1_000)`,
  );
  await once(early.child.stdout ?? early.child, 'readable');
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  process.emit('SIGHUP', 'SIGHUP');
  await expect.poll(() => exit.mock.calls).toEqual([[129]]);
  expect(early.child.exitCode).toBe(9);
  early.leaveSignals();
  exit.mockRestore();
});

it('a signal finds somebody to take care of it from before the server is there, and nobody once it is not started', () => {
  const before = process.listenerCount('SIGTERM');
  const atSpawn: number[] = [];
  const spawn = vi.mocked(childProcess.spawn);
  const real = spawn.getMockImplementation();
  spawn.mockImplementationOnce(((...args: Parameters<typeof childProcess.spawn>) => {
    atSpawn.push(process.listenerCount('SIGTERM') - before);
    return (real as typeof childProcess.spawn)(...args);
  }) as typeof childProcess.spawn);
  const early = start('setInterval(() => {}, 1_000)');
  expect(atSpawn).toEqual([1]);
  early.end();
  expect(process.listenerCount('SIGTERM')).toBe(before);
  EarlyServer.start({ command: ['no-such-command-anywhere'] });
  expect(process.listenerCount('SIGTERM')).toBe(before);
});
