import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PersistedCircuit, PersistedRegistry } from 'toolfuse';
import { lockFile } from '../../proxy/state/file-lock.ts';
import { makeFolder } from '../../proxy/state/private-folder.ts';
import { replaceFile } from '../../proxy/state/replace-file.ts';

/** A call that was let through while its circuit was not closed: a probe. */
export interface OpenCall {
  readonly tool: string;
  readonly server: string | undefined;
  /** When it was let through, in ms since 1970. */
  readonly at: number;
}

/** What one hook leaves to the next. */
export interface HookDocument {
  readonly format: 'toolfuse-hook';
  readonly version: 1;
  /** The circuits of tools that have failed; null for none. */
  readonly registry: PersistedRegistry | null;
  /** The probes under way, by the ids of their calls. */
  readonly calls: Readonly<Record<string, OpenCall>>;
  /** Whether the user was told of the pause that lasts. */
  readonly isPauseTold: boolean;
}

const emptyDocument: HookDocument = {
  format: 'toolfuse-hook',
  version: 1,
  registry: null,
  calls: {},
  isPauseTold: false,
};

/** A file that is larger was not written by hooks, in bytes. */
const maxBytes = 4 * 2 ** 20;

/** How long a hook waits for another one, in ms. A hook holds up a call, so that it must not wait for long. */
const patienceMs = 1_000;

/** The file that hooks share: each is a process of its own, and several may run at once. */
export class HookFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** @returns an empty document where there is none, or none that can be read: a hook must not fail for that. */
  read(): HookDocument {
    const size = statSync(this.#path, { throwIfNoEntry: false })?.size;
    if (size === undefined || size > maxBytes) return emptyDocument;
    try {
      const document: unknown = JSON.parse(readFileSync(this.#path, 'utf8'));
      return isDocument(document) ? document : emptyDocument;
    } catch {
      return emptyDocument;
    }
  }

  /**
   * Lets one hook at a time read the document and write another one.
   *
   * @throws Error if the file cannot be written, or another hook holds it for too long.
   */
  async update<Value>(
    work: (document: HookDocument) => Promise<{ readonly document: HookDocument; readonly value: Value }>,
  ): Promise<Value> {
    makeFolder(dirname(this.#path));
    const unlock = lockFile(`${this.#path}.lock`, patienceMs);
    try {
      const { document, value } = await work(this.read());
      replaceFile(this.#path, `${JSON.stringify(document)}\n`);
      return value;
    } finally {
      unlock();
    }
  }
}

/** The circuit of a name, if anything is known of it. */
export const circuitIn = (
  { registry }: HookDocument,
  name: string | undefined,
): PersistedCircuit | undefined =>
  name === undefined ? undefined : registry?.circuits.find(({ tool }) => tool === name);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isDocument(value: unknown): value is HookDocument {
  if (!isObject(value) || value.format !== 'toolfuse-hook' || value.version !== 1) return false;
  const { registry, calls } = value;
  const hasCircuits =
    registry === null ||
    (isObject(registry) && Array.isArray(registry.circuits) && registry.circuits.every(isObject));
  const areCalls = (all: Readonly<Record<string, unknown>>): boolean =>
    Object.values(all).every(
      (call) => isObject(call) && typeof call.tool === 'string' && typeof call.at === 'number',
    );
  return hasCircuits && isObject(calls) && areCalls(calls);
}
