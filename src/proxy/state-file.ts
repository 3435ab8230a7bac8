import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { createToolRegistry, type PersistedRegistry, RestoreError, systemClock } from 'toolfuse';

/** The circuits of several servers. */
interface StateDocument {
  readonly format: 'toolfuse-mcp';
  readonly version: 1;
  readonly servers: Readonly<Record<string, PersistedRegistry>>;
}

export interface StateFileOptions {
  readonly path: string;
  /** Whose circuits they are: several proxies can share a file. */
  readonly server: string;
  readonly onTrouble: (what: string) => void;
}

/** A lock that is older is left over from a process that has died. */
const staleLockMs = 5_000;

/**
 * Keeps circuits in a file. It is always whole: a new one takes its place in one step. Proxies that share it take turns,
 * and each replaces only what is its own.
 */
export class StateFile {
  readonly #options: StateFileOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StateFileOptions) {
    this.#options = options;
  }

  /** @throws Error where nothing could ever be kept there. */
  check(): void {
    const { path } = this.#options;
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) throw new Error('it is no file');
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
  }

  /** What was kept of the server's circuits. A file that cannot be used is put aside, and told of. */
  load(): string | undefined {
    const { server } = this.#options;
    const kept = this.#read()?.servers[server];
    if (kept === undefined) return undefined;
    const text = JSON.stringify(kept);
    try {
      createToolRegistry({ restore: text, clock: systemClock }).stop();
      return text;
    } catch (error) {
      if (!(error instanceof RestoreError)) throw error;
      this.#options.onTrouble(`the circuits of ${server} cannot be restored: ${error.message}`);
      return undefined;
    }
  }

  /** Saves a little later, once for all that changes meanwhile. */
  saveSoon(persist: () => string): void {
    this.#timer ??= setTimeout(() => this.save(persist), 100).unref();
  }

  save(persist: () => string): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { path, server, onTrouble } = this.#options;
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      const unlock = lock(`${path}.lock`);
      try {
        const document: StateDocument = {
          format: 'toolfuse-mcp',
          version: 1,
          servers: { ...this.#read()?.servers, [server]: JSON.parse(persist()) as PersistedRegistry },
        };
        writeFileSync(temporary, `${JSON.stringify(document)}\n`, { mode: 0o600 });
        renameSync(temporary, path);
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      } finally {
        unlock();
      }
    } catch (error) {
      onTrouble(`${path} cannot be written: ${(error as Error).message}`);
    }
  }

  #read(): StateDocument | undefined {
    const { path, onTrouble } = this.#options;
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        onTrouble(`${path} cannot be read: ${(error as Error).message}`);
      }
      return undefined;
    }
    const document = parse(text);
    if (document !== undefined) return document;
    onTrouble(`${path} holds no circuits that can be read; it is kept as ${path}.bad`);
    renameSync(path, `${path}.bad`);
    return undefined;
  }
}

function parse(text: string): StateDocument | undefined {
  try {
    const document = JSON.parse(text) as Partial<StateDocument> | null;
    const isKnown = document?.format === 'toolfuse-mcp' && document.version === 1;
    const { servers } = document ?? {};
    const isObject = typeof servers === 'object' && servers !== null && !Array.isArray(servers);
    return isKnown && isObject ? (document as StateDocument) : undefined;
  } catch {
    return undefined;
  }
}

/** Waits for its turn, a few milliseconds in general. @returns what ends it. */
function lock(path: string): () => void {
  for (let tries = 0; ; tries++) {
    try {
      closeSync(openSync(path, 'wx', 0o600));
      return () => unlinkSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (isStale(path)) unlinkSync(path);
    else if (tries === 100) throw new Error(`${path} is held by another process`);
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
}

function isStale(path: string): boolean {
  try {
    return Date.now() - statSync(path).mtimeMs > staleLockMs;
  } catch {
    return false;
  }
}
