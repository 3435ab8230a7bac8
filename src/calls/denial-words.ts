import { errorCategories } from '../../machines/categories.ts';
import type { Denial, DenialKind, DenialReason } from './denial.ts';

/** The answer that a model reads in place of a tool's result when its call was refused. */
export interface ModelAnswer {
  /** One paragraph. */
  readonly text: string;
  /** The same facts as data, ready for JSON. */
  readonly data: {
    readonly error: 'tool_unavailable';
    readonly tool: string;
    readonly reason: DenialReason;
    readonly kind: DenialKind;
    readonly upstream: string | null;
    readonly retryAfterSeconds: number | null;
    /** ISO 8601; null if unknown, or too late for a `Date` to hold. */
    readonly retryAt: string | null;
    readonly executed: false;
    readonly alternatives: readonly string[];
    readonly instruction: string;
    readonly lastError: string | null;
  };
}

const causes: Record<DenialKind, string> = {
  unreachable: 'could not be reached or did not answer in its most recent calls',
  rejecting: 'could be reached, but its most recent calls failed',
  slow: 'answered too slowly in its most recent calls',
  withheld: 'was taken out of service by an operator',
};

/** The latest time that a `Date` can hold, in ms since 1970. */
const maxTime = 8.64e15;

const isoOf = (time: number | null): string | null =>
  time === null || time > maxTime ? null : new Date(time).toISOString();

function instructionOf(denial: Denial, seconds: number | null): string {
  const parts: string[] = [];
  if (seconds === null) parts.push('Do not call it again until you are told that it is back.');
  else if (denial.probing) parts.push(`Another call is testing it now: try again in about ${seconds} s.`);
  else parts.push(`Do not call it again within the next ${seconds} s; such a call would not run either.`);
  if (denial.alternatives.length > 0) parts.push(`Instead, you can use: ${denial.alternatives.join(', ')}.`);
  else parts.push('Continue with work that does not need it, or say that you have to wait.');
  return parts.join(' ');
}

/** Words a denial so that a model can act on it: what happened, why, and when to try again. It states nothing unproven. */
export function toModel(denial: Denial): ModelAnswer {
  const seconds = denial.retryAfterMs === null ? null : Math.ceil(denial.retryAfterMs / 1000);
  const instruction = instructionOf(denial, seconds);
  const { lastErrorCategory: category } = denial;
  const cause =
    category === null || denial.kind === 'withheld' ? '' : ` (${errorCategories[category].label})`;
  const why =
    denial.kind === 'unreachable' && category === 'serviceUnavailable'
      ? 'reported that it was unavailable in its most recent calls'
      : causes[denial.kind];
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
