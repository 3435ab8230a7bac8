import { chmodSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { type RegistryMetrics, systemClock, type ToolDiagnostics, type ToolRegistry } from 'toolfuse';

/** What is told of a circuit: the instants as ISO 8601 has them, since nobody else has the proxy's clock. */
export interface CircuitStatus extends Omit<ToolDiagnostics, Instant> {
  readonly openedAt: string | null;
  readonly lastDeniedAt: string | null;
  readonly isolatedUntil: string | null;
  /** Whether a call would be let through now: not while what it depends on refuses it. */
  readonly isAvailable: boolean;
}

type Instant = 'openedAt' | 'lastDeniedAt' | 'isolatedUntil';

/** What a running proxy tells of itself. */
export interface ProxyStatus {
  readonly pid: number;
  readonly server: string;
  /** The name of the server's own circuit. With `--listen`, those of further sessions' servers have `#2` and so on behind it. */
  readonly circuit: string;
  readonly startedAt: string;
  /** The address of the page that shows the circuits live, with the key to it; null where there is none. */
  readonly inspector: string | null;
  readonly openCircuits: readonly string[];
  readonly openCount: number;
  readonly circuits: readonly CircuitStatus[];
  readonly metrics: RegistryMetrics;
}

/** What a registry on the system's clock tells of its circuits. */
export function circuitsOf(registry: ToolRegistry): CircuitStatus[] {
  const epoch = Date.now() - systemClock.now();
  const iso = (instant: number | null): string | null =>
    instant === null ? null : new Date(epoch + instant).toISOString();
  const { diagnostics } = registry.snapshot();
  const available = new Set(registry.availableTools(diagnostics.map(({ tool }) => tool)));
  return diagnostics.map((each) => ({
    ...each,
    openedAt: iso(each.openedAt),
    lastDeniedAt: iso(each.lastDeniedAt),
    isolatedUntil: iso(each.isolatedUntil),
    isAvailable: available.has(each.tool),
  }));
}

const isWindows = process.platform === 'win32';

/** Where the running proxies of this user are found. Nobody else may look. */
function folderOf(): string {
  const base = process.env.XDG_RUNTIME_DIR ?? tmpdir();
  const folder = join(base, `toolfuse-${isWindows ? userInfo().username : userInfo().uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isWindows) chmodSync(folder, 0o700);
  return folder;
}

const pipeOf = (folder: string, name: string): string =>
  isWindows ? `\\\\.\\pipe\\toolfuse-${userInfo().username}-${name}` : join(folder, name);

/**
 * Tells everyone who asks on a socket of this user's how the circuits are. It keeps no process alive.
 *
 * @returns what ends it.
 */
export function serveStatus(status: () => ProxyStatus, onTrouble: (what: string) => void): () => void {
  let folder: string;
  try {
    folder = folderOf();
  } catch (error) {
    onTrouble(`--status will not find this proxy: ${(error as Error).message}`);
    return () => {};
  }
  const path = pipeOf(folder, `${process.pid}.sock`);
  remove(path);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(JSON.stringify(status()));
  });
  server.on('error', (error) => onTrouble(`--status will not find this proxy: ${error.message}`));
  server.listen(path).unref();
  return () => {
    server.close();
    remove(path);
  };
}

function remove(path: string): void {
  try {
    if (!isWindows) unlinkSync(path);
  } catch {
    // It was not there.
  }
}

/** What every running proxy of this user tells. */
export async function askStatus(): Promise<ProxyStatus[]> {
  const folder = folderOf();
  const names = isWindows
    ? readdirSync('\\\\.\\pipe\\').flatMap(
        (name) => new RegExp(`^toolfuse-${userInfo().username}-(.*)$`).exec(name)?.[1] ?? [],
      )
    : readdirSync(folder).filter((name) => name.endsWith('.sock'));
  const all = await Promise.all(names.map((name) => ask(pipeOf(folder, name))));
  return all.filter((status) => status !== undefined);
}

/** Undefined where the proxy has died: what it left is removed. */
function ask(path: string): Promise<ProxyStatus | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(path);
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') remove(path);
      resolve(undefined);
    });
    socket.on('close', () => {
      try {
        resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')) as ProxyStatus);
      } catch {
        resolve(undefined);
      }
    });
  });
}

const seconds = (ms: number | null): string => (ms === null ? '' : `${Math.ceil(ms / 1000)} s`);

function stateOf({ status, isAvailable, upstream }: CircuitStatus): string {
  if (status === 'closed' && upstream !== null && !isAvailable) return 'closed (waits for the server)';
  return status === 'halfOpen' ? 'half-open' : status;
}

/** The circuits of a proxy as a table. */
function tableOf({ pid, server, circuit, inspector, circuits, openCount, metrics }: ProxyStatus): string {
  const calls = new Map(metrics.tools.map((tool) => [tool.tool, tool]));
  const nameOf = (name: string): string => {
    if (name === circuit) return '(the server)';
    return name.startsWith(`${circuit}#`) ? `(the server, ${name.slice(circuit.length)})` : name;
  };
  const rows = circuits.map((each) => [
    nameOf(each.tool),
    stateOf(each),
    `${each.failureCount}`,
    seconds(each.remainingBackoffMs),
    `${calls.get(each.tool)?.calls ?? 0}`,
    `${calls.get(each.tool)?.denials ?? 0}`,
    each.lastErrorCategory ?? '',
  ]);
  const head = ['circuit', 'state', 'failures', 'back in', 'calls', 'denied', 'last error'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const titles = [
    `${server} (process ${pid}): ${openCount} open`,
    ...(inspector === null ? [] : [`watch it live at ${inspector}`]),
  ];
  return [...titles, ...(rows.length === 0 ? ['no tool was called yet'] : [head, ...rows].map(line))].join(
    '\n',
  );
}

/** What running proxies tell, for a person. */
export const statusText = (all: readonly ProxyStatus[]): string =>
  all.length === 0 ? 'No toolfuse proxy of yours is running.' : all.map(tableOf).join('\n\n');
