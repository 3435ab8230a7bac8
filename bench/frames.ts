import type { Page } from 'playwright-core';

/** The frames that a page has drawn in a while. */
export interface Frames {
  readonly count: number;
  readonly perSecond: number;
  /** The longest time between two frames, in ms. */
  readonly longestMs: number;
}

/** How somebody scrolls meanwhile: through all tools and back, or at a pace at which they can be read, in px a second. */
export type Scroll = 'through' | number;

/** Counts the frames that a page draws in a while. */
export const countFrames = (page: Page, ms: number, scroll?: Scroll): Promise<Frames> =>
  page.evaluate(
    async ([span, how]) => {
      const port = document.querySelector('.port');
      // Read once: to ask for it in each frame would make the page lay itself out once more.
      const end = port === null ? 0 : port.scrollHeight - port.clientHeight;
      const startedAt = performance.now();
      let last = startedAt;
      let count = 0;
      let longestMs = 0;
      while (performance.now() - startedAt < span) {
        const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
        longestMs = Math.max(longestMs, now - last);
        last = now;
        count += 1;
        if (port === null || how === null) continue;
        const passedMs = performance.now() - startedAt;
        const way = Math.min(1, passedMs / span);
        port.scrollTop =
          how === 'through' ? end * (1 - Math.abs(1 - 2 * way)) : Math.min(end, (passedMs / 1_000) * how);
      }
      return { count, perSecond: (count * 1_000) / span, longestMs };
    },
    [ms, scroll ?? null] as const,
  );
