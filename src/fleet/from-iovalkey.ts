import { fromIoredis, type IoredisLike } from './from-ioredis.ts';
import type { FleetStore } from './store.ts';

/**
 * Makes a store of a client of iovalkey, which has the methods of ioredis.
 *
 * @example
 * const store = fromIovalkey(new Valkey('redis://localhost:6379'));
 */
export const fromIovalkey = (client: IoredisLike): FleetStore => fromIoredis(client);
