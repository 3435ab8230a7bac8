import { appendFileSync, renameSync, statSync } from 'node:fs';
import { lockFile } from '../state/file-lock.ts';

/** How many earlier files are kept, as `FILE.1` (the latest) to `FILE.4`. */
const maxOldFiles = 4;
/** How long lines are collected before they are written together, in ms. */
const collectMs = 200;
/** How long to wait for another process that moves the files on, in ms. */
const patienceMs = 500;

export interface RecordFileOptions {
  readonly path: string;
  /** The largest size of one file, in bytes. */
  readonly maxBytes: number;
  readonly onTrouble: (what: string) => void;
}

/**
 * A file of lines that is bounded: before it grows beyond its limit, it is renamed, and a new one begun. Several processes can
 * write to one file, each whole lines.
 */
export class RecordFile {
  readonly #options: RecordFileOptions;
  #lines: string[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #isInTrouble = false;

  constructor(options: RecordFileOptions) {
    this.#options = options;
  }

  /** @throws Error if the file cannot be written. */
  check(): void {
    this.#append('');
  }

  /** How much is still to be written, in bytes. */
  get writableLength(): number {
    return this.#bytes;
  }

  write(line: string): void {
    this.#lines.push(line);
    this.#bytes += Buffer.byteLength(line);
    this.#timer ??= setTimeout(() => this.flush(), collectMs).unref();
  }

  /** Writes what was collected. If that fails, it is told once, and the lines are dropped. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines.length === 0) return;
    const text = this.#lines.join('');
    this.#lines = [];
    this.#bytes = 0;
    try {
      this.#makeRoom(Buffer.byteLength(text));
      this.#append(text);
      this.#isInTrouble = false;
    } catch (error) {
      if (!this.#isInTrouble)
        this.#options.onTrouble(`the record cannot be written: ${(error as Error).message}`);
      this.#isInTrouble = true;
    }
  }

  #append(text: string): void {
    appendFileSync(this.#options.path, text, { mode: 0o600 });
  }

  #makeRoom(bytes: number): void {
    const { path, maxBytes } = this.#options;
    const isFull = (): boolean => {
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      return size > 0 && size + bytes > maxBytes;
    };
    if (!isFull()) return;
    const unlock = lockFile(`${path}.lock`, patienceMs);
    try {
      // Another process may have moved the files on meanwhile.
      if (isFull()) this.#moveOn();
    } finally {
      unlock();
    }
  }

  #moveOn(): void {
    const { path } = this.#options;
    for (let age = maxOldFiles - 1; age > 0; age--) {
      if (statSync(`${path}.${age}`, { throwIfNoEntry: false }) !== undefined) {
        renameSync(`${path}.${age}`, `${path}.${age + 1}`);
      }
    }
    renameSync(path, `${path}.1`);
  }
}
