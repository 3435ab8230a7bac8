import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder that only its user can enter, and the folders above it that are missing. (`recursive` of Node.js never returns where a
 * file system makes no folders and says that there is none, as /proc does.)
 *
 * @throws Error if it cannot be made.
 */
export function makeFolder(path: string): void {
  if (make(path)) return;
  makeFolder(dirname(path));
  if (!make(path)) throw new Error(`${path} cannot be made`);
}

/** @returns whether the folder is there; false where the one above it is not. @throws Error for any other reason. */
function make(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(path) !== path) return false;
    // Another process may have made it at this moment.
    if (code !== 'EEXIST') throw error;
  }
  return true;
}
