import type { FleetScript } from './scripts/index.ts';

/**
 * Where the members of a fleet meet. `fromIoredis` and its like make one of a client of Redis or Valkey, and `memoryStore` needs
 * no server.
 *
 * A store may be slow, hang, fail or throw: no call of a tool ever waits for it, except `execute` for a lease, up to a deadline.
 */
export interface FleetStore {
  /** Runs a script as a whole. Returns what it returns, as strings and lists of them, or numbers. */
  eval(script: FleetScript, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  /**
   * Listens to a channel. Members read changes once a poll anyway, and hear of them sooner where this is there and works.
   *
   * @returns A function that stops listening.
   */
  subscribe?(channel: string, onMessage: (message: string) => void): Promise<() => unknown>;
}
