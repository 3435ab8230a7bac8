import type { CallSplit } from './history/call-bins.ts';
import type { KnownActor } from './known-actor.ts';
import type { FactsNews } from './protocol.ts';

/** The period of the figures, in ms. */
const periodMs = 5 * 60_000;

const noCalls: CallSplit = { success: 0, failure: 0, ignored: 0, cancelled: 0, refused: 0 };

/** The share of failures among the calls that say something about the tool. */
const errorShare = ({ success, failure }: CallSplit): number | null =>
  success + failure === 0 ? null : failure / (success + failure);

/** What a person wants to know of a tool, now. */
export function toolFacts(actor: KnownActor, now: number): FactsNews {
  const split = actor.calls?.between(now - periodMs, now, now) ?? noCalls;
  const calls = split.success + split.failure + split.ignored + split.cancelled + split.refused;
  return {
    kind: 'tool',
    upstream: null,
    perMinute: calls / (periodMs / 60_000),
    split,
    errorShare: errorShare(split),
    latency: null,
    error: actor.lastError,
    isObserving: false,
    wouldBe: actor.state,
    spared: actor.spared,
    ...actor.source.factsOf?.(actor),
  };
}
