import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { closedPort } from './faults.ts';

/** A server for a test of clients, and how to end it. */
export interface Server {
  readonly port: number;
  readonly close: () => void;
}

/** A server that speaks lines: it greets, and answers each line by its first word; `null` drops the connection. */
export async function serveLines(
  greeting: string,
  replies: Readonly<Record<string, string | null>>,
): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write(`${greeting}\r\n`);
    socket.on('data', (data) => {
      for (const line of data.toString().split('\r\n').filter(Boolean)) {
        const reply = replies[line.split(' ')[0]?.toUpperCase() ?? ''];
        if (reply === null) socket.destroy();
        else socket.write(`${reply ?? '502 Not implemented'}\r\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** A server that accepts connections, and neither speaks nor answers. */
export async function serveSilence(): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    sockets.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const isInstalled = (program: string): boolean => {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Waits until a real server says that it is ready, or ends. */
async function ready(child: ChildProcess, words: RegExp): Promise<boolean> {
  return new Promise((resolve) => {
    const look = (data: Buffer) => {
      if (words.test(data.toString())) resolve(true);
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.on('exit', () => resolve(false));
    child.on('error', () => resolve(false));
  });
}

/** A real Redis server with a user who may do little, or undefined where none is installed. */
export async function startRedis(): Promise<Server | undefined> {
  if (!isInstalled('redis-server')) return undefined;
  const port = await closedPort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const mayRead = ['--user', 'reader', 'on', '>secret', '~*', '+get', '+ping', '+hello', '+info', '+client'];
  const child = spawn('redis-server', [...options, ...mayRead], { cwd: tmpdir() });
  if (!(await ready(child, /Ready to accept connections/))) return undefined;
  return { port, close: () => child.kill() };
}

/** A real PostgreSQL server, or undefined where none is installed. It refuses to run for root: `nobody` runs it then. */
export async function startPostgres(): Promise<Server | undefined> {
  if (!isInstalled('postgres') || !isInstalled('initdb')) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'toolfuse-pg-'));
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(folder, 65_534, 65_534);
  const as = isRoot ? { uid: 65_534, gid: 65_534 } : {};
  const data = join(folder, 'data');
  try {
    execFileSync('initdb', ['-D', data, '-U', 'toolfuse', '--auth=trust', '--no-sync'], {
      ...as,
      stdio: 'ignore',
    });
  } catch {
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
  const port = await closedPort();
  const child = spawn('postgres', ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder], as);
  const isUp = await ready(child, /ready to accept connections/);
  const close = () => {
    child.kill('SIGQUIT');
    child.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  };
  if (!isUp) {
    close();
    return undefined;
  }
  await sleep(100);
  return { port, close };
}

/** A real MariaDB server, or undefined where none is installed. */
export async function startMariadb(): Promise<Server | undefined> {
  if (!isInstalled('mariadbd') || !isInstalled('mariadb-install-db')) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'toolfuse-sql-'));
  const data = join(folder, 'data');
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const socket = join(folder, 'socket');
  try {
    const options = [
      '--no-defaults',
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
      ...user,
    ];
    execFileSync('mariadb-install-db', [...options, '--skip-test-db'], { stdio: 'ignore' });
  } catch {
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
  const port = await closedPort();
  const options = [`--datadir=${data}`, `--port=${port}`, '--bind-address=127.0.0.1', `--socket=${socket}`];
  const child = spawn('mariadbd', [
    '--no-defaults',
    ...options,
    `--pid-file=${join(folder, 'pid')}`,
    ...user,
  ]);
  const isUp = await ready(child, /ready for connections/);
  const close = () => {
    child.kill();
    child.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  };
  if (!isUp) {
    close();
    return undefined;
  }
  return { port, close };
}
