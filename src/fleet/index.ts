export { type FromGlideOptions, fromGlide, type GlideLike, type GlideMessage } from './from-glide.ts';
export { fromIoredis, type IoredisLike, type IoredisSubscriber } from './from-ioredis.ts';
export { fromIovalkey } from './from-iovalkey.ts';
export { fromNodeRedis, type NodeRedisLike, type NodeRedisSubscriber } from './from-node-redis.ts';
export { type Fleet, type FleetOptions, joinFleet } from './join-fleet.ts';
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from './memory-store.ts';
export type { FleetScript, ScriptName } from './scripts/index.ts';
export type { FleetStatus, SharedVerdict } from './status.ts';
export type { FleetStore } from './store.ts';
