import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { call, result, startInitialized } from '../support/scripted-session.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** How clients say that they give up a call. Nobody can list all of these. */
const reasons = [
  undefined,
  'context deadline exceeded',
  'AbortError: This operation was aborted',
  'The user has lost patience',
];

const cancelled = (requestId: number, reason?: string) => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId, reason },
});

describe('a server that has said nothing since it was asked', () => {
  it.each(reasons)('and answers no ping hangs, if the client gives up with the reason %j', async (reason) => {
    const { says, runs, circuits } = startInitialized();
    says(call(1));
    await vi.advanceTimersByTimeAsync(9_000);
    says(cancelled(1, reason));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(circuits.registry.openCircuits()).toEqual(['server:test']);
    // After the backoff it is pinged once more, and replaced.
    await vi.advanceTimersByTimeAsync(1_000 + 5_000);
    expect(runs).toHaveLength(2);
  });

  it('is busy for all that anybody knows, if that is not long ago', async () => {
    const { says, run, circuits } = startInitialized();
    says(call(1));
    await vi.advanceTimersByTimeAsync(1_000);
    says(cancelled(1));
    await vi.advanceTimersByTimeAsync(8_000);
    expect(run().heard.filter(({ method }) => method === 'ping')).toHaveLength(2);
    // It has finished what it was busy with.
    run().says(result(1));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(circuits.registry.openCircuits()).toEqual([]);
  });

  it('hangs if it goes on like that', async () => {
    const { says, circuits } = startInitialized();
    says(call(1));
    await vi.advanceTimersByTimeAsync(1_000);
    says(cancelled(1));
    await vi.advanceTimersByTimeAsync(11_500);
    expect(circuits.registry.openCircuits()).toEqual(['server:test']);
  });

  it('is fine if it answers the ping, and so is its tool', async () => {
    const { says, run, circuits } = startInitialized();
    says(call(1));
    says(cancelled(1));
    await vi.advanceTimersByTimeAsync(0);
    run().says({ jsonrpc: '2.0', id: run().last().id as string, result: {} });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(run().heard.filter(({ method }) => method === 'ping')).toHaveLength(1);
    expect(circuits.registry.openCircuits()).toEqual([]);
    expect(circuits.registry.metrics().failures).toEqual({ cancelled: 1 });
  });
});

it('a server that has said anything since it was asked is not asked whether it lives', async () => {
  const { says, run } = startInitialized();
  says(call(1));
  await vi.advanceTimersByTimeAsync(1_000);
  run().says({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info' } });
  says(cancelled(1));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(run().heard.filter(({ method }) => method === 'ping')).toEqual([]);
});
