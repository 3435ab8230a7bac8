import type { Clock } from './clock.ts';

/**
 * Makes a user's clock safe for circuits: it never goes backwards, and its errors go no further. If it cannot set a timer,
 * the next request still ends a backoff that has run out.
 */
export function monotonic(clock: Clock): Required<Clock> {
  // A field rather than a variable: V8 allocates an object for each number that is assigned to a captured variable.
  const latest = { instant: clock.now() };
  if (!Number.isFinite(latest.instant)) {
    throw new RangeError(`clock.now() must return a finite number, got ${latest.instant}`);
  }
  return {
    now() {
      try {
        const now = clock.now();
        if (now > latest.instant && now < Infinity) latest.instant = now;
      } catch {
        // The last known instant is the best estimate.
      }
      return latest.instant;
    },
    wallNow() {
      try {
        const now = clock.wallNow?.();
        if (Number.isFinite(now)) return now as number;
      } catch {
        // The host's wall clock serves instead.
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
        // If the timer fires after all, the circuit is in another state and ignores it.
      }
    },
  };
}
