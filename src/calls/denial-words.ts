import { errorCategories } from '../../machines/categories.ts';
import type { Denial, DenialKind, DenialReason } from './denial.ts';
import { refusalAdvice, refusalWords } from './loops/loop-words.ts';

/** The answer that a model reads in place of a tool's result when its call was refused. */
export interface ModelAnswer {
  /** One paragraph. */
  readonly text: string;
  /** The same facts as data, ready for JSON. */
  readonly data: {
    /** `call_repeated`: the tool works, but the call was repeated too often. */
    readonly error: 'tool_unavailable' | 'call_repeated';
    readonly tool: string;
    /** The target or tenant that the refusal is about; left out for all calls of the tool. */
    readonly key?: string;
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
  repeating: 'is called again and again',
};

/** The latest time that a `Date` can hold, in ms since 1970. */
const maxTime = 8.64e15;

const isoOf = (time: number | null): string | null =>
  time === null || time > maxTime ? null : new Date(time).toISOString();

function instructionOf(denial: Denial, seconds: number | null): string {
  if (denial.loop !== undefined) return refusalAdvice(denial.loop);
  const again = denial.key === null || denial.upstream !== null ? 'again' : `for ${denial.key} again`;
  let when = `Do not call it ${again} within the next ${seconds} s; such a call would not run either.`;
  if (seconds === null) when = `Do not call it ${again} until you are told that it is back.`;
  else if (denial.probing) when = `Another call is testing it now: try again in about ${seconds} s.`;
  if (denial.alternatives.length > 0)
    return `${when} Instead, you can use: ${denial.alternatives.join(', ')}.`;
  return `${when} Continue with work that does not need it, or say that you have to wait.`;
}

const secondsOf = ({ retryAfterMs }: Denial): number | null =>
  retryAfterMs === null ? null : Math.ceil(retryAfterMs / 1000);

/** The text of the answer alone. It is much cheaper to make than the whole answer, and every thrown refusal carries it. */
export function textOf(denial: Denial, instruction = instructionOf(denial, secondsOf(denial))): string {
  if (denial.loop !== undefined) return refusalWords(denial.loop);
  const { lastErrorCategory: category } = denial;
  const cause =
    category === null || denial.kind === 'withheld' ? '' : ` (${errorCategories[category].label})`;
  const why =
    denial.kind === 'unreachable' && category === 'serviceUnavailable'
      ? 'reported that it was unavailable in its most recent calls'
      : causes[denial.kind];
  const target = denial.key === null || denial.upstream !== null ? '' : ` (for ${denial.key})`;
  const what = denial.upstream === null ? 'it' : `"${denial.upstream}", which it depends on,`;
  return `The call did not run. The tool "${denial.tool}"${target} is unavailable: ${what} ${why}${cause}. ${instruction}`;
}

/** Words a denial so that a model can act on it: what happened, why, and when to try again. It states nothing unproven. */
export function toModel(denial: Denial): ModelAnswer {
  const seconds = secondsOf(denial);
  const instruction = instructionOf(denial, seconds);
  return {
    text: textOf(denial, instruction),
    data: {
      error: denial.loop === undefined ? 'tool_unavailable' : 'call_repeated',
      tool: denial.tool,
      ...(denial.key !== null && { key: denial.key }),
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
