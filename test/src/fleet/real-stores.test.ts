import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { hasRedis, type RedisServer, startRedis } from '../../support/redis-server.ts';
import { clients, type RealStore } from './clients.ts';
import { describeStore } from './store-contract.ts';

let server: Promise<RedisServer> | undefined;
const opened = new Map<string, Promise<RealStore>>();
let namespaces = 0;

afterAll(async () => {
  for (const each of opened.values()) await (await each).close();
  await (await server)?.kill();
});

for (const [name, connect] of Object.entries(hasRedis ? clients : {})) {
  describeStore(`redis-server, by ${name}`, async () => {
    server ??= startRedis();
    const { url } = await server;
    const real = opened.get(name) ?? Promise.resolve(connect(url));
    opened.set(name, real);
    namespaces += 1;
    // The server's own time is what is tested.
    return { store: (await real).store, namespace: `test-${namespaces}`, pass: (ms) => sleep(ms) };
  });
}

it.skipIf(!hasRedis)('finds a redis-server', async () => {
  server ??= startRedis();
  expect((await server).port).toBeGreaterThan(0);
});
