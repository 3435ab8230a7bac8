import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { Redis as Valkey } from 'iovalkey';
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

interface NodeRedis {
  createClient(options: object): NodeRedisLike & {
    connect(): Promise<unknown>;
    on(event: 'error', listener: () => void): unknown;
    destroy(): void;
  };
}

interface Glide {
  readonly GlideClient: {
    createClient(options: object): Promise<GlideLike & { close(): void }>;
  };
  readonly GlideClientConfiguration: { readonly PubSubChannelModes: { readonly Exact: number } };
  readonly ProtocolVersion: { readonly RESP3: number };
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
  const { GlideClient, GlideClientConfiguration, ProtocolVersion } = apart('@valkey/valkey-glide') as Glide;
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
