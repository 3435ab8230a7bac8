import type { Actor } from './feed.ts';
import { lookOf } from './state-look.ts';
import { factsOf, refusingUpstream } from './upstream.ts';
import { clock, count, percent, phrase } from './words.ts';

/** Why a tool is as it is, in a line; `isBad` if its calls are refused. */
export interface Reason {
  readonly words: string;
  readonly isBad: boolean;
}

/** When a circuit is tried again, by its own timer; undefined if it has none that ends its waiting. */
export const nextAttemptOf = ({
  state,
  timers,
}: Actor): { readonly dueAt: number; readonly delayMs: number } | undefined =>
  state === 'halfOpen'
    ? undefined
    : timers.reduce<Actor['timers'][number] | undefined>(
        (first, timer) => (first === undefined || timer.dueAt < first.dueAt ? timer : first),
        undefined,
      );

/** The last error in a line: `timeout: connect ETIMEDOUT 10.0.0.1:443`. */
function errorWords(actor: Actor): string | null {
  const error = factsOf(actor)?.error;
  if (error == null) return actor.tool?.lastError ? phrase(actor.tool.lastError) : null;
  return error.words === null ? phrase(error.category) : `${phrase(error.category)}: ${error.words}`;
}

const untilWords = (actor: Actor): string => {
  const next = nextAttemptOf(actor);
  return next === undefined ? '' : ` until ${clock(next.dueAt)}`;
};

/** Who isolated a tool, and when. */
export function isolationWords(actor: Actor): string {
  const by = actor.tool?.isolatedBy ?? null;
  return `isolated${by === null ? '' : ` by ${by}`}${actor.since === null ? '' : ` at ${clock(actor.since)}`}${untilWords(actor)}`;
}

const sparedWords = {
  observe: 'it only observes',
  disabled: 'it is disabled',
  cap: 'the cap on open circuits is reached',
} as const;

/** Why a closed circuit did not trip although calls failed; null if there is no reason to ask. */
export function notTrippedWords(actor: Actor): string | null {
  const { tool, state } = actor;
  const facts = factsOf(actor);
  if (tool === null || (state !== 'closed' && state !== 'disabled')) return null;
  if (facts?.isObserving && facts.wouldBe !== 'closed') {
    return `not ${lookOf('circuit', facts.wouldBe).word}: it only observes, and would be ${lookOf('circuit', facts.wouldBe).word}`;
  }
  if (facts?.spared) {
    const { why, what, times, at } = facts.spared;
    const often = times > 1 ? `, ${count(times, 'time')}` : '';
    return `${what === 'trip' ? 'not tripped' : 'not refused'}: ${sparedWords[why]} (${clock(at)}${often})`;
  }
  const { window } = tool;
  if (window !== null && window.failures + window.slow > 0) {
    const { calls, failures, slow, minCalls, failureRate, slowCallRate } = window;
    if (calls < minCalls)
      return `not tripped: ${calls} of the ${minCalls} calls that it takes, ${percent(failures / calls)} failed`;
    const isSlow = slow / calls / slowCallRate > failures / calls / failureRate;
    return isSlow
      ? `not tripped: ${percent(slow / calls)} slow, it trips at ${percent(slowCallRate)}`
      : `not tripped: ${percent(failures / calls)} failed, it trips at ${percent(failureRate)}`;
  }
  return window === null && tool.failures > 0
    ? `not tripped: ${tool.failures} of ${tool.threshold} failures in a row`
    : null;
}

/** The most important thing to say of a tool beside its state. */
export function reasonOf(actor: Actor): Reason | null {
  const { tool, state } = actor;
  if (tool === null) return null;
  const upstream = refusingUpstream(actor);
  if (upstream !== undefined)
    return { words: `refused: ${upstream.name}${untilWords(upstream)}`, isBad: true };
  if (state === 'isolated') return { words: isolationWords(actor), isBad: true };
  const error = errorWords(actor);
  if (state === 'open') return { words: error ?? 'it was too slow', isBad: true };
  if (state === 'halfOpen') {
    const { probesInFlight, maxProbes, probeSuccesses, successThreshold } = tool;
    const probes = `${probesInFlight}${maxProbes === null ? '' : ` of ${maxProbes}`} probing`;
    return {
      words: `${probes}, ${probeSuccesses} of ${successThreshold} successes${error === null ? '' : `; ${error}`}`,
      isBad: false,
    };
  }
  const notTripped = notTrippedWords(actor);
  if (notTripped !== null)
    return { words: error === null ? notTripped : `${notTripped}; ${error}`, isBad: false };
  const last = factsOf(actor)?.error;
  return last == null || error === null
    ? null
    : { words: `last error at ${clock(last.at)}, ${error}`, isBad: false };
}
