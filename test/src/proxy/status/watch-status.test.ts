import { describe, expect, it } from 'vitest';
import { watchStatus } from '../../../../src/proxy/status/watch-status.ts';

/** Watches until it has asked so often. @returns What was written, and how long it waited in between, in ms. */
async function watched(isTTY: boolean, times: number): Promise<{ written: string[]; waited: number[] }> {
  const written: string[] = [];
  const waited: number[] = [];
  const over = new AbortController();
  await watchStatus(
    { isTTY, write: (text: string) => written.push(text) },
    {
      ask: async () => [],
      wait: async (ms) => {
        if (waited.push(ms) === times) over.abort();
      },
      signal: over.signal,
    },
  );
  return { written, waited };
}

describe('watching the status', () => {
  it('draws it again each second in a terminal, from the top', async () => {
    const { written, waited } = await watched(true, 3);
    expect(waited).toEqual([1_000, 1_000, 1_000]);
    expect(written).toHaveLength(3);
    expect(written[0]?.startsWith('\u001b[H\u001b[2Jtoolfuse ')).toBe(true);
    expect(written[2]).toContain('No toolfuse proxy of yours is running.');
  });

  it('writes only what has changed anywhere else', async () => {
    const { written } = await watched(false, 3);
    expect(written).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d\nNo toolfuse proxy of yours is running.\n$/),
    ]);
  });
});
