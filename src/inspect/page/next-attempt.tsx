import { Countdown, nextTimer } from './countdown.tsx';
import type { Actor } from './feed.ts';
import { nextAttemptOf } from './reason.ts';

/** When a tool is tried again; nothing for one that is not waiting. */
export function NextAttempt({ actor }: { actor: Actor }) {
  const { state, timers, kind } = actor;
  const next = kind === 'circuit' ? nextAttemptOf(actor) : nextTimer(timers);
  if (next !== undefined) return <Countdown timer={next} hasClock />;
  return state === 'isolated' ? <span class="quiet">when released</span> : null;
}
