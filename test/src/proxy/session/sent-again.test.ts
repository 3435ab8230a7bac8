import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { agreed, call, result, type ScriptedServer, startInitialized } from '../support/scripted-session.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const why = 'it has forgotten the session (HTTP 404)';
const error = Object.assign(new Error('HTTP 404 Not Found'), { status: 404 });

/** A server that has served its client, and then forgets the session with these requests under way. */
function forget(run: ScriptedServer, ...ids: number[]): void {
  const refused = { ids: new Set(ids.map(String)), error };
  run.events.onEnd({ why, isReplaced: true, refused });
}

/** The server agrees to a new session. */
async function agree(run: ScriptedServer): Promise<void> {
  run.says({ ...agreed, id: run.last().id as string });
  await vi.advanceTimersByTimeAsync(0);
}

describe('a call that a server refused since it had forgotten the session', () => {
  it('is sent once more, in the next session, and its answer is the answer', async () => {
    const { says, run, told, circuits } = startInitialized();
    says([call(1), call(2)]);
    forget(run(), 1);
    await vi.advanceTimersByTimeAsync(0);
    // Nobody knows what became of the other one.
    expect(told).toMatchObject([
      { id: 2, result: { _meta: { 'toolfuse/failure': { error: 'no_answer', executed: 'unknown' } } } },
    ]);
    await agree(run());
    expect(run().last()).toEqual(call(1));
    run().says(result(1));
    expect(told.slice(1)).toEqual([result(1)]);
    expect(circuits.registry.openCircuits()).toEqual([]);
  });

  it('is not sent a third time', async () => {
    const { says, run, told } = startInitialized();
    says(call(1));
    forget(run(), 1);
    await vi.advanceTimersByTimeAsync(0);
    await agree(run());
    says({ jsonrpc: '2.0', id: 9, method: 'resources/list' });
    run().says({ jsonrpc: '2.0', id: 9, result: {} });
    forget(run(), 1);
    expect(told.at(-1)).toMatchObject({
      id: 1,
      result: { _meta: { 'toolfuse/failure': { error: 'not_run', executed: false } } },
    });
  });

  it('is not sent if the client has cancelled it meanwhile', async () => {
    const { says, run, told } = startInitialized();
    says(call(1));
    forget(run(), 1);
    await vi.advanceTimersByTimeAsync(0);
    says({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    await agree(run());
    expect(run().heard.map(({ method }) => method)).toEqual(['initialize', 'notifications/initialized']);
    expect(told).toEqual([]);
  });

  it('is told to have not run if there is no other session', async () => {
    const { says, run, told } = startInitialized();
    says(call(1));
    forget(run(), 1);
    await vi.advanceTimersByTimeAsync(0);
    run().events.onEnd({ why: 'it is gone' });
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toMatchObject([
      { id: 1, result: { _meta: { 'toolfuse/failure': { error: 'not_run', executed: false } } } },
    ]);
  });
});
