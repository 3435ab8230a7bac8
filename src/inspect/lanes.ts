import type { KnownActor } from './known-actor.ts';
import type { LaneNews } from './protocol.ts';

interface Wanted {
  /** How far back, in ms. */
  readonly spanMs: number;
  /** In about how many parts the calls are to be counted. */
  readonly parts: number;
}

/** The last hours of one actor: its states, and the calls of its tool. */
export function laneOf(
  { id, spans, calls, goneAt }: KnownActor,
  { spanMs, parts }: Wanted,
  now: number,
): LaneNews {
  const from = now - spanMs;
  return {
    id,
    // Of an app that has disconnected, nothing is known since then.
    spans: spans.between(from, goneAt ?? now),
    calls: calls?.parts(from, now, parts, now) ?? [],
  };
}
