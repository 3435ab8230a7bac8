import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Install, type InstallName, installs } from './versions.ts';

const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');

/** What is installed makes the difference, and not when. */
const hashOf = ({ onRequest: _, ...install }: Install): string =>
  createHash('sha256').update(JSON.stringify(install)).digest('hex').slice(0, 12);

/** The folder that a set of packages is installed in, shared by all checkouts of this repository. */
export const folderOf = (name: InstallName): string =>
  join(cache, 'toolfuse', 'frameworks', `${name}-${hashOf(installs[name])}`);

/** Written last, so that a folder without it is not complete. */
export const markOf = (name: InstallName): string => join(folderOf(name), 'complete');

/** The sets that a set needs to run: its own, and that of its Node.js. */
export function needsOf(name: InstallName): readonly InstallName[] {
  const { node }: Install = installs[name];
  return node === undefined ? [name] : [name, node];
}

export const isInstalled = (name: InstallName): boolean =>
  needsOf(name).every((each) => existsSync(markOf(each)));

/** The Node.js to run a set with. */
export function nodeOf(name: InstallName): string {
  const { node }: Install = installs[name];
  return node === undefined ? process.execPath : join(folderOf(node), 'node_modules/node/bin/node');
}
