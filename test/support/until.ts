import { setTimeout as delay } from 'node:timers/promises';
import { hungMs } from './hung.ts';

/** Waits until something is so. Unlike `expect.poll` and `vi.waitFor`, it does not move fake timers on meanwhile. */
export async function until(isSo: () => boolean): Promise<void> {
  const givesUpAt = Date.now() + hungMs;
  while (!isSo()) {
    if (Date.now() > givesUpAt) throw new Error(`after ${hungMs} ms it is still not so: ${isSo}`);
    await delay(5);
  }
}
