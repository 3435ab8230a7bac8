import type { Clock } from './clock.ts';

/**
 * A user's clock, made safe to run a circuit by: it never goes back, and a fault of its own stays its own. Where
 * it cannot set a timer, a request still ends a backoff that has run out.
 */
export function monotonic(clock: Clock): Required<Clock> {
  // A field rather than a variable: V8 makes an object of each number that a variable shared by functions is given.
  const latest = { instant: clock.now() };
  if (!Number.isFinite(latest.instant)) {
    throw new RangeError(`clock.now() must give a finite number, got ${latest.instant}`);
  }
  return {
    now() {
      try {
        const now = clock.now();
        if (now > latest.instant && now < Infinity) latest.instant = now;
      } catch {
        // The last instant known is the best there is.
      }
      return latest.instant;
    },
    wallNow() {
      try {
        const now = clock.wallNow?.();
        if (Number.isFinite(now)) return now as number;
      } catch {
        // The host knows the time of day as well.
      }
      return Date.now();
    },
    setTimeout(fn, ms) {
      try {
        return clock.setTimeout(fn, ms);
      } catch {
        return undefined;
      }
    },
    clearTimeout(handle) {
      try {
        clock.clearTimeout(handle);
      } catch {
        // The timer will find its state left.
      }
    },
  };
}
