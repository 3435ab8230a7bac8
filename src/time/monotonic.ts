import { maxTimerMs } from '../../machines/backoff.ts';
import type { Clock } from './clock.ts';

/** A larger step, in ms, may be a wrong reading, or the return from one. */
const doubtfulStepMs = 3_600_000;

/** A reading of the given clock, and the instant that it stands for. */
interface Reading {
  reading: number;
  instant: number;
}

/** A wait longer than a host timer can be, made of several timers in a row. */
class LongWait {
  handle: unknown;
}

/**
 * Makes a user's clock safe for circuits. It adds up the clock's forward steps, so that it never goes backwards and never stands
 * still, even if the given clock is set back or fake timers start over. Errors of the given clock go no further; if it cannot
 * set a timer, the next request still ends a backoff that has run out.
 *
 * @throws RangeError if the clock does not return a finite number.
 */
export function monotonic(clock: Clock): Required<Clock> {
  const first = clock.now();
  if (!Number.isFinite(first)) throw new RangeError(`clock.now() must return a finite number, got ${first}`);
  // Fields rather than variables: V8 allocates an object for each number that is assigned to a captured variable.
  const latest: Reading = { reading: first, instant: first };
  /** The last reading before the clock went back, until it has come that far again. */
  let beforeStepBack: Reading | undefined;

  const stepBack = (reading: number): void => {
    beforeStepBack ??= { ...latest };
    latest.reading = reading;
  };

  const stepForward = (reading: number): void => {
    const before = beforeStepBack;
    const hasReturned =
      before !== undefined && reading >= before.reading && before.reading - latest.reading > doubtfulStepMs;
    if (before !== undefined && reading >= before.reading) beforeStepBack = undefined;
    // A clock that was far behind and then returned to where it would have been was wrong in between.
    latest.instant = hasReturned
      ? Math.max(latest.instant, before.instant + reading - before.reading)
      : latest.instant + reading - latest.reading;
    latest.reading = reading;
  };

  const read = (): number => {
    try {
      const reading = clock.now();
      return Number.isFinite(reading) ? reading : latest.reading;
    } catch {
      return latest.reading;
    }
  };

  const setTimer = (fn: () => void, ms: number, keepAlive: boolean | undefined): unknown => {
    try {
      return clock.setTimeout(fn, ms, keepAlive);
    } catch {
      return undefined;
    }
  };

  return {
    now() {
      let reading = read();
      // A single far reading may be wrong, so the clock is read again.
      if (reading - latest.reading > doubtfulStepMs) reading = Math.min(reading, read());
      if (reading > latest.reading) stepForward(reading);
      else if (reading < latest.reading) stepBack(reading);
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
    setTimeout(fn, ms, keepAlive) {
      if (ms <= maxTimerMs) return setTimer(fn, ms, keepAlive);
      const wait = new LongWait();
      const goOn = (leftMs: number): void => {
        const partMs = Math.min(leftMs, maxTimerMs);
        const next = partMs < leftMs ? () => goOn(leftMs - partMs) : fn;
        wait.handle = setTimer(next, partMs, keepAlive);
      };
      goOn(ms);
      return wait;
    },
    clearTimeout(timer) {
      try {
        clock.clearTimeout(timer instanceof LongWait ? timer.handle : timer);
      } catch {
        // If the timer fires after all, the circuit is in another state and ignores it.
      }
    },
  };
}
