import type { TimerNews } from '../protocol.ts';
import { beat } from './store.ts';
import { clock, span } from './words.ts';

/** How wide a track is at most, in px. */
const trackPx = 150;

/** The remaining time of a timer, counting down, and by the clock when it ends. */
export function Countdown({
  timer,
  hasClock = false,
}: {
  timer: Pick<TimerNews, 'dueAt' | 'delayMs'>;
  hasClock?: boolean;
}) {
  const leftMs = Math.max(0, timer.dueAt - beat.value);
  // In steps of a pixel, so that what looks the same is not drawn anew.
  const share = timer.delayMs === 0 ? 0 : Math.round(Math.min(1, leftMs / timer.delayMs) * trackPx) / trackPx;
  return (
    <span class="countdown" role="timer" aria-label={`${span(leftMs)} left of ${span(timer.delayMs)}`}>
      {hasClock && <span class="due">{clock(timer.dueAt)}</span>}
      <span class={hasClock ? 'left quiet' : 'left'}>{span(leftMs)}</span>
      <svg class="track" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="rail" width="100" height="4" rx="2" />
        <rect class="run" width={100 * share} height="4" rx="2" />
      </svg>
    </span>
  );
}

/** The timer that is due first. */
export const nextTimer = (timers: readonly TimerNews[]): TimerNews | undefined =>
  timers.reduce<TimerNews | undefined>(
    (first, timer) => (first === undefined || timer.dueAt < first.dueAt ? timer : first),
    undefined,
  );
