import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunStart } from '../../../../src/proxy/server/run-start.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** When a run has come up, in ms from now; with the message of the error if it has not. */
async function comesUp(run: RunStart): Promise<[ms: number, error?: string]> {
  const from = Date.now();
  let seen: [number, string?] | undefined;
  run.comesUp(30_000).then(
    () => {
      seen = [Date.now() - from];
    },
    (error: Error) => {
      seen = [Date.now() - from, error.message];
    },
  );
  await vi.advanceTimersByTimeAsync(60_000);
  if (seen === undefined) throw new Error('it is still waited for');
  return seen;
}

describe('a run that the proxy must not ask', () => {
  it('counts as running once it has stayed up for a second', async () => {
    expect(await comesUp(new RunStart())).toEqual([1_000]);
  });

  it('counts as running at once when it answers the client', async () => {
    const run = new RunStart();
    run.asked();
    setTimeout(() => run.settle(), 400);
    expect(await comesUp(run)).toEqual([400]);
  });

  it('is waited for as long as a start may take while it owes the client an answer', async () => {
    const run = new RunStart();
    run.asked();
    setTimeout(() => run.settle(), 20_000);
    expect(await comesUp(run)).toEqual([20_000]);
  });

  it('has not come up if it leaves the client’s first request unanswered', async () => {
    const run = new RunStart();
    run.asked();
    expect(await comesUp(run)).toEqual([30_000, 'it answered nothing within 30 s']);
  });
});
