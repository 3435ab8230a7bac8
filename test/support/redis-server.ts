import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A server of Redis that a test has started, on this machine. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  readonly process: ChildProcess;
  /** Kills it as a crash would, and resolves once it is gone. */
  kill(): Promise<void>;
}

/** A port on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts Debian's redis-server, which keeps nothing on a disk but a folder of its own, and resolves once it answers.
 *
 * @param options More options of its command line.
 */
export async function startRedis({
  port,
  options = [],
}: {
  readonly port?: number;
  readonly options?: readonly string[];
} = {}): Promise<RedisServer> {
  const ownPort = port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'toolfuse-redis-'));
  const fixed = ['--port', String(ownPort), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const child = spawn('redis-server', [...fixed, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit').finally(() => rmSync(folder, { recursive: true, force: true }));
  await new Promise<void>((resolve, reject) => {
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk;
      if (printed.includes('Ready to accept connections')) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`redis-server has ended: ${printed}`)));
  });
  return {
    port: ownPort,
    url: `redis://127.0.0.1:${ownPort}`,
    process: child,
    async kill() {
      // A stopped process takes no other signal.
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Whether this machine has a redis-server; the test command installs one where it can. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
