import type { ErrorCategory } from '../../machines/categories.ts';
import { backoffLeftMs, isolationLeftMs, probeLeftMs } from '../../machines/circuit-context.ts';
import type { ToolCircuitSnapshot } from '../../machines/tool-circuit.ts';
import { didNotGetThrough } from '../classify/transport.ts';

/**
 * Why a call was refused: the backoff has not run out, every probe's place is taken, an operator said so, or what the
 * tool depends on let no call through.
 */
export type DenialReason = 'open' | 'halfOpen' | 'isolated' | 'upstream';

/**
 * What is wrong with the tool, or with its upstream: it cannot be reached, it answers and refuses what it is sent, it
 * answers too slowly, or it was taken out of service by hand.
 */
export type DenialKind = 'unreachable' | 'rejecting' | 'slow' | 'withheld';

/** A refused call, as data. */
export interface Denial {
  readonly admitted: false;
  readonly tool: string;
  readonly reason: DenialReason;
  readonly kind: DenialKind;
  /** What the tool depends on, where that is what let no call through; else null. */
  readonly upstream: string | null;
  /** When to come back, in ms from now; null where nobody can say, as for an isolated tool. */
  readonly retryAfterMs: number | null;
  /** The same as a time of day, in ms since 1970. */
  readonly retryAt: number | null;
  readonly lastErrorCategory: ErrorCategory | null;
  /** What the last failure said, on one line and cut; null where only its category was given. */
  readonly lastError: string | null;
  /** The tools that are configured to stand in for this one. */
  readonly alternatives: readonly string[];
}

function retryAfterMsOf({ value, context }: ToolCircuitSnapshot, now: number): number | null {
  if (value === 'open') return backoffLeftMs(context, now);
  if (value === 'halfOpen') return probeLeftMs(context, now);
  const leftMs = isolationLeftMs(context, now);
  return Number.isFinite(leftMs) ? leftMs : null;
}

function kindOf({ value, context: { lastErrorCategory } }: ToolCircuitSnapshot): DenialKind {
  if (value === 'isolated') return 'withheld';
  // A circuit trips without an error where its calls were slow.
  if (lastErrorCategory === null) return 'slow';
  return didNotGetThrough(lastErrorCategory) ? 'unreachable' : 'rejecting';
}

/** Reads off the circuit that refused a call why it did: the tool's own, or that of its upstream. */
export function denialOf(
  snapshot: ToolCircuitSnapshot,
  more: {
    tool: string;
    now: number;
    wallNow: number;
    lastError: string | null;
    alternatives: readonly string[] | undefined;
  },
): Denial {
  const { tool: circuit, lastErrorCategory } = snapshot.context;
  const isOwn = circuit === more.tool;
  const retryAfterMs = retryAfterMsOf(snapshot, more.now);
  return {
    admitted: false,
    tool: more.tool,
    reason: isOwn ? (snapshot.value as DenialReason) : 'upstream',
    kind: kindOf(snapshot),
    upstream: isOwn ? null : circuit,
    retryAfterMs,
    retryAt: retryAfterMs === null ? null : more.wallNow + retryAfterMs,
    lastErrorCategory,
    // What tripped may have been no error: calls that were too slow. An older error is not why.
    lastError: lastErrorCategory === null ? null : more.lastError,
    alternatives: more.alternatives ?? noAlternatives,
  };
}

const noAlternatives: readonly string[] = Object.freeze([]);
