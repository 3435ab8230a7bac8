import { byHash } from './redis-store.ts';
import type { FleetStore } from './store.ts';

/** A script's keys and arguments, as the package `redis` takes them. */
interface EvalOptions {
  keys: string[];
  arguments: string[];
}

/** What is needed of a client of the package `redis`; one that its `createCluster` or `createSentinel` makes has it too. */
export interface NodeRedisLike {
  evalSha(sha: string, options: EvalOptions): Promise<unknown>;
  eval(source: string, options: EvalOptions): Promise<unknown>;
  duplicate(): NodeRedisSubscriber;
}

/** A connection that does nothing but listen. */
export interface NodeRedisSubscriber {
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  destroy(): void;
}

/**
 * Makes a store of a connected client of the package `redis`. The client stays yours: close it after `leave()`. A second
 * connection, which it makes by `duplicate()`, listens to the fleet.
 *
 * @example
 * const store = fromNodeRedis(await createClient({ url: 'redis://localhost:6379' }).connect());
 */
export function fromNodeRedis(client: NodeRedisLike): FleetStore {
  return {
    ...byHash({
      evalsha: ({ sha }, keys, args) => client.evalSha(sha, { keys: [...keys], arguments: [...args] }),
      eval: ({ source }, keys, args) => client.eval(source, { keys: [...keys], arguments: [...args] }),
    }),
    async subscribe(channel, onMessage) {
      const subscriber = client.duplicate();
      // It connects again by itself; an error that nobody listens to would end the process.
      subscriber.on('error', () => {});
      try {
        await subscriber.connect();
        await subscriber.subscribe(channel, onMessage);
      } catch (error) {
        subscriber.destroy();
        throw error;
      }
      return () => subscriber.destroy();
    },
  };
}
