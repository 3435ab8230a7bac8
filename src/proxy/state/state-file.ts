import { accessSync, constants, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PersistedRegistry } from 'toolfuse';
import { isPlainObject } from '../../../machines/rule.ts';
import { type PersistedCircuit, RestoreError, readPersisted } from '../../persistence/persisted.ts';
import { lockFile } from './file-lock.ts';
import { makeFolder } from './private-folder.ts';
import { removeLeftovers, replaceFile } from './replace-file.ts';

/** The circuits of one server. `identity` tells servers of the same name apart. */
type KeptServer = PersistedRegistry & { readonly identity?: string | undefined };

/** The contents of the file: the circuits of one or more servers, by the servers' names. */
interface StateDocument {
  readonly format: 'toolfuse-mcp';
  readonly version: 1;
  readonly servers: Readonly<Record<string, KeptServer>>;
}

export interface StateFileOptions {
  readonly path: string;
  /** The name of the server. Several proxies can share a file. */
  readonly server: string;
  /** What tells it from other servers of this name. Without it, they share their circuits. */
  readonly identity?: string | undefined;
  readonly onTrouble: (what: string) => void;
}

/** How long a save may block the process, in ms: a save that can be repeated later, and the last one. */
const patienceMs = 50;
const lastPatienceMs = 500;

/** How soon a failed save is repeated, in ms; and the most that this grows to after further failures. */
const firstRetryMs = 1_000;
const maxRetryMs = 60_000;

/**
 * Keeps circuits in a file. The file is always complete, since it is replaced in one step. Proxies that share a file take
 * turns, and each replaces only the circuits of its own server.
 */
export class StateFile {
  readonly #options: StateFileOptions;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #told: string | undefined;

  constructor(options: StateFileOptions) {
    this.#options = options;
  }

  /** Makes its folder where there is none. @throws Error if the file could never be written. */
  check(): void {
    const { path } = this.#options;
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) throw new Error('it is not a file');
    makeFolder(dirname(path));
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
  }

  /** The saved circuits of the server, for `restore`; undefined if there are none. A file that cannot be used is renamed and reported. */
  load(): string | undefined {
    const { path, server } = this.#options;
    try {
      removeLeftovers(path);
      const servers = this.#read()?.servers;
      const kept = servers?.[this.#entryIn(servers)];
      if (kept === undefined) return undefined;
      const circuits = readPersisted(kept);
      return JSON.stringify({ ...kept, circuits: latest(circuits) });
    } catch (error) {
      const { message } = error as Error;
      const isOurs = error instanceof RestoreError;
      this.#tell(isOurs ? `the circuits of ${server} cannot be restored: ${message}` : `${path} ${message}`);
      return undefined;
    }
  }

  /** Saves after a short delay, once for all changes until then. A failed save is repeated later. */
  saveSoon(persist: () => string, ms = 100): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#write(persist, patienceMs)) this.#failures = 0;
      else this.saveSoon(persist, Math.min(firstRetryMs * 2 ** this.#failures++, maxRetryMs));
    }, ms).unref();
  }

  /** Saves immediately, for the last time. */
  save(persist: () => string): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#write(persist, lastPatienceMs);
  }

  /** @returns whether the file was written. */
  #write(persist: () => string, patience: number): boolean {
    const { path, identity } = this.#options;
    try {
      const unlock = lockFile(`${path}.lock`, patience);
      try {
        const servers = this.#read()?.servers;
        const entry = this.#entryIn(servers);
        const own: KeptServer = { identity, ...(JSON.parse(persist()) as PersistedRegistry) };
        const document: StateDocument = {
          format: 'toolfuse-mcp',
          version: 1,
          servers: { ...servers, [entry]: withOthers(own, servers?.[entry]) },
        };
        replaceFile(path, `${JSON.stringify(document)}\n`);
      } finally {
        unlock();
      }
      this.#told = undefined;
      return true;
    } catch (error) {
      this.#tell(`${path} cannot be written: ${(error as Error).message}`);
      return false;
    }
  }

  /** Where the circuits of the server stand: under its name, unless another server of this name came first. */
  #entryIn(servers: StateDocument['servers'] = {}): string {
    const { server, identity } = this.#options;
    if (identity === undefined) return server;
    const own = `${server}~${identity}`;
    if (Object.hasOwn(servers, own)) return own;
    const first = Object.hasOwn(servers, server) ? servers[server]?.identity : undefined;
    return first === undefined || first === identity ? server : own;
  }

  /** @throws Error if a file can neither be used nor renamed: it may belong to another program. */
  #read(): StateDocument | undefined {
    const { path } = this.#options;
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      throw new Error(`cannot be read: ${message}`);
    }
    const document = parse(text);
    if (document !== undefined) return document;
    const what = 'holds no circuits that can be read';
    try {
      renameSync(path, `${path}.bad`);
    } catch (error) {
      throw new Error(`${what}, and cannot be put aside: ${(error as Error).message}`);
    }
    this.#tell(`${path} ${what}; it is kept as ${path}.bad`);
    return undefined;
  }

  /** Reports trouble, but the same trouble only once in a row. */
  #tell(what: string): void {
    if (this.#told !== what) this.#options.onTrouble(what);
    this.#told = what;
  }
}

/** How many circuits are restored. Each is an actor, and a file can hold any number: the proxy would not be up in time. */
const maxRestored = 1_000;

/** The circuits that failed last. One that has forgotten all about that is as good as a new one. */
function latest(circuits: readonly PersistedCircuit[]): readonly PersistedCircuit[] {
  if (circuits.length <= maxRestored) return circuits;
  // What a person has switched off comes first.
  const rank = ({ state, lastFailureTime }: PersistedCircuit): number =>
    state === 'isolated' || state === 'disabled' ? Infinity : (lastFailureTime ?? 0);
  return circuits.toSorted((a, b) => (rank(a) === rank(b) ? 0 : rank(b) - rank(a))).slice(0, maxRestored);
}

/** How many circuits that this proxy does not know are kept in the file. */
const maxOthers = 1_000;

/** Adds the circuits that only other proxies of the same server know. */
function withOthers(own: KeptServer, kept: KeptServer | undefined): KeptServer {
  const known = new Set(own.circuits.map(({ tool }) => tool));
  const all = Array.isArray(kept?.circuits) ? kept.circuits : [];
  const others = all.filter((each) => !known.has(each?.tool)).slice(-maxOthers);
  return { ...own, circuits: [...others, ...own.circuits] };
}

function parse(text: string): StateDocument | undefined {
  try {
    const document = JSON.parse(text) as Partial<StateDocument> | null;
    const isKnown = document?.format === 'toolfuse-mcp' && document.version === 1;
    return isKnown && isPlainObject(document.servers) ? (document as StateDocument) : undefined;
  } catch {
    return undefined;
  }
}
