/** The clock that a registry measures time with. */
export interface Clock {
  /** Milliseconds since any fixed moment. It may jump in either direction; the registry adds up its forward steps. */
  now(): number;
  /**
   * Calls `fn` once after `ms` milliseconds, which are at most 2^31 - 1, the longest delay of a host timer.
   *
   * @param keepAlive Whether the timer keeps the process alive. The time limit of an awaited call does; a backoff does not.
   * Default false.
   * @returns A handle for `clearTimeout`.
   */
  setTimeout(fn: () => void, ms: number, keepAlive?: boolean): unknown;
  /** Cancels a timer. It must accept the handle of a timer that has fired or was cancelled before. */
  clearTimeout(handle: unknown): void;
  /** The wall-clock time, in ms since 1970, for `persist`, `restore`, `retryAt` and HTTP dates. Default: `Date.now`. */
  wallNow?(): number;
}

/** The host's clock. It is monotonic, so changes to the wall clock do not affect it. */
const hostClock: Required<Clock> = {
  now: () => performance.now(),
  setTimeout(fn, ms, keepAlive = false) {
    const timer = setTimeout(fn, Math.ceil(ms));
    // In a browser the handle is a number, and there is nothing to unref.
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
 * Replaces the host's clock for every registry without its own clock, on behalf of `toolfuse/testing`.
 *
 * @returns A function that brings the host's clock back.
 */
export function replaceSystemClock(clock: Required<Clock>): () => void {
  current = clock;
  return () => {
    if (current === clock) current = hostClock;
  };
}

/** A timer of a replacement clock, which may have been replaced again when the timer is cleared. */
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
