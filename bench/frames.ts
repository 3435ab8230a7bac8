import type { Page } from 'playwright-core';

/** The frames that a page has drawn in a while. */
export interface Frames {
  readonly perSecond: number;
  /** The longest time between two frames, in ms. */
  readonly longestMs: number;
  /** The share of the frames that took longer than 50 ms, from 0 to 1. */
  readonly slowShare: number;
}

/**
 * Counts the frames that a page draws in a while.
 *
 * @param scroll Scrolls the board to its end and back meanwhile, a step each frame.
 */
export const countFrames = (page: Page, ms: number, scroll = false): Promise<Frames> =>
  page.evaluate(
    async ([span, isScrolled]) => {
      const port = document.querySelector('.port');
      // Read once: to ask for it in each frame would make the page lay itself out once more.
      const end = port === null ? 0 : port.scrollHeight - port.clientHeight;
      const startedAt = performance.now();
      let last = startedAt;
      let frames = 0;
      let slow = 0;
      let longestMs = 0;
      while (performance.now() - startedAt < span) {
        const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
        longestMs = Math.max(longestMs, now - last);
        if (now - last > 50) slow += 1;
        last = now;
        frames += 1;
        if (port === null || !isScrolled) continue;
        const way = Math.min(1, (performance.now() - startedAt) / span);
        port.scrollTop = end * (1 - Math.abs(1 - 2 * way));
      }
      return { perSecond: (frames * 1_000) / span, longestMs, slowShare: slow / frames };
    },
    [ms, scroll] as const,
  );
