import type { Message } from './message.ts';

/**
 * How a client and a server speak: `legacy` (revisions up to 2025-11-25) begins with `initialize`; in `modern` (from 2026-07-28
 * on) each request stands alone, and carries an envelope in `params._meta`.
 */
export type Era = 'legacy' | 'modern';

/** The key of the envelope that names the revision of the protocol. A request that has it is a modern one. */
export const versionKey = 'io.modelcontextprotocol/protocolVersion';

/** The key in a notification's `_meta` that holds the id of the `subscriptions/listen` request that it belongs to. */
export const subscriptionKey = 'io.modelcontextprotocol/subscriptionId';

/** The era of a request, which only the request itself can tell: a client may ask in one and go on in the other. */
export const eraOf = (request: Message): Era =>
  request.text('params', '_meta', versionKey) === undefined ? 'legacy' : 'modern';

/** The requests whose results say how long they may be kept. */
const cacheable = new Set([
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
]);

/** What every modern result has to say beside its content. Nothing that the proxy answers by itself may be kept. */
export function modernFields(method: string): {
  readonly resultType: 'complete';
  readonly ttlMs?: number;
  readonly cacheScope?: 'private';
} {
  return { resultType: 'complete', ...(cacheable.has(method) && { ttlMs: 0, cacheScope: 'private' }) };
}
