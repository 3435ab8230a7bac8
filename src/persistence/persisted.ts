import { type ErrorCategory, isErrorCategory } from '../../machines/categories.ts';
import { circuitName } from '../../machines/circuit-name.ts';
import type { CircuitState } from '../../machines/circuit-state.ts';
import { isPlainObject, show } from '../../machines/rule.ts';

/** One circuit in its persisted form. Times are wall-clock times, in ms since 1970. */
export interface PersistedCircuit {
  readonly tool: string;
  /** The target or tenant that the circuit is for. Left out if it is for all calls of the tool. */
  readonly key?: string;
  readonly state: CircuitState;
  readonly failureCount: number;
  readonly lastFailureTime: number | null;
  readonly lastErrorCategory: ErrorCategory | null;
  readonly currentBackoffMs: number;
  readonly backoffStep: number;
  readonly baseBackoffMs: number;
  readonly notBeforeTime: number | null;
  readonly openedTime: number | null;
  /** How often this circuit has tripped. */
  readonly openCount: number;
  readonly deniedRequests: number;
  readonly lastDeniedTime: number | null;
  readonly isolations: number;
  readonly isolatedUntilTime: number | null;
  /** Who isolated the tool last. Left out if that was not said. */
  readonly isolatedBy?: string;
  readonly closedTime: number | null;
}

/** All circuits in their persisted form: the document that `registry.persist()` writes. */
export interface PersistedRegistry {
  readonly format: 'toolfuse';
  readonly version: 1;
  readonly savedTime: number;
  readonly circuits: readonly PersistedCircuit[];
}

/** The error for a document that cannot be restored, because it is corrupt or from another program or version. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError';
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isMs = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0;
const isTime = (value: unknown): boolean => value === null || Number.isFinite(value);

const circuitFields: Record<keyof PersistedCircuit, (value: unknown) => boolean> = {
  tool: (value) => typeof value === 'string',
  key: (value) => value === undefined || typeof value === 'string',
  state: (value) => ['closed', 'open', 'halfOpen', 'isolated', 'disabled'].includes(value as string),
  failureCount: isCount,
  lastFailureTime: isTime,
  lastErrorCategory: (value) => value === null || isErrorCategory(value),
  currentBackoffMs: isMs,
  backoffStep: isCount,
  baseBackoffMs: isMs,
  notBeforeTime: isTime,
  openedTime: isTime,
  openCount: isCount,
  deniedRequests: isCount,
  lastDeniedTime: isTime,
  isolations: isCount,
  isolatedUntilTime: isTime,
  isolatedBy: (value) => value === undefined || typeof value === 'string',
  closedTime: isTime,
};

function parse(document: unknown): unknown {
  if (typeof document !== 'string') return document;
  try {
    return JSON.parse(document);
  } catch (cause) {
    throw new RestoreError(`restore is not JSON: ${show(document)}`, { cause });
  }
}

/**
 * Reads a document that `registry.persist()` wrote, as JSON or already parsed.
 *
 * @throws RestoreError for any other document; it names the field and the value, and nothing is restored.
 */
export function readPersisted(document: unknown): readonly PersistedCircuit[] {
  const kept = parse(document);
  if (!isPlainObject(kept) || kept.format !== 'toolfuse') {
    throw new RestoreError(`restore was not written by toolfuse: ${show(kept)}`);
  }
  if (kept.version !== 1) {
    throw new RestoreError(`restore.version must be 1, the only readable version, got ${show(kept.version)}`);
  }
  if (!Number.isFinite(kept.savedTime)) {
    throw new RestoreError(`restore.savedTime must be a time in ms, got ${show(kept.savedTime)}`);
  }
  if (!Array.isArray(kept.circuits)) {
    throw new RestoreError(`restore.circuits must be a list, got ${show(kept.circuits)}`);
  }
  const tools = new Set<unknown>();
  // forEach would skip the holes of a sparse array; Array.from makes them undefined.
  Array.from(kept.circuits).forEach((circuit: unknown, index) => {
    const path = `restore.circuits[${index}]`;
    if (!isPlainObject(circuit)) throw new RestoreError(`${path} must be an object, got ${show(circuit)}`);
    for (const [field, holds] of Object.entries(circuitFields)) {
      if (!holds(circuit[field]))
        throw new RestoreError(`${path}.${field} cannot be ${show(circuit[field])}`);
    }
    const { tool, key } = circuit as unknown as PersistedCircuit;
    const name = circuitName(tool, key ?? null);
    if (tools.has(name)) throw new RestoreError(`${path}.tool appears twice: ${show(circuit.tool)}`);
    tools.add(name);
  });
  return kept.circuits as PersistedCircuit[];
}
