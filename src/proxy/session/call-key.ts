import type { Json, Message } from '../wire/message.ts';

/** What a URL can be told by. */
const partsOfUrl = new Set(['host', 'hostname', 'origin']);

/**
 * The target or tenant that a call is for.
 *
 * @param path A path into its arguments, such as `url.host`.
 * @returns undefined where there is none: then the call needs the circuit of all calls of its tool.
 */
export function callKey(call: Message, path: string): string | number | undefined {
  const names = path.split('.');
  const at = (place: readonly string[]): Json | undefined => call.value('params', 'arguments', ...place);
  const value = at(names);
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return String(value);
  const part = names.at(-1) ?? '';
  const url = partsOfUrl.has(part) ? at(names.slice(0, -1)) : undefined;
  if (typeof url !== 'string' || !URL.canParse(url)) return undefined;
  return new URL(url)[part as 'host' | 'hostname' | 'origin'];
}
