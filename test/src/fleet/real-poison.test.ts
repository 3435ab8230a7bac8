import { expect, inject, it, onTestFinished } from 'vitest';
import { runPoisonedFleet } from '../../../scripts/fleet-proof/poisoned-fleet.ts';
import { hasRedis, startRedis } from '../../support/redis-server.ts';

// `npm run fleet:proof -- poisoned` does the same with 50 processes and 200 tools.
it.skipIf(!hasRedis)(
  'a process whose network is broken takes no tool from the others of its fleet',
  async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.kill());
    const tools = 4;
    const { cold, warm, rare } = await runPoisonedFleet({
      program: `${inject('programs')}/fleet-member.mjs`,
      redis: redis.url,
      size: 4,
      tools,
      rareTools: 2,
      callMs: 20,
      pollMs: 300,
      poison: 'network',
    });
    for (const { healthy, poisoned } of [cold, warm, rare]) {
      expect(healthy.failed).toBe(0);
      expect(poisoned.succeeded).toBe(0);
    }
    // It has tripped everywhere, has told so, and stays alone with it.
    expect(warm.poisoned).toMatchObject({ notClosed: tools + 2 });
    expect(warm.poisoned.voted).toBeGreaterThanOrEqual(tools);
    expect(warm.healthy).toMatchObject({ refused: 0, openedByFleet: 0, notClosed: 0 });
    // What nobody else has called rests on its word, which the first other call corrects: each of them gets through.
    expect(rare.healthy.succeeded).toBeGreaterThanOrEqual(3 * 2);
    expect(rare.healthy.failed).toBe(0);
  },
);
