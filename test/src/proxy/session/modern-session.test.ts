import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Message } from '../../../../src/proxy/wire/message.ts';
import { discover, discovered, envelope, modern, modernCall, modernResult } from '../support/modern.ts';
import { agreed, initialize, start } from '../support/scripted-session.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A session whose client has asked what the server can do, and goes on in the modern era. */
function startModern(options: Parameters<typeof start>[0] = {}): ReturnType<typeof start> {
  const all = start(options);
  all.says(discover());
  all.run().says(discovered());
  all.told.length = 0;
  all.run().heard.length = 0;
  return all;
}

/** Ends the current run, and waits until another one was started. */
async function restart({ run }: ReturnType<typeof start>): Promise<void> {
  run().events.onEnd({ why: 'it exited with code 1' });
  await vi.advanceTimersByTimeAsync(1_000);
}

/** The run answers whatever the proxy itself has asked it. */
const answersOwn = async ({ run }: ReturnType<typeof start>): Promise<void> => {
  run().says(discovered(run().last().id as string));
  await vi.advanceTimersByTimeAsync(0);
};

describe('an answer of the proxy to a modern client', () => {
  it('is a complete result where a circuit refuses a call', async () => {
    const session = startModern();
    session.circuits.registry.isolate('search');
    session.says(modernCall(1));
    expect(session.told).toMatchObject([
      { id: 1, result: { resultType: 'complete', isError: true, _meta: { 'toolfuse/denial': {} } } },
    ]);
  });

  it('is a complete result where a call has no answer', async () => {
    const session = startModern();
    session.says(modernCall(1));
    session.run().events.onEnd({ why: 'it exited with code 1' });
    expect(session.told).toMatchObject([
      { id: 1, result: { resultType: 'complete', _meta: { 'toolfuse/failure': { error: 'no_answer' } } } },
    ]);
  });

  it('is a complete result where a call takes too long', async () => {
    const session = startModern();
    session.says(modernCall(1));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(session.told).toMatchObject([
      { id: 1, result: { resultType: 'complete', _meta: { 'toolfuse/failure': { error: 'timeout' } } } },
    ]);
    expect(session.run().heard).toContainEqual(
      expect.objectContaining({
        method: 'notifications/cancelled',
        params: expect.objectContaining({ requestId: 1 }),
      }),
    );
  });

  it('says nothing of the kind to a legacy client', () => {
    const session = start();
    session.says(initialize);
    session.run().says(agreed);
    session.circuits.registry.isolate('search');
    session.says({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'search' } });
    expect(session.told.at(-1)).toMatchObject({ id: 1, result: { isError: true } });
    expect(session.told.at(-1)?.result).not.toHaveProperty('resultType');
  });

  it('gives the list of tools as it was told last, while no server runs, and not to be kept', async () => {
    const session = startModern();
    session.says(modern(1, 'tools/list'));
    const list = { tools: [{ name: 'search' }], ttlMs: 60_000, cacheScope: 'public' };
    session.run().says(modernResult(1, list));
    session.run().events.onEnd({ why: 'it exited with code 1' });
    session.told.length = 0;
    session.says(modern(2, 'tools/list'));
    expect(session.told).toMatchObject([
      {
        id: 2,
        result: { resultType: 'complete', tools: [{ name: 'search' }], ttlMs: 0, cacheScope: 'private' },
      },
    ]);
  });

  it('says what the server can do, while none runs, so that no client takes it for a legacy one', () => {
    const session = startModern();
    session.run().events.onEnd({ why: 'it exited with code 1' });
    session.says(discover('again'));
    expect(session.told).toMatchObject([
      { id: 'again', result: { resultType: 'complete', supportedVersions: ['2026-07-28'], ttlMs: 0 } },
    ]);
  });
});

describe('a call that waits for an input', () => {
  const asks = modernResult(1, { resultType: 'input_required', inputRequests: {}, requestState: 'x' });

  it('is neither a success nor a failure of its tool', () => {
    const session = startModern();
    const { registry } = session.circuits;
    session.says(modernCall(9));
    session.run().says(modernResult(9, { isError: true, content: [{ type: 'text', text: 'it broke' }] }));
    session.says(modernCall(1));
    session.run().says(asks);
    expect(session.told.at(-1)).toEqual(asks);
    expect(registry.diagnostics('search')).toMatchObject({ status: 'closed', failureCount: 1 });
    session.says(modernCall(2));
    session.run().says(modernResult(2));
    expect(registry.diagnostics('search').failureCount).toBe(0);
  });

  it('gives the place of a probe to the call that follows it', async () => {
    const session = startModern();
    const { registry } = session.circuits;
    for (const id of [1, 2]) {
      session.says(modernCall(id));
      session.run().says(modernResult(id, { isError: true, content: [{ type: 'text', text: 'it broke' }] }));
    }
    await vi.advanceTimersByTimeAsync(1_000);
    session.says(modernCall(1));
    session.run().says(asks);
    expect(registry.state('search')).toBe('halfOpen');
    session.says(modern(3, 'tools/call', { name: 'search', inputResponses: {}, requestState: 'x' }));
    session.run().says(modernResult(3));
    expect(registry.state('search')).toBe('closed');
  });

  it('shows that a server in doubt is alive', () => {
    const session = startModern({ serverCircuit: { failureThreshold: 2 } });
    session.circuits.registry.recordFailure('server:test', 'network');
    session.says(modernCall(1));
    session.circuits.registry.recordFailure('server:test', 'network');
    expect(session.circuits.registry.state('server:test')).toBe('open');
    session.run().says(asks);
    expect(session.circuits.registry.state('server:test')).toBe('closed');
  });
});

describe('the liveness of a server', () => {
  it('is asked in the words of its modern client', async () => {
    const session = startModern();
    session.says(modernCall(1));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(session.run().last()).toMatchObject({ method: 'server/discover', params: { _meta: envelope } });
    await answersOwn(session);
    expect(session.circuits.registry.state('server:test')).toBe('closed');
    expect(session.told).toHaveLength(1);
  });

  it('is asked so even if the server has never answered anything', async () => {
    const session = start();
    session.says(modernCall(1));
    await vi.advanceTimersByTimeAsync(15_000);
    expect(session.run().heard.at(-1)).toMatchObject({
      method: 'server/discover',
      params: { _meta: envelope },
    });
    expect(session.circuits.registry.state('server:test')).not.toBe('closed');
  });

  it('is asked by a ping in a legacy session, also of a server that was asked for more before', async () => {
    const session = start();
    session.says(discover());
    session
      .run()
      .says({ jsonrpc: '2.0', id: 'probe', error: { code: -32_601, message: 'Method not found' } });
    session.says(initialize);
    session.run().says(agreed);
    session.says({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'search' } });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(session.run().last()).toMatchObject({ method: 'ping' });
  });
});

describe('a new run of the server', () => {
  it('hears first from a modern client’s proxy what the client can do, and then its requests', async () => {
    const session = startModern();
    await restart(session);
    expect(session.runs).toHaveLength(2);
    expect(session.run().heard).toMatchObject([{ method: 'server/discover', params: { _meta: envelope } }]);
    session.says(modern(1, 'prompts/list'));
    expect(session.run().heard).toHaveLength(1);
    await answersOwn(session);
    expect(session.circuits.registry.state('server:test')).toBe('closed');
    session.says(modernCall(2));
    expect(session.run().last()).toMatchObject({ id: 2, method: 'tools/call' });
  });

  it('hears nothing before the client speaks, where nothing was agreed on yet', async () => {
    const session = start();
    session.says(discover());
    // As servers of some SDKs do at anything but `initialize`.
    await restart(session);
    expect(session.told).toMatchObject([{ id: 'probe', error: { code: -32_000 } }]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([session.runs.length, session.run().heard]).toEqual([2, []]);
    expect(session.circuits.registry.state('server:test')).toBe('closed');
    session.says(initialize);
    session.run().says(agreed);
    expect(session.run().heard).toMatchObject([{ method: 'initialize' }]);
    expect(session.told.at(-1)).toEqual(agreed);
  });

  it('begins with `initialize` if the client went back to the legacy era', async () => {
    const session = startModern();
    session.says(initialize);
    session.run().says(agreed);
    await restart(session);
    expect(session.run().heard).toMatchObject([{ method: 'initialize' }]);
  });

  it('is up even if it refuses the question', async () => {
    const session = startModern();
    await restart(session);
    const { id } = session.run().last();
    session
      .run()
      .says({ jsonrpc: '2.0', id, error: { code: -32_022, message: 'Unsupported protocol version' } });
    await vi.advanceTimersByTimeAsync(0);
    session.says(modernCall(2));
    expect(session.run().last()).toMatchObject({ id: 2 });
  });
});

describe('a client that asks which revisions the server speaks', () => {
  /** The server was not reached, or refused the question. */
  const undelivered = (session: ReturnType<typeof start>, error: object): void =>
    session
      .run()
      .events.onUndelivered(Message.of(discover() as never), Object.assign(new Error('no way'), error));

  it.each([{ code: 'ECONNREFUSED' }, { status: 401 }, { status: 403 }, { status: 503 }])(
    'does not go on in the legacy era because of %j',
    (error) => {
      const session = start();
      session.says(discover());
      undelivered(session, error);
      session.says({ ...initialize, id: 1 });
      expect(session.told).toMatchObject([
        {
          id: 'probe',
          // To a client on standard input, any other error would be the word of a legacy server.
          error: { code: -32_022, data: { supported: ['2026-07-28'], requested: '2026-07-28' } },
        },
        { id: 1, error: { message: expect.stringContaining('could not be asked which revisions') } },
      ]);
      session.says(discover());
      session.run().says(discovered());
      session.says({ ...initialize, id: 2 });
      expect(session.run().last()).toMatchObject({ id: 2, method: 'initialize' });
    },
  );

  it.each([{ status: 404 }, { status: 405 }, { status: 400 }])(
    'may do so where a server does not know the question: %j',
    (error) => {
      const session = start();
      session.says(discover());
      undelivered(session, error);
      session.says(initialize);
      expect(session.run().last()).toMatchObject({ method: 'initialize' });
    },
  );
});
