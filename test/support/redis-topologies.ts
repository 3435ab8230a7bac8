import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort, type RedisServer, startRedis } from './redis-server.ts';

/** Asks until what comes is right. What is thrown meanwhile counts as not right yet: servers refuse each other at first. */
async function until(isRight: () => Promise<boolean>): Promise<void> {
  while (!(await isRight().catch(() => false))) await sleep(20);
}

/** A connection for an administrator. */
function adminOf({ url }: Pick<RedisServer, 'url'>): Redis {
  const admin = new Redis(url, { maxRetriesPerRequest: null });
  admin.on('error', () => {});
  return admin;
}

async function withAdmin<Result>(
  server: RedisServer,
  act: (admin: Redis) => Promise<Result>,
): Promise<Result> {
  const admin = adminOf(server);
  try {
    return await act(admin);
  } finally {
    admin.disconnect();
  }
}

/** A primary with a replica, and three sentinels that watch over them. */
export interface SentinelSetup {
  readonly name: string;
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  /** Kills the primary as a crash would, and resolves once the sentinels have made the replica the primary. */
  failOver(): Promise<void>;
  kill(): Promise<void>;
}

/** Starts a primary, a replica and three sentinels, and resolves once they know each other. */
export async function startSentinelSetup(): Promise<SentinelSetup> {
  const folder = mkdtempSync(join(tmpdir(), 'toolfuse-sentinel-'));
  const servers: RedisServer[] = [];
  const primary = await startRedis();
  const replica = await startRedis({ options: ['--replicaof', `127.0.0.1 ${primary.port}`] });
  servers.push(primary, replica);
  await withAdmin(replica, (admin) =>
    until(async () => (await admin.info('replication')).includes('master_link_status:up')),
  );
  const name = 'fleet';
  const sentinels: RedisServer[] = [];
  for (let index = 0; index < 3; index += 1) {
    const port = await freePort();
    // Sentinels write what they learn into their file.
    const file = join(folder, `sentinel-${index}.conf`);
    writeFileSync(
      file,
      `sentinel monitor ${name} 127.0.0.1 ${primary.port} 2
sentinel down-after-milliseconds ${name} 1000
sentinel failover-timeout ${name} 4000
`,
    );
    sentinels.push(await startRedis({ port, file, options: ['--sentinel'] }));
  }
  servers.push(...sentinels);
  const ask = (sentinel: RedisServer, command: string): Promise<string[]> =>
    withAdmin(sentinel, async (admin) => {
      const reply = await admin.call('SENTINEL', command, name);
      return (reply as unknown[]).flat().map(String);
    });
  const fieldOf = async (sentinel: RedisServer, field: string): Promise<string | undefined> => {
    const fields = await ask(sentinel, 'MASTER');
    return fields[fields.indexOf(field) + 1];
  };
  await Promise.all(
    sentinels.map((sentinel) =>
      until(
        async () =>
          (await fieldOf(sentinel, 'num-slaves')) === '1' &&
          (await fieldOf(sentinel, 'num-other-sentinels')) === '2',
      ),
    ),
  );
  return {
    name,
    sentinels: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
    async failOver() {
      await primary.kill();
      await Promise.all(
        sentinels.map((sentinel) =>
          until(async () => (await ask(sentinel, 'GET-MASTER-ADDR-BY-NAME'))[1] === String(replica.port)),
        ),
      );
    },
    async kill() {
      await Promise.all(servers.map((server) => server.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Three primaries of a Redis Cluster, each with a third of the slots, and a replica of one of them. */
export interface ClusterSetup {
  /** The three primaries. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  /** The slot of the key that it was started for. */
  readonly slot: number;
  /** Kills the primary that has the replica, and resolves once the replica has taken its place for all nodes. */
  failOver(): Promise<void>;
  /** Moves a slot, with its keys, from the primary that has it to another one. `onHalfway` is called while keys are on both. */
  moveSlot(slot: number, onHalfway?: () => Promise<void>): Promise<void>;
  kill(): Promise<void>;
}

/** The slots of each of three primaries, as `CLUSTER ADDSLOTSRANGE` takes them. */
const ranges = [
  [0, 5_460],
  [5_461, 10_922],
  [10_923, 16_383],
] as const;

const rangeOf = (slot: number): number => ranges.findIndex(([, last]) => slot <= last);

/**
 * Starts a cluster and resolves once it serves all slots.
 *
 * @param key The primary of this key's slot has the replica.
 */
export async function startCluster(key: string): Promise<ClusterSetup> {
  const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];
  const primaries: RedisServer[] = [];
  for (let index = 0; index < 3; index += 1) primaries.push(await startRedis({ options }));
  const replica = await startRedis({ options });
  const all = [...primaries, replica];
  const admins = all.map(adminOf);
  const [first] = admins as [Redis];
  const slot = Number(await first.cluster('KEYSLOT', key));
  const owner = rangeOf(slot);
  for (const [index, admin] of admins.entries()) {
    await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    const range = ranges[index];
    if (range !== undefined) await admin.call('CLUSTER', 'ADDSLOTSRANGE', ...range.map(String));
  }
  for (const { port } of all.slice(1)) await first.cluster('MEET', '127.0.0.1', port);
  const ids = await Promise.all(admins.map(async (admin) => String(await admin.cluster('MYID'))));
  const nodesOf = async (admin: Redis): Promise<string[]> =>
    String(await admin.cluster('NODES'))
      .trim()
      .split('\n');
  await until(async () => (await nodesOf(admins[3] as Redis)).length === all.length);
  await until(async () => (await admins[3]?.cluster('REPLICATE', String(ids[owner]))) === 'OK');
  const isWell = async (admin: Redis): Promise<boolean> => {
    const info = String(await admin.cluster('INFO'));
    const nodes = await nodesOf(admin);
    const replicas = nodes.filter(
      (node) => / (?:myself,)?slave /.test(node) && node.includes(String(ids[owner])),
    );
    return info.includes('cluster_state:ok') && nodes.length === all.length && replicas.length === 1;
  };
  await Promise.all(admins.map((admin) => until(() => isWell(admin))));
  await until(async () => String(await admins[3]?.info('replication')).includes('master_link_status:up'));
  return {
    slot,
    nodes: primaries.map(({ port }) => ({ host: '127.0.0.1', port })),
    async failOver() {
      admins[owner]?.disconnect();
      await primaries[owner]?.kill();
      await Promise.all(
        admins
          .filter((_, index) => index !== owner)
          .map((admin) =>
            until(async () =>
              (await nodesOf(admin)).some(
                (node) => node.startsWith(String(ids[3])) && / (?:myself,)?master /.test(node),
              ),
            ),
          ),
      );
    },
    async moveSlot(moved, onHalfway) {
      const from = rangeOf(moved);
      const to = (from + 1) % 3;
      const [source, target] = [admins[from], admins[to]] as [Redis, Redis];
      await target.cluster('SETSLOT', moved, 'IMPORTING', String(ids[from]));
      await source.cluster('SETSLOT', moved, 'MIGRATING', String(ids[to]));
      const port = String(primaries[to]?.port);
      let isHalfway = false;
      for (;;) {
        const keys = (await source.cluster('GETKEYSINSLOT', moved, 1)) as string[];
        if (keys.length === 0) break;
        await source.call('MIGRATE', '127.0.0.1', port, '', '0', '5000', 'KEYS', ...keys);
        if (!isHalfway) await onHalfway?.();
        isHalfway = true;
      }
      for (const admin of [target, source, ...admins.filter((each) => each !== target && each !== source)]) {
        await admin.cluster('SETSLOT', moved, 'NODE', String(ids[to])).catch(() => {});
      }
    },
    async kill() {
      for (const admin of admins) admin.disconnect();
      await Promise.all(all.map((server) => server.kill()));
    },
  };
}
