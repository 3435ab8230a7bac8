import { byHash } from './redis-store.ts';
import type { FleetStore } from './store.ts';

/** What is needed of a client of `@valkey/valkey-glide`, standalone or cluster. */
export interface GlideLike {
  customCommand(args: string[]): Promise<unknown>;
}

/** A message as glide tells it. */
export interface GlideMessage {
  readonly channel: unknown;
  readonly message: unknown;
}

/** Options of `fromGlide`. */
export interface FromGlideOptions {
  /**
   * Makes a client that listens to a channel, because glide takes its subscriptions when a client is made. Default: none, so
   * that changes are read once a poll.
   *
   * @example
   * (channel, onMessage) => GlideClient.createClient({
   *   addresses,
   *   protocol: ProtocolVersion.RESP3,
   *   pubsubSubscriptions: {
   *     channelsAndPatterns: { [GlideClientConfiguration.PubSubChannelModes.Exact]: new Set([channel]) },
   *     callback: onMessage,
   *   },
   * })
   */
  readonly subscriber?: (
    channel: string,
    onMessage: (message: GlideMessage) => void,
  ) => Promise<{ close(): void }>;
}

/**
 * Makes a store of a client of `@valkey/valkey-glide`. The client stays yours: close it after `leave()`.
 *
 * @example
 * const store = fromGlide(await GlideClient.createClient({ addresses: [{ host: 'localhost', port: 6379 }] }));
 */
export function fromGlide(client: GlideLike, { subscriber }: FromGlideOptions = {}): FleetStore {
  const send = (command: string, script: string, keys: readonly string[], args: readonly string[]) =>
    client.customCommand([command, script, String(keys.length), ...keys, ...args]);
  return {
    ...byHash({
      evalsha: ({ sha }, keys, args) => send('EVALSHA', sha, keys, args),
      eval: ({ source }, keys, args) => send('EVAL', source, keys, args),
    }),
    ...(subscriber && {
      async subscribe(channel: string, onMessage: (message: string) => void) {
        const listening = await subscriber(channel, ({ message }) => onMessage(String(message)));
        return () => listening.close();
      },
    }),
  };
}
