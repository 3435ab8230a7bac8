import { type ErrorCategory, errorCategories } from '../machines/categories.ts';
import { backoffLeftMs, probeLeftMs, type ToolCircuitSnapshot } from '../machines/tool-circuit.ts';
import { textOf } from './classify/read.ts';

/** Why a call was refused: the backoff has not run out, every probe's place is taken, or an operator said so. */
export type DenialReason = 'open' | 'halfOpen' | 'isolated';

/**
 * What is wrong with the tool: it cannot be reached, it answers and refuses what it is sent, or it was taken out of
 * service by hand.
 */
export type DenialKind = 'unreachable' | 'rejecting' | 'withheld';

/** A refused call, as data. */
export interface Denial {
  readonly admitted: false;
  readonly tool: string;
  readonly reason: DenialReason;
  readonly kind: DenialKind;
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
    readonly retryAfterSeconds: number | null;
    /** ISO 8601; null past what a date can hold. */
    readonly retryAt: string | null;
    readonly executed: false;
    readonly alternatives: readonly string[];
    readonly instruction: string;
    readonly lastError: string | null;
  };
}

const unreachable: ReadonlySet<ErrorCategory | null> = new Set<ErrorCategory | null>([
  'network',
  'timeout',
  'serviceUnavailable',
]);

function retryAfterMsOf({ value, context }: ToolCircuitSnapshot, now: number): number | null {
  if (value === 'open') return backoffLeftMs(context, now);
  if (value === 'halfOpen') return probeLeftMs(context, now);
  return null;
}

/** Reads off a circuit why it refused a call. */
export function denialOf(
  snapshot: ToolCircuitSnapshot,
  more: { now: number; wallNow: number; lastError: string | null; alternatives: readonly string[] },
): Denial {
  const { tool, lastErrorCategory } = snapshot.context;
  const reason = snapshot.value as DenialReason;
  const retryAfterMs = retryAfterMsOf(snapshot, more.now);
  return {
    admitted: false,
    tool,
    reason,
    kind:
      reason === 'isolated' ? 'withheld' : unreachable.has(lastErrorCategory) ? 'unreachable' : 'rejecting',
    retryAfterMs,
    retryAt: retryAfterMs === null ? null : more.wallNow + retryAfterMs,
    lastErrorCategory,
    lastError: more.lastError,
    alternatives: more.alternatives,
  };
}

const truth: Record<DenialKind, string> = {
  unreachable: 'it could not be reached, or did not answer, in its last calls',
  rejecting: 'it could be reached, but its last calls failed',
  withheld: 'an operator has taken it out of service',
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
  return {
    text: `The call did not run. The tool "${denial.tool}" is unavailable: ${truth[denial.kind]}${cause}. ${instruction}`,
    data: {
      error: 'tool_unavailable',
      tool: denial.tool,
      reason: denial.reason,
      kind: denial.kind,
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
