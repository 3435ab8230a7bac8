import { createHash } from 'node:crypto';
import type { ProxyOptions } from '../options/read.ts';

/** An argument that means another thing in another folder. */
const isRelative = (word: string): boolean => /^\.{1,2}(?:[\\/]|$)/.test(word);

/**
 * What tells a server from others of the same program, which can be as different as two folders or two databases: a hash of its
 * arguments or its URL, which may be secret. Undefined for a server that was given a name: that name is its identity.
 *
 * @param folder The working folder.
 */
export function serverIdentity(
  { name, command, url }: Pick<ProxyOptions, 'name' | 'command' | 'url'>,
  folder: string = process.cwd(),
): string | undefined {
  if (name !== undefined) return undefined;
  const parts = [...(url === undefined ? command : [url]), ...(command.some(isRelative) ? [folder] : [])];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}
