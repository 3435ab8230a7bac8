import type { Clock } from '../time/clock.ts';

/**
 * Waits for a promise that never rejects, but no longer than some time.
 *
 * @param keepAlive Whether the wait keeps the process alive. Default false.
 * @returns Undefined if the time was over first.
 */
export function within<Result>(
  clock: Required<Clock>,
  ms: number,
  promise: Promise<Result>,
  keepAlive = false,
): Promise<Result | undefined> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => resolve(undefined), ms, keepAlive);
    void promise.then((result) => {
      clock.clearTimeout(timer);
      resolve(result);
    });
  });
}
