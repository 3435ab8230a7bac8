import { type ErrorCategory, isErrorCategory } from '../../machines/categories.ts';
import { circuitConfig } from '../../machines/circuit-config.ts';
import { initialContext, type ToolCircuitInput } from '../../machines/circuit-context.ts';
import type { CircuitState } from '../../machines/circuit-state.ts';
import { type ToolCircuitSnapshot, toolCircuitMachine } from '../../machines/tool-circuit.ts';
import { show } from '../options/show.ts';

/** One circuit as it is kept. Instants are wall-clock times, in ms since 1970. */
export interface PersistedCircuit {
  readonly tool: string;
  readonly state: CircuitState;
  readonly failureCount: number;
  readonly lastFailureTime: number | null;
  readonly lastErrorCategory: ErrorCategory | null;
  readonly currentBackoffMs: number;
  readonly backoffStep: number;
  readonly baseBackoffMs: number;
  readonly notBeforeTime: number | null;
  readonly openedTime: number | null;
  readonly openCount: number;
  readonly deniedRequests: number;
  readonly lastDeniedTime: number | null;
  readonly isolations: number;
  readonly isolatedUntilTime: number | null;
  readonly closedTime: number | null;
}

/** All circuits as they are kept: what `registry.persist()` writes. */
export interface PersistedRegistry {
  readonly format: 'toolfuse';
  readonly version: 1;
  readonly savedTime: number;
  readonly circuits: readonly PersistedCircuit[];
}

/** A document cannot be restored: it is corrupt, of another program, or of another version. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError';
}

const shift = (at: number | null, ms: number): number | null => (at === null ? null : at + ms);

/** What is kept of one circuit. `offsetMs` is the wall-clock time less the instant of the registry's clock. */
export function persistCircuit({ value, context }: ToolCircuitSnapshot, offsetMs: number): PersistedCircuit {
  return {
    tool: context.tool,
    state: value as CircuitState,
    failureCount: context.failureCount,
    lastFailureTime: shift(context.lastFailureAt, offsetMs),
    lastErrorCategory: context.lastErrorCategory,
    currentBackoffMs: context.currentBackoffMs,
    backoffStep: context.backoffStep,
    baseBackoffMs: context.baseBackoffMs,
    notBeforeTime: shift(context.notBefore, offsetMs),
    openedTime: shift(context.openedAt, offsetMs),
    openCount: context.openCount,
    deniedRequests: context.deniedRequests,
    lastDeniedTime: shift(context.lastDeniedAt, offsetMs),
    isolations: context.isolations,
    isolatedUntilTime: shift(context.isolatedUntil, offsetMs),
    closedTime: shift(context.closedAt, offsetMs),
  };
}

/** When a kept isolation is over. One that the wall clock makes longer than it was lasts as long as it was. */
function endOfIsolation(
  { isolatedUntilTime, openedTime }: PersistedCircuit,
  offsetMs: number,
  now: number,
): number | null {
  if (isolatedUntilTime === null) return null;
  const longestMs = openedTime === null ? Infinity : Math.max(0, isolatedUntilTime - openedTime);
  return Math.min(isolatedUntilTime - offsetMs, now + longestMs);
}

/** What a kept circuit is to begin from. An instant that the wall clock puts in the future is now. */
export function restoreCircuit(
  kept: PersistedCircuit,
  offsetMs: number,
  input: ToolCircuitInput,
): ToolCircuitSnapshot {
  const now = input.now();
  const instant = (time: number | null): number | null =>
    time === null ? null : Math.min(time - offsetMs, now);
  const { maxBackoffMs, maxRetryAfterMs } = circuitConfig(input.config);
  return toolCircuitMachine.resolveState({
    value: kept.state,
    context: {
      ...initialContext(input),
      reportedState: null,
      failureCount: kept.failureCount,
      lastFailureAt: instant(kept.lastFailureTime),
      lastErrorCategory: kept.lastErrorCategory,
      currentBackoffMs: Math.min(kept.currentBackoffMs, maxBackoffMs),
      backoffStep: kept.backoffStep,
      baseBackoffMs: Math.min(kept.baseBackoffMs, maxBackoffMs),
      notBefore:
        kept.notBeforeTime === null ? null : Math.min(kept.notBeforeTime - offsetMs, now + maxRetryAfterMs),
      openedAt: instant(kept.openedTime),
      openCount: kept.openCount,
      deniedRequests: kept.deniedRequests,
      lastDeniedAt: instant(kept.lastDeniedTime),
      isolations: kept.isolations,
      isolatedUntil: endOfIsolation(kept, offsetMs, now),
      closedAt: instant(kept.closedTime),
    },
  });
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isMs = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0;
const isTime = (value: unknown): boolean => value === null || Number.isFinite(value);

const circuitFields: Record<keyof PersistedCircuit, (value: unknown) => boolean> = {
  tool: (value) => typeof value === 'string',
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

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads what `registry.persist()` wrote, as JSON or already parsed.
 *
 * @throws RestoreError for anything else; it names the field and the value, and nothing is restored.
 */
export function readPersisted(document: unknown): readonly PersistedCircuit[] {
  const kept = parse(document);
  if (!isRecord(kept) || kept.format !== 'toolfuse') {
    throw new RestoreError(`restore was not written by toolfuse: ${show(kept)}`);
  }
  if (kept.version !== 1) {
    throw new RestoreError(
      `restore.version must be 1, the only one that can be read, got ${show(kept.version)}`,
    );
  }
  if (!Number.isFinite(kept.savedTime)) {
    throw new RestoreError(`restore.savedTime must be a time in ms, got ${show(kept.savedTime)}`);
  }
  if (!Array.isArray(kept.circuits)) {
    throw new RestoreError(`restore.circuits must be a list, got ${show(kept.circuits)}`);
  }
  const tools = new Set<unknown>();
  // A list with holes has them looked at as well.
  Array.from(kept.circuits).forEach((circuit: unknown, index) => {
    const path = `restore.circuits[${index}]`;
    if (!isRecord(circuit)) throw new RestoreError(`${path} must be an object, got ${show(circuit)}`);
    for (const [field, holds] of Object.entries(circuitFields)) {
      if (!holds(circuit[field]))
        throw new RestoreError(`${path}.${field} cannot be ${show(circuit[field])}`);
    }
    if (tools.has(circuit.tool)) throw new RestoreError(`${path}.tool is there twice: ${show(circuit.tool)}`);
    tools.add(circuit.tool);
  });
  return kept.circuits as PersistedCircuit[];
}
