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
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** What a server is started with. */
interface RedisServerOptions {
  readonly port?: number;
  /** A file of settings. */
  readonly file?: string;
  /** More options of its command line. */
  readonly options?: readonly string[];
  /** Whether to wait only until it listens, while it still loads its data. */
  readonly isLoading?: boolean;
  /** Its folder, which then stays. Default: one of its own, which goes with it. */
  readonly folder?: string;
}

/** Starts Debian's redis-server, which keeps nothing on a disk but a folder of its own, and resolves once it answers. */
export async function startRedis({
  port,
  file,
  options = [],
  isLoading = false,
  folder: given,
}: RedisServerOptions = {}): Promise<RedisServer> {
  const ownPort = port ?? (await freePort());
  const folder = given ?? mkdtempSync(join(tmpdir(), 'toolfuse-redis-'));
  const fixed = ['--port', String(ownPort), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const args = [...(file === undefined ? [] : [file]), ...fixed, ...options];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit').finally(() => {
    if (given === undefined) rmSync(folder, { recursive: true, force: true });
  });
  // A sentinel says that it is ready in words of its own.
  const isReady = isLoading ? /Server initialized/ : /Ready to accept connections|Sentinel ID is/;
  await new Promise<void>((resolve, reject) => {
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk;
      if (isReady.test(printed)) resolve();
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
