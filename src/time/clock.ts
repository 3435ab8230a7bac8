import { longestTimerMs } from '../../machines/backoff.ts';

/** What a registry measures time with. */
export interface Clock {
  /** Milliseconds since any fixed moment. It must never go back. */
  now(): number;
  /** Calls `fn` after `ms` milliseconds, however many those are. */
  setTimeout(fn: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
  /** The time of day, in ms since 1970, for `persist`, `restore`, `retryAt` and HTTP dates. Default: `Date.now`. */
  wallNow?(): number;
}

interface Timer {
  handle: ReturnType<typeof setTimeout>;
}

/**
 * The default clock: monotonic, so that changes of the wall clock change nothing. Its timers keep no process
 * alive, and wait as long as they are told.
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout(fn, ms) {
    const dueAt = performance.now() + ms;
    const timer = {} as Timer;
    const wait = (): void => {
      const leftMs = Math.ceil(dueAt - performance.now());
      timer.handle = setTimeout(leftMs > longestTimerMs ? wait : fn, Math.min(leftMs, longestTimerMs));
      // Browsers hand out numbers, which keep nothing alive.
      (timer.handle as { unref?: () => void }).unref?.();
    };
    wait();
    return timer;
  },
  clearTimeout(timer) {
    if (timer !== undefined) clearTimeout((timer as Timer).handle);
  },
};
