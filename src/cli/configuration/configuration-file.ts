import { accessSync, constants, readFileSync, realpathSync, rmSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile } from '../../proxy/state/replace-file.ts';

/** Why a file is left as it is, in words. */
export class UntouchedFile extends Error {}

/** A configuration file, as it was read. */
export interface ConfigurationFile {
  /** Where it is, behind symbolic links. */
  readonly path: string;
  readonly stats: Stats;
  readonly bytes: Buffer;
  /** Its text, without the mark that some editors put before it. */
  readonly text: string;
  readonly hasMark: boolean;
}

/** The mark of UTF-8. */
const mark = '\ufeff';

/** Where the text without the proxy is kept, beside a file. */
export const backupOf = (path: string): string => `${path}.before-toolfuse`;

/** Reads a file; undefined if it does not exist. @throws UntouchedFile */
export function readConfiguration(name: string): ConfigurationFile | undefined {
  try {
    const path = realpathSync(name);
    const stats = statSync(path);
    if (!stats.isFile()) throw new UntouchedFile('it is no file');
    const bytes = readFileSync(path);
    const text = decoded(bytes);
    const hasMark = text.startsWith(mark);
    return { path, stats, bytes, text: hasMark ? text.slice(1) : text, hasMark };
  } catch (error) {
    if (error instanceof UntouchedFile) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new UntouchedFile(`it cannot be read: ${message}`);
  }
}

function decoded(bytes: Buffer): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw new UntouchedFile('it is written in UTF-16; save it as UTF-8');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UntouchedFile('it is not written in UTF-8');
  }
}

/** The text that was kept beside a file; undefined if there is none. */
export function readBackup({ path }: ConfigurationFile): string | undefined {
  try {
    const text = decoded(readFileSync(backupOf(path)));
    return text.startsWith(mark) ? text.slice(1) : text;
  } catch {
    return undefined;
  }
}

/** @throws UntouchedFile unless the file may be changed. */
export function checkWritable({ path, stats }: ConfigurationFile): void {
  // The user root may write every file.
  if ((stats.mode & 0o222) === 0) throw new UntouchedFile('it is read-only');
  if (stats.nlink > 1)
    throw new UntouchedFile('it has a second name (a hard link), which a change would cut off');
  try {
    accessSync(path, constants.W_OK);
    accessSync(dirname(path), constants.W_OK);
  } catch {
    throw new UntouchedFile('it is read-only, or its folder is');
  }
}

/**
 * Replaces the text of a file in one step, and keeps the text without the proxy beside it; or, if there is nothing to keep any
 * more, removes that.
 *
 * @returns false if somebody else has changed the file since it was read. Then it is left as it is.
 * @throws UntouchedFile if it cannot be written.
 */
export function writeConfiguration(file: ConfigurationFile, text: string, keep: string | undefined): boolean {
  const { path, stats, bytes, hasMark } = file;
  const whole = (part: string): string => (hasMark ? mark : '') + part;
  try {
    if (keep !== undefined) replaceFile(backupOf(path), whole(keep), stats);
    if (!readFileSync(path).equals(bytes)) return false;
    replaceFile(path, whole(text), stats);
    if (keep === undefined) rmSync(backupOf(path), { force: true });
    return true;
  } catch (error) {
    throw new UntouchedFile(`it cannot be written: ${(error as Error).message}`);
  }
}
