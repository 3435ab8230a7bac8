import { byHash } from './redis-store.ts';
import type { FleetStore } from './store.ts';

/** What is needed of a client of ioredis or iovalkey; a `Cluster` of theirs has it too. */
export interface IoredisLike {
  evalsha(sha: string, keyCount: number, ...keysAndArgs: string[]): Promise<unknown>;
  eval(source: string, keyCount: number, ...keysAndArgs: string[]): Promise<unknown>;
  duplicate(): IoredisSubscriber;
}

/** A connection that does nothing but listen. */
export interface IoredisSubscriber {
  subscribe(channel: string): Promise<unknown>;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  disconnect(): void;
}

/**
 * Makes a store of a client of ioredis: a single server, one behind Sentinel, or a `Cluster`. The client stays yours: close it
 * after `leave()`. A second connection, which it makes by `duplicate()`, listens to the fleet.
 *
 * @example
 * const store = fromIoredis(new Redis('redis://localhost:6379'));
 */
export function fromIoredis(client: IoredisLike): FleetStore {
  return {
    ...byHash({
      evalsha: ({ sha }, keys, args) => client.evalsha(sha, keys.length, ...keys, ...args),
      eval: ({ source }, keys, args) => client.eval(source, keys.length, ...keys, ...args),
    }),
    async subscribe(channel, onMessage) {
      const subscriber = client.duplicate();
      // It connects again by itself; an error that nobody listens to would be printed.
      subscriber.on('error', () => {});
      subscriber.on('message', (from, message) => {
        if (from === channel) onMessage(message);
      });
      try {
        await subscriber.subscribe(channel);
      } catch (error) {
        subscriber.disconnect();
        throw error;
      }
      return () => subscriber.disconnect();
    },
  };
}
