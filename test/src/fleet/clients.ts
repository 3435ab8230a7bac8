import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Cluster, Redis } from 'ioredis';
import { Redis as Valkey, Cluster as ValkeyCluster } from 'iovalkey';
import {
  type FleetStore,
  fromGlide,
  fromIoredis,
  fromIovalkey,
  fromNodeRedis,
  type GlideLike,
  type NodeRedisLike,
} from 'toolfuse/fleet';

/** A store by way of a real client. */
export interface RealStore {
  readonly store: FleetStore;
  close(): unknown;
}

/** The heavier clients are installed apart: see scripts/ensure-fleet.ts. */
const apart = createRequire(
  fileURLToPath(new URL('../../../scripts/fleet-clients/package.json', import.meta.url)),
);

type NodeRedisClient = NodeRedisLike & {
  connect(): Promise<unknown>;
  on(event: 'error', listener: () => void): unknown;
  destroy(): unknown;
};

interface NodeRedis {
  createClient(options: object): NodeRedisClient;
  createCluster(options: object): NodeRedisClient;
  createSentinel(options: object): NodeRedisClient;
}

interface Glide {
  readonly GlideClient: {
    createClient(options: object): Promise<GlideLike & { close(): void }>;
  };
  readonly GlideClusterClient: Glide['GlideClient'];
  readonly GlideClientConfiguration: { readonly PubSubChannelModes: { readonly Exact: number } };
  readonly GlideClusterClientConfiguration: Glide['GlideClientConfiguration'];
  readonly ProtocolVersion: { readonly RESP3: number };
  readonly Logger: { init(level: 'off'): void };
}

/** Glide prints warnings of its own of whatever a test does to a server. */
function glide(): Glide {
  const loaded = apart('@valkey/valkey-glide') as Glide;
  loaded.Logger.init('off');
  return loaded;
}

const ignore = (): void => {};

function fromRedis(url: string): RealStore {
  const client = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
  client.on('error', ignore);
  return { store: fromIoredis(client), close: () => client.disconnect() };
}

function fromValkey(url: string): RealStore {
  const client = new Valkey(url, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
  client.on('error', ignore);
  return { store: fromIovalkey(client), close: () => client.disconnect() };
}

async function fromRedisPackage(url: string): Promise<RealStore> {
  const { createClient } = apart('redis') as NodeRedis;
  const client = createClient({ url, socket: { reconnectStrategy: () => 50 } });
  client.on('error', ignore);
  await client.connect();
  return { store: fromNodeRedis(client), close: () => client.destroy() };
}

async function fromValkeyGlide(url: string): Promise<RealStore> {
  const { GlideClient, GlideClientConfiguration, ProtocolVersion } = glide();
  const { hostname: host, port } = new URL(url);
  const options = { addresses: [{ host, port: Number(port) }], protocol: ProtocolVersion.RESP3 };
  const client = await GlideClient.createClient(options);
  const store = fromGlide(client, {
    subscriber: (channel, onMessage) =>
      GlideClient.createClient({
        ...options,
        pubsubSubscriptions: {
          channelsAndPatterns: { [GlideClientConfiguration.PubSubChannelModes.Exact]: new Set([channel]) },
          callback: onMessage,
        },
      }),
  });
  return { store, close: () => client.close() };
}

/** A place where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How long an ioredis or iovalkey client waits before it asks a cluster or the sentinels again, in ms. */
const retryMs = 100;

function fromRedisCluster(nodes: readonly Address[]): RealStore {
  const client = new Cluster([...nodes], { clusterRetryStrategy: () => retryMs });
  client.on('error', ignore);
  return { store: fromIoredis(client), close: () => client.disconnect() };
}

function fromValkeyCluster(nodes: readonly Address[]): RealStore {
  const client = new ValkeyCluster([...nodes], { clusterRetryStrategy: () => retryMs });
  client.on('error', ignore);
  return { store: fromIovalkey(client), close: () => client.disconnect() };
}

async function fromRedisPackageCluster(nodes: readonly Address[]): Promise<RealStore> {
  const { createCluster } = apart('redis') as NodeRedis;
  const client = createCluster({
    rootNodes: nodes.map(({ host, port }) => ({ url: `redis://${host}:${port}` })),
    defaults: { socket: { reconnectStrategy: () => retryMs } },
  });
  client.on('error', ignore);
  await client.connect();
  return { store: fromNodeRedis(client), close: () => client.destroy() };
}

async function fromGlideCluster(nodes: readonly Address[]): Promise<RealStore> {
  const { GlideClusterClient, GlideClusterClientConfiguration, ProtocolVersion } = glide();
  const options = { addresses: nodes, protocol: ProtocolVersion.RESP3 };
  const client = await GlideClusterClient.createClient(options);
  const store = fromGlide(client, {
    subscriber: (channel, onMessage) =>
      GlideClusterClient.createClient({
        ...options,
        pubsubSubscriptions: {
          channelsAndPatterns: {
            [GlideClusterClientConfiguration.PubSubChannelModes.Exact]: new Set([channel]),
          },
          callback: onMessage,
        },
      }),
  });
  return { store, close: () => client.close() };
}

/** Sentinels, by the name of what they watch over. */
export interface Sentinels {
  readonly name: string;
  readonly sentinels: readonly Address[];
}

function fromRedisSentinel({ name, sentinels }: Sentinels): RealStore {
  const client = new Redis({
    name,
    sentinels: [...sentinels],
    maxRetriesPerRequest: null,
    sentinelRetryStrategy: () => retryMs,
    retryStrategy: () => retryMs,
  });
  client.on('error', ignore);
  return { store: fromIoredis(client), close: () => client.disconnect() };
}

function fromValkeySentinel({ name, sentinels }: Sentinels): RealStore {
  const client = new Valkey({
    name,
    sentinels: [...sentinels],
    maxRetriesPerRequest: null,
    sentinelRetryStrategy: () => retryMs,
    retryStrategy: () => retryMs,
  });
  client.on('error', ignore);
  return { store: fromIovalkey(client), close: () => client.disconnect() };
}

async function fromRedisPackageSentinel({ name, sentinels }: Sentinels): Promise<RealStore> {
  const { createSentinel } = apart('redis') as NodeRedis;
  const client = createSentinel({ name, sentinelRootNodes: sentinels, scanInterval: 1_000 });
  client.on('error', ignore);
  await client.connect();
  return { store: fromNodeRedis(client), close: () => client.destroy() };
}

function isInstalled(name: string): boolean {
  try {
    return apart.resolve(name) !== '';
  } catch {
    return false;
  }
}

/** Every client for which there is an adapter, and that is there. */
export const clients: Readonly<Record<string, (url: string) => RealStore | Promise<RealStore>>> = {
  ioredis: fromRedis,
  iovalkey: fromValkey,
  ...(isInstalled('redis') && { redis: fromRedisPackage }),
  ...(isInstalled('@valkey/valkey-glide') && { '@valkey/valkey-glide': fromValkeyGlide }),
};

/** The same clients for a cluster. */
export const clusterClients: Readonly<
  Record<string, (nodes: readonly Address[]) => RealStore | Promise<RealStore>>
> = {
  ioredis: fromRedisCluster,
  iovalkey: fromValkeyCluster,
  ...(isInstalled('redis') && { redis: fromRedisPackageCluster }),
  ...(isInstalled('@valkey/valkey-glide') && { '@valkey/valkey-glide': fromGlideCluster }),
};

/** The clients that find a primary by asking sentinels: glide does not. */
export const sentinelClients: Readonly<Record<string, (setup: Sentinels) => RealStore | Promise<RealStore>>> =
  {
    ioredis: fromRedisSentinel,
    iovalkey: fromValkeySentinel,
    ...(isInstalled('redis') && { redis: fromRedisPackageSentinel }),
  };
