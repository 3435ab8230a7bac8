import { maxTimerMs } from '../../machines/backoff.ts';

/** The clock that a registry measures time with. */
export interface Clock {
  /** Milliseconds since any fixed moment. It must never go backwards. */
  now(): number;
  /** Calls `fn` once after `ms` milliseconds; there is no upper limit. @returns A handle for `clearTimeout`. */
  setTimeout(fn: () => void, ms: number): unknown;
  /** Cancels a timer. It must accept the handle of a timer that has fired or was cancelled before. */
  clearTimeout(handle: unknown): void;
  /** The wall-clock time, in ms since 1970, for `persist`, `restore`, `retryAt` and HTTP dates. Default: `Date.now`. */
  wallNow?(): number;
}

interface Timer {
  handle: ReturnType<typeof setTimeout>;
}

/**
 * The default clock. It is monotonic, so changes to the wall clock do not affect it. Its timers do not keep a process alive,
 * and can wait longer than a host timer can (2^31 - 1 ms).
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout(fn, ms) {
    const dueAt = performance.now() + ms;
    const timer = {} as Timer;
    const wait = (): void => {
      const leftMs = Math.ceil(dueAt - performance.now());
      timer.handle = setTimeout(leftMs > maxTimerMs ? wait : fn, Math.min(leftMs, maxTimerMs));
      // In a browser the handle is a number, and there is nothing to unref.
      (timer.handle as { unref?: () => void }).unref?.();
    };
    wait();
    return timer;
  },
  clearTimeout(timer) {
    if (timer !== undefined) clearTimeout((timer as Timer).handle);
  },
};
