/** What a registry measures time with. */
export interface Clock {
  /** Milliseconds since any fixed moment. It may jump in either direction; the registry adds up its forward steps. */
  now(): number;
  /**
   * Calls `fn` after `ms` milliseconds. It is never asked for more than 2^31 - 1, the longest that a host's timer can wait.
   *
   * @param keepAlive Whether the timer keeps the process alive. The time limit of a call that somebody awaits does; a backoff,
   * which nobody awaits, does not. Default false.
   */
  setTimeout(fn: () => void, ms: number, keepAlive?: boolean): unknown;
  clearTimeout(handle: unknown): void;
  /** The time of day, in ms since 1970, for `persist`, `restore`, `retryAt` and HTTP dates. Default: `Date.now`. */
  wallNow?(): number;
}

/** The host's own time: monotonic, so that changes of the wall clock change nothing. */
const hostClock: Required<Clock> = {
  now: () => performance.now(),
  setTimeout(fn, ms, keepAlive = false) {
    const timer = setTimeout(fn, Math.ceil(ms));
    // Browsers hand out numbers, which keep nothing alive.
    if (!keepAlive) (timer as { unref?: () => void }).unref?.();
    return timer;
  },
  clearTimeout(timer) {
    clearTimeout(timer as ReturnType<typeof setTimeout>);
  },
  wallNow: () => Date.now(),
};

let current: Required<Clock> = hostClock;

/**
 * Puts another clock in the place of the host's, for every registry that was given none: for `toolfuse/testing`.
 *
 * @returns What puts the host's back.
 */
export function replaceSystemClock(clock: Required<Clock>): () => void {
  current = clock;
  return () => {
    if (current === clock) current = hostClock;
  };
}

/** A timer of a clock that is not the host's. Another one may be in place when the timer is cleared. */
class ForeignTimer {
  readonly clear: () => void;

  constructor(clock: Clock, handle: unknown) {
    this.clear = () => clock.clearTimeout(handle);
  }
}

/** The default clock of a registry. */
export const systemClock: Required<Clock> = {
  now: () => current.now(),
  setTimeout(fn, ms, keepAlive) {
    const handle = current.setTimeout(fn, ms, keepAlive);
    return current === hostClock ? handle : new ForeignTimer(current, handle);
  },
  clearTimeout(timer) {
    if (timer instanceof ForeignTimer) timer.clear();
    else hostClock.clearTimeout(timer);
  },
  wallNow: () => current.wallNow(),
};
