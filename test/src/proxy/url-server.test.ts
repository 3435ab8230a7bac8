import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { answer, answerTo, callOf, connectTo } from './support/url-connection.ts';

/** Where `fetch` of this Node.js keeps its connections, and the time limits of them. */
const ofFetch = Symbol.for('undici.globalDispatcher.1');

type Dispatcher = { readonly close: () => Promise<void> };
type DispatcherClass = new (limits: { headersTimeout: number; bodyTimeout: number }) => Dispatcher;

describe('the time that an answer takes', () => {
  // These limits are 300 s by default, for which no test can wait.
  it('is not limited by what limits fetch', async () => {
    await fetch('data:,');
    const world = globalThis as unknown as Record<symbol, Dispatcher>;
    const before = world[ofFetch] as Dispatcher;
    const limited = new (before.constructor as DispatcherClass)({ headersTimeout: 50, bodyTimeout: 50 });
    world[ofFetch] = limited;
    try {
      await using to = await connectTo({
        onPost: async (_, response) => {
          // Its clock ticks once a second.
          await delay(2_500);
          answer(response, answerTo(1));
        },
      });
      to.say(callOf(1));
      await expect(fetch(to.server.origin, { method: 'POST', body: '{}' })).rejects.toThrow();
      await expect.poll(() => [...to.lines, ...to.undelivered]).toEqual([answerTo(1)]);
    } finally {
      world[ofFetch] = before;
      await limited.close();
    }
  });
});
