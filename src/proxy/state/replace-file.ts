import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A temporary file older than this was left behind by a process that was killed. In ms. */
const staleMs = 60_000;

/**
 * Replaces a file in one step, through a new file beside it. That one has a name that nobody can guess, and is never one that was
 * there already: in a shared folder, somebody else could have made it a link to another file, or readable for all.
 *
 * @param like Whose mode and owner the file is to have. By default, nobody but this user may read it.
 * @throws Error if it cannot be written. Then the file is as it was.
 */
export function replaceFile(path: string, text: string | Uint8Array, like?: Stats): void {
  const temporary = `${path}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
  const file = openSync(temporary, 'wx', 0o600);
  try {
    try {
      writeFileSync(file, text);
      if (like !== undefined) {
        giveTo(file, like);
        fsyncSync(file);
      }
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Gives a file the owner and the mode of another. Only root can give files away, and for others the owner is the same. */
function giveTo(file: number, { uid, gid, mode }: Stats): void {
  try {
    fchownSync(file, uid, gid);
  } catch {
    // It belongs to whoever writes it.
  }
  fchmodSync(file, mode & 0o7777);
}

/** Removes the temporary files that killed processes have left behind. */
export function removeLeftovers(path: string): void {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(prefix) || !/^\d+\.(?:[\da-f]{12}\.)?tmp$/.test(name.slice(prefix.length))) continue;
    const file = join(folder, name);
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (found?.isFile() === true && Date.now() - found.mtimeMs > staleMs) rmSync(file, { force: true });
  }
}
