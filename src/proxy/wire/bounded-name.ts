import { createHash } from 'node:crypto';

/** The longest name that is kept, in characters. The protocol allows a tool 128. */
const maxLength = 256;
const keptLength = 200;

/**
 * A name to keep: of a name that is too long, its beginning and a hash that tells it from others. A client can send any name, and each
 * would be kept for as long as its circuit.
 */
export function boundedName(name: string): string {
  if (name.length <= maxLength) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16);
  // A copy: a part of a text keeps the whole text in memory.
  const kept = Buffer.from(name.slice(0, keptLength), 'utf8').toString('utf8');
  return `${kept}…~${hash}`;
}
