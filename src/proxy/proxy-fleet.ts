import { createHash } from 'node:crypto';
import type { ToolRegistry } from 'toolfuse';
import type { Fleet, IoredisLike } from 'toolfuse/fleet';
import type { ProxyOptions } from './options/read.ts';
import { fleetSettings } from './options/settings.ts';
import { UsageError } from './options/usage-error.ts';

/** The part of ioredis that is needed here. */
interface Ioredis {
  readonly Redis: new (
    url: string,
    options: object,
  ) => IoredisLike & { on(event: 'error', listener: (error: Error) => void): unknown; disconnect(): void };
}

/** What a connection to the fleet's server needs of its surroundings. */
export interface FleetConnectionOptions {
  /** Loads the client. Default: the package ioredis, from where this command is installed or is run. */
  readonly loadClient?: () => Promise<Ioredis>;
  readonly onTrouble: (what: string) => void;
}

/** By a variable, so that a bundler leaves it out. */
const clientPackage = 'ioredis';

/** @throws UsageError if ioredis is not installed. */
async function loadIoredis(): Promise<Ioredis> {
  try {
    return (await import(clientPackage)) as Ioredis;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UsageError('--fleet needs the package ioredis, which is not installed: npm install ioredis');
  }
}

/** Connects to a server of Redis or Valkey. @throws UsageError if ioredis is not installed. */
export async function connectFleet(
  url: string,
  { loadClient = loadIoredis, onTrouble }: FleetConnectionOptions,
): Promise<InstanceType<Ioredis['Redis']>> {
  const { Redis } = await loadClient();
  // Commands wait for the connection, and are bounded by the membership itself.
  const client = new Redis(url, { maxRetriesPerRequest: null, connectTimeout: 5_000 });
  let last = '';
  client.on('error', ({ message }) => {
    if (message !== last) onTrouble(`the fleet's server: ${message}`);
    last = message;
  });
  return client;
}

/** The namespace of one MCP server's circuits: the tools of two servers may have the same names. */
function fleetNamespace(common: string, server: string): string {
  const name = `${common}:${server}`.replace(/[{}]/g, '_');
  if (name.length <= 100) return name;
  return `${name.slice(0, 80)}:${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

/**
 * Joins the circuits of a proxy to a fleet, if that was asked for. The circuits of a command of this machine are not shared unless
 * that was asked for as well: what is wrong with it is wrong on this machine only.
 *
 * @returns A function that leaves the fleet; undefined if there is none to leave.
 * @throws UsageError if ioredis is not installed.
 */
export async function joinProxyFleet(
  registry: ToolRegistry,
  server: string,
  options: Pick<ProxyOptions, 'fleet' | 'fleetNamespace' | 'fleetCommand' | 'url'>,
  connection: FleetConnectionOptions,
): Promise<(() => Promise<void>) | undefined> {
  const { fleet: url, fleetCommand = false } = options;
  if (url === undefined) return undefined;
  if (options.url === undefined && !fleetCommand) {
    connection.onTrouble(
      'the circuits are not shared: the server is a command of this machine; --fleet-command shares them anyway',
    );
    return undefined;
  }
  const client = await connectFleet(url, connection);
  const { fromIoredis, joinFleet } = await import('toolfuse/fleet');
  const common = options.fleetNamespace ?? fleetSettings.fleetNamespace.default ?? 'mcp';
  const fleet: Fleet = joinFleet(registry, {
    store: fromIoredis(client),
    namespace: fleetNamespace(common, server),
  });
  return async () => {
    await fleet.leave();
    client.disconnect();
  };
}
