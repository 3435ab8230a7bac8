import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ToolHints } from '../../../../src/proxy/session/tool-hints.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';
import { agreed, call, result, type start, startInitialized } from '../support/scripted-session.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Tools that say what they do, and one that says nothing. */
function hints(): ToolHints {
  const all = new ToolHints();
  all.learn([
    { name: 'read', annotations: { readOnlyHint: true } },
    { name: 'put', annotations: { idempotentHint: true, destructiveHint: true } },
    { name: 'delete', annotations: { destructiveHint: true } },
    { name: 'search' },
    null,
    { name: 5 },
    { name: 'odd', annotations: 'yes' },
  ]);
  return all;
}

const open = (options: Parameters<typeof start>[0] = {}): ReturnType<typeof start> =>
  startInitialized({ hints: hints(), retrySafe: true, ...options });
type Started = ReturnType<typeof start>;

/** The next run agrees to the session, some time after the last one was lost. */
async function comesUp({ run }: Started): Promise<void> {
  await vi.advanceTimersByTimeAsync(1_000);
  run().says({ ...agreed, id: run().last().id });
  await vi.advanceTimersByTimeAsync(0);
}

const lose = ({ run }: Started): void => run().events.onEnd({ why: 'it exited with code 1' });
const heard = ({ run }: Started): unknown[] => run().heard.filter(({ method }) => method === 'tools/call');

describe('a call that was lost with its server', () => {
  it('is sent once more if its tool says that it changes nothing, or the same again', async () => {
    const session = open();
    session.says([call(1, 'read'), call(2, 'put'), call(3, 'search'), call(4, 'delete')]);
    lose(session);
    expect(session.told.map(({ id }) => id)).toEqual([3, 4]);
    await comesUp(session);
    expect(heard(session)).toEqual([call(1, 'read'), call(2, 'put')]);
    session.run().says([result(1), result(2)]);
    expect(session.told.slice(2)).toEqual([result(1), result(2)]);
    expect(session.logged).toContainEqual(
      expect.objectContaining({ event: 'call.sentAgain', tool: 'read', why: 'it exited with code 1' }),
    );
  });

  it('is not sent a third time', async () => {
    const session = open();
    session.says(call(1, 'read'));
    lose(session);
    await comesUp(session);
    lose(session);
    expect(session.told).toMatchObject([
      { id: 1, result: { _meta: { 'toolfuse/failure': { error: 'no_answer', executed: 'unknown' } } } },
    ]);
  });

  it('is answered after a while if no server comes, and not if its client has cancelled it', async () => {
    const session = open({ serverCircuit: { minBackoffMs: 60_000 } });
    session.says([call(1, 'read'), call(2, 'read')]);
    lose(session);
    session.says({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(session.told).toMatchObject([{ id: 1, result: { isError: true } }]);
  });

  it('starts the server where its circuit stays closed', async () => {
    const session = open({ serverCircuit: { failureThreshold: 5 } });
    session.says(call(1, 'read'));
    lose(session);
    await comesUp(session);
    expect(heard(session)).toEqual([call(1, 'read')]);
  });

  it('is not sent again unless that is asked for', async () => {
    const session = open({ retrySafe: false });
    session.says(call(1, 'read'));
    lose(session);
    expect(session.told).toMatchObject([{ id: 1, result: { isError: true } }]);
    await comesUp(session);
    expect(heard(session)).toEqual([]);
  });
});

describe('a call that did not reach its server', () => {
  const message = (id: number): Message => Message.of({ id, method: 'tools/call' });
  const fault = (more: object): Error => Object.assign(new Error('fault'), more);

  it.each([
    ['was never sent', 'search', { wasSent: false, code: 'ECONNREFUSED' }, true],
    ['was turned away for now', 'search', { status: 503 }, true],
    ['may have run', 'search', { code: 'ECONNRESET' }, false],
    ['may have run, and may run twice', 'read', { code: 'ECONNRESET' }, true],
    ['was refused', 'read', { status: 401 }, false],
    ['is unknown', 'read', { status: 404 }, false],
  ])('because it %s (%s)', async (_, tool, error, isSentAgain) => {
    const session = open();
    session.says(call(1, tool));
    session.run().events.onUndelivered(message(1), fault(error));
    await vi.advanceTimersByTimeAsync(500);
    expect(heard(session)).toHaveLength(isSentAgain ? 2 : 1);
    expect(session.told).toHaveLength(isSentAgain ? 0 : 1);
    if (!isSentAgain) return;
    session.run().events.onUndelivered(message(1), fault(error));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(heard(session)).toHaveLength(2);
    expect(session.told).toHaveLength(1);
  });

  it('waits as long as the server asks, but not for long', async () => {
    const session = open();
    session.says([call(1), call(2)]);
    const busy = (seconds: number): Error =>
      fault({ status: 503, headers: { 'retry-after': String(seconds) } });
    session.run().events.onUndelivered(message(1), busy(2));
    session.run().events.onUndelivered(message(2), busy(30));
    expect(session.told.map(({ id }) => id)).toEqual([2]);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(heard(session)).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(heard(session)).toHaveLength(3);
  });
});

describe('the first call after an outage', () => {
  it('is none of a tool that may destroy something: the proxy asks the server first', async () => {
    // The timer of its backoff has not fired, though the backoff is over.
    let now = 0;
    const timers: (() => void)[] = [];
    const clock = {
      now: () => now,
      setTimeout: (fire: () => void) => timers.push(fire),
      clearTimeout: () => {},
    };
    const { ServerCircuits } = await import('../../../../src/proxy/session/server-circuits.ts');
    const circuits = new ServerCircuits({
      server: 'server:test',
      circuit: {},
      tools: {},
      serverCircuit: { failureThreshold: 1, minBackoffMs: 1_000 },
      clock,
    });
    const session = circuits.open(() => Promise.resolve(), { hints: hints() });
    session.serverFailed('it could not be reached');
    expect(session.tryAcquire('delete')).toMatchObject({ admitted: false, reason: 'upstream' });
    now += 1_000;
    expect(session.tryAcquire('delete')).toMatchObject({
      admitted: false,
      reason: 'upstream',
      retryAfterMs: 1_000,
      probing: true,
    });
    // Its place is free for the question of the proxy, which closes the circuit.
    await vi.advanceTimersByTimeAsync(0);
    expect(session.tryAcquire('delete')).toMatchObject({ admitted: true });
    circuits.stop();
  });

  it('is no call at all where the proxy can ask by itself, which costs nothing', async () => {
    const session = open({ serverCircuit: { minBackoffMs: 1_000 } });
    session.circuits.registry.recordFailure('server:test', 'network');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(session.circuits.registry.state('server:test')).toBe('halfOpen');
    expect(session.run().last()).toMatchObject({ method: 'ping' });
  });
});
