import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { call, result, startInitialized } from '../support/scripted-session.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const asks = (id: number, method = 'elicitation/create') => ({ jsonrpc: '2.0', id, method, params: {} });

describe('time that a call waits for the client', () => {
  it.each(['elicitation/create', 'sampling/createMessage', 'roots/list'])(
    'is not the time of its tool, where the server asks for %s',
    async (method) => {
      const { says, run, told } = startInitialized();
      says(call(1));
      await vi.advanceTimersByTimeAsync(6_000);
      run().says(asks(7, method));
      await vi.advanceTimersByTimeAsync(3_600_000);
      says({ jsonrpc: '2.0', id: 7, result: { action: 'accept' } });
      await vi.advanceTimersByTimeAsync(3_999);
      expect(told.map(({ id }) => id)).toEqual([7]);
      await vi.advanceTimersByTimeAsync(1);
      expect(told.at(-1)).toMatchObject({ id: 1, result: { isError: true } });
    },
  );

  it('counts for none of several calls, whenever each of them began', async () => {
    const { says, run, told } = startInitialized();
    says(call(1));
    await vi.advanceTimersByTimeAsync(5_000);
    run().says(asks(7));
    await vi.advanceTimersByTimeAsync(20_000);
    says(call(2));
    await vi.advanceTimersByTimeAsync(20_000);
    says({ jsonrpc: '2.0', id: 7, result: {} });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told.map(({ id }) => id)).toEqual([7, 1]);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(told).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(told.map(({ id }) => id)).toEqual([7, 1, 2]);
  });

  it('lasts until the last of several questions is answered', async () => {
    const { says, run, told } = startInitialized();
    says(call(1));
    run().says([asks(7), asks(8)]);
    says({ jsonrpc: '2.0', id: 7, result: {} });
    await vi.advanceTimersByTimeAsync(60_000);
    says({ jsonrpc: '2.0', id: 8, result: {} });
    run().says(result(1));
    expect(told.at(-1)).toEqual(result(1));
  });

  it('ends when the server cancels its question, or is lost', async () => {
    const { says, run, told } = startInitialized();
    says(call(1));
    run().says(asks(7));
    await vi.advanceTimersByTimeAsync(60_000);
    run().says({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told.at(-1)).toMatchObject({ id: 1, result: { isError: true } });
  });

  it('does not begin with a ping of the server, which no person answers', async () => {
    const { says, run, told } = startInitialized();
    says(call(1));
    run().says(asks(7, 'ping'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told.at(-1)).toMatchObject({ id: 1, result: { isError: true } });
    says({ jsonrpc: '2.0', id: 7, result: {} });
    expect(run().heard).toContainEqual({ jsonrpc: '2.0', id: 7, result: {} });
  });
});

describe('a client that sends nothing more', () => {
  it('has its calls answered before its session is over', async () => {
    const { says, run, told, session } = startInitialized();
    says(call(1));
    let isFinished = false;
    const finishing = session.finish().then(() => {
      isFinished = true;
    });
    await vi.advanceTimersByTimeAsync(4_000);
    expect([isFinished, run().closed]).toEqual([false, undefined]);
    run().says(result(1));
    await finishing;
    expect(told).toEqual([result(1)]);
  });

  it('is not waited for without end, and still gets an answer', async () => {
    const { says, told, session } = startInitialized({ timeoutMs: () => 300_000 });
    says(call(1));
    const ended = session.finish().then(() => session.close());
    await vi.advanceTimersByTimeAsync(30_000);
    await ended;
    expect(told).toMatchObject([
      { id: 1, result: { isError: true, _meta: { 'toolfuse/failure': { error: 'no_answer' } } } },
    ]);
  });

  it('answers nothing more, and the server is told so', async () => {
    const { says, run, session, told } = startInitialized();
    says(call(1));
    run().says(asks(7));
    void session.finish();
    run().says(asks(8));
    run().says(asks(9, 'ping'));
    expect(run().heard.slice(1)).toMatchObject([
      { id: 7, error: { message: expect.stringMatching(/closed its side/) } },
      { id: 8, error: {} },
      { id: 9, result: {} },
    ]);
    expect(told.map(({ id }) => id)).toEqual([7]);
    run().says(result(1));
  });
});
