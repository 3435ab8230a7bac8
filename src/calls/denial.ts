import { type ErrorCategory, errorCategories } from '../../machines/categories.ts';
import { backoffLeftMs, isolationLeftMs, probeLeftMs } from '../../machines/circuit-context.ts';
import type { ToolCircuitSnapshot } from '../../machines/tool-circuit.ts';
import { textOf } from '../classify/read.ts';

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

/** What a model reads when a call was refused. */
export interface ModelAnswer {
  /** One paragraph. */
  readonly text: string;
  /** The same as data, ready for JSON. */
  readonly data: {
    readonly error: 'tool_unavailable';
    readonly tool: string;
    readonly reason: DenialReason;
    readonly kind: DenialKind;
    readonly upstream: string | null;
    readonly retryAfterSeconds: number | null;
    /** ISO 8601; null past what a date can hold. */
    readonly retryAt: string | null;
    readonly executed: false;
    readonly alternatives: readonly string[];
    readonly instruction: string;
    readonly lastError: string | null;
  };
}

const unreachable: ReadonlySet<ErrorCategory> = new Set<ErrorCategory>([
  'network',
  'timeout',
  'serviceUnavailable',
]);

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
  return unreachable.has(lastErrorCategory) ? 'unreachable' : 'rejecting';
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
  const circuit = snapshot.context.tool;
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
    lastErrorCategory: snapshot.context.lastErrorCategory,
    lastError: more.lastError,
    alternatives: more.alternatives ?? noAlternatives,
  };
}

const noAlternatives: readonly string[] = Object.freeze([]);

const truth: Record<DenialKind, string> = {
  unreachable: 'could not be reached, or did not answer, in its last calls',
  rejecting: 'could be reached, but its last calls failed',
  slow: 'answered, but too slowly, in its last calls',
  withheld: 'was taken out of service by an operator',
};

/** The last moment that a `Date` can hold. */
const endOfTime = 8.64e15;

const isoOf = (time: number | null): string | null =>
  time === null || time > endOfTime ? null : new Date(time).toISOString();

function instructionOf(denial: Denial, seconds: number | null): string {
  const parts: string[] = [];
  if (seconds === null) parts.push('Do not call it again until you are told that it is back.');
  else parts.push(`Do not call it again within the next ${seconds} s: the call would not run either.`);
  if (denial.alternatives.length > 0) parts.push(`Instead, you can use: ${denial.alternatives.join(', ')}.`);
  else parts.push('Go on with work that does not need it, or say that you have to wait.');
  return parts.join(' ');
}

/** A denial in words that a model can act on: what happened, why, and when to come back. Never more than is true. */
export function toModel(denial: Denial): ModelAnswer {
  const seconds = denial.retryAfterMs === null ? null : Math.ceil(denial.retryAfterMs / 1000);
  const instruction = instructionOf(denial, seconds);
  const { lastErrorCategory: category } = denial;
  const cause =
    category === null || denial.kind === 'withheld' ? '' : ` (${errorCategories[category].label})`;
  const why =
    denial.kind === 'unreachable' && category === 'serviceUnavailable'
      ? 'was not available, as it said itself, in its last calls'
      : truth[denial.kind];
  const what = denial.upstream === null ? 'it' : `"${denial.upstream}", which it depends on,`;
  return {
    text: `The call did not run. The tool "${denial.tool}" is unavailable: ${what} ${why}${cause}. ${instruction}`,
    data: {
      error: 'tool_unavailable',
      tool: denial.tool,
      reason: denial.reason,
      kind: denial.kind,
      upstream: denial.upstream,
      retryAfterSeconds: seconds,
      retryAt: isoOf(denial.retryAt),
      executed: false,
      alternatives: denial.alternatives,
      instruction,
      lastError: denial.lastError,
    },
  };
}

const longestError = 200;

/** The message of an error as a denial carries it: one line, no control characters, cut; null for no message. */
export function errorText(error: unknown): string | null {
  const line = textOf(error)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  if (line === '') return null;
  return line.length > longestError ? `${line.slice(0, longestError - 1)}…` : line;
}
