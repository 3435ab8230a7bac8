import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { isPlainObject } from '../../../machines/rule.ts';
import { makeFolder } from '../state/private-folder.ts';
import { removeLeftovers, replaceFile } from '../state/replace-file.ts';

/** What is remembered of one answer. */
export interface KeptAnswer {
  /** When the server last gave it, in ms since 1970. */
  readonly at: number;
  /** Whether it was an error. */
  readonly isError: boolean;
  /** The result, or the error, as JSON text. */
  readonly text: string;
}

/** What is remembered of a server. */
export interface Kept {
  /** How long its last good start took, in ms. */
  readonly startMs: number | undefined;
  /** Its answers, by what was asked. */
  readonly answers: ReadonlyMap<string, KeptAnswer>;
}

/** How large a file may be, in bytes, and how many answers are read of it. */
export const maxFileBytes = 8 * 2 ** 20;
export const maxAnswers = 500;

/** How many servers are remembered in one folder, and for how long after they last answered, in ms. */
const maxServers = 64;
const maxAgeMs = 30 * 24 * 3_600_000;

const isWindows = process.platform === 'win32';
const isOwn = ({ uid }: Stats): boolean => isWindows || uid === process.getuid?.();

/**
 * The memory of one server, a file of its own in a folder that only its user can read. It is replaced in one step, so that it is
 * always complete; whatever else may stand there is not read.
 */
export class MemoryFile {
  readonly #folder: string;
  readonly #path: string;

  /** @param key What the server is: a word without a separator of paths. */
  constructor(folder: string, key: string) {
    this.#folder = folder;
    this.#path = join(folder, `${key}.json`);
  }

  /** @returns undefined where nothing is kept. @throws Error that says why the file, or its folder, cannot be used. */
  load(): Kept | undefined {
    this.#makePrivate();
    removeLeftovers(this.#path);
    this.#removeOld();
    const text = readOwn(this.#path);
    return text === undefined ? undefined : keptIn(text);
  }

  /** @throws Error that says why the file cannot be written. */
  save({ startMs, answers }: Kept): void {
    this.#makePrivate();
    const document = { format: 'toolfuse-memory', version: 1, startMs, answers: Object.fromEntries(answers) };
    replaceFile(this.#path, `${JSON.stringify(document)}\n`);
  }

  /** Anybody could have made a folder of this name in a shared one, and would get to read, or to write, what is remembered. */
  #makePrivate(): void {
    makeFolder(this.#folder);
    const found = lstatSync(this.#folder);
    if (!found.isDirectory() || !isOwn(found)) throw new Error('it is not a folder of this user');
    if (!isWindows && (found.mode & 0o077) !== 0) chmodSync(this.#folder, 0o700);
  }

  /** Forgets servers that were not there for long, and the longest unused of too many. */
  #removeOld(): void {
    const files = readdirSync(this.#folder)
      .filter((name) => /^[\da-f]{32}\.json$/.test(name))
      .map((name) => {
        const path = join(this.#folder, name);
        return { path, at: lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
      })
      .filter(({ path }) => path !== this.#path)
      .sort((a, b) => b.at - a.at);
    const oldest = Date.now() - maxAgeMs;
    for (const [index, { path, at }] of files.entries()) {
      // A folder, which nobody but its user can have put there, is left alone.
      if (index >= maxServers - 1 || at < oldest) rmSync(path, { force: true, recursive: false });
    }
  }
}

/** The text of a file of this user; undefined if there is none. It never waits, whatever stands there. @throws Error */
function readOwn(path: string): string | undefined {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  let file: number;
  try {
    file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Error(code === 'ELOOP' ? 'it is a link' : message);
  }
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw new Error('it is not a file');
    if (!isOwn(found)) throw new Error('it is not a file of this user');
    if (found.size > maxFileBytes) throw new Error(`it has ${found.size} bytes, more than ${maxFileBytes}`);
    if (found.mtimeMs < Date.now() - maxAgeMs) return undefined;
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** @throws Error if the text is no memory. */
function keptIn(text: string): Kept {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new Error('it is no JSON');
  }
  const { format, version, startMs, answers } = (document ?? {}) as Readonly<Record<string, unknown>>;
  if (format !== 'toolfuse-memory' || version !== 1 || !isPlainObject(answers))
    throw new Error('it is no memory of a server');
  const known = Object.entries(answers)
    .slice(0, maxAnswers)
    .flatMap(([key, value]) => {
      const { at, isError, text: said } = (value ?? {}) as Readonly<Record<string, unknown>>;
      const isWhole = typeof at === 'number' && typeof isError === 'boolean' && typeof said === 'string';
      return isWhole ? [[key, { at, isError, text: said }] as const] : [];
    });
  return {
    startMs: typeof startMs === 'number' && startMs >= 0 ? startMs : undefined,
    answers: new Map(known),
  };
}
