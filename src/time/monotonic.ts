import { maxTimerMs } from '../../machines/backoff.ts';
import type { Clock } from './clock.ts';

/** A step of more than this, in ms, may be a wrong reading, or the end of one. */
const doubtfulStepMs = 3_600_000;

/** What the clock read, and which instant that was. */
interface Reading {
  reading: number;
  instant: number;
}

/** A wait that is longer than a host's timer can hold: one timer after the other. */
class LongWait {
  handle: unknown;
}

/**
 * A user's clock, made safe to run a circuit by. It adds up the clock's forward steps, so that it never goes back and never
 * stands still: neither where the given clock is set back, nor where fake timers begin to count anew. A fault of the given
 * clock stays its own; where it cannot set a timer, a request still ends a backoff that has run out.
 *
 * @throws RangeError where the clock gives no finite number.
 */
export function monotonic(clock: Clock): Required<Clock> {
  const first = clock.now();
  if (!Number.isFinite(first)) throw new RangeError(`clock.now() must return a finite number, got ${first}`);
  // Fields rather than variables: V8 makes an object of each number that a variable shared by functions is given.
  const latest: Reading = { reading: first, instant: first };
  /** The last reading before the clock went back. */
  let beforeStepBack: Reading | undefined;

  const stepBack = (reading: number): void => {
    if (beforeStepBack === undefined || beforeStepBack.reading < latest.reading)
      beforeStepBack = { ...latest };
    latest.reading = reading;
  };

  const stepForward = (reading: number): void => {
    const before = beforeStepBack;
    const hasReturned =
      before !== undefined && reading >= before.reading && before.reading - latest.reading > doubtfulStepMs;
    if (before !== undefined && reading >= before.reading) beforeStepBack = undefined;
    // A clock that was far back for a while, and is where it would have been without that, was wrong meanwhile.
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
      // A single wrong reading is not the time.
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
        // The host knows the time of day as well.
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
        // The timer will find its state left.
      }
    },
  };
}
