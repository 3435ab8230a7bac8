import type { Actor } from './feed.ts';
import { reasonOf } from './reason.ts';
import { goneSince } from './store.ts';
import { clock } from './words.ts';

/** Whether the app of an actor is no longer connected. */
export const isGone = (actor: Actor): boolean => goneSince(actor) !== null;

function goneWords(actor: Actor): string | null {
  const since = goneSince(actor);
  if (since === null) return null;
  return since === 'unknown' ? 'not connected' : `gone since ${clock(since)}`;
}

/** Why a tool is as it is, or that it is gone. */
export const reasonWords = (actor: Actor): string | null =>
  goneWords(actor) ?? reasonOf(actor)?.words ?? null;

/** The same as a line. */
export function Reason({ actor }: { actor: Actor }) {
  const words = reasonWords(actor);
  if (words === null) return null;
  return (
    <span class={reasonOf(actor)?.isBad && !isGone(actor) ? 'reason bad-reason' : 'reason'} title={words}>
      {words}
    </span>
  );
}
