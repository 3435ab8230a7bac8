import { versionKey } from './era.ts';
import type { Json, Message } from './message.ts';

/** Who the client is and what it can do, as it says in every modern request. */
export type Envelope = { readonly [key: string]: Json | undefined };

/** The keys that belong to the client. The others, such as a progress token, belong to a single request. */
const keys = [
  versionKey,
  'io.modelcontextprotocol/clientInfo',
  'io.modelcontextprotocol/clientCapabilities',
] as const;

/** The envelope of a request; undefined for a legacy one. */
export function envelopeOf(request: Message): Envelope | undefined {
  const meta = request.value('params', '_meta');
  if (typeof meta !== 'object' || meta === null || Array.isArray(meta)) return undefined;
  const said = meta as Envelope;
  if (said[versionKey] === undefined) return undefined;
  return Object.fromEntries(keys.filter((key) => said[key] !== undefined).map((key) => [key, said[key]]));
}
