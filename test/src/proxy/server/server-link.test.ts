import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServerCircuits } from '../../../../src/proxy/session/server-circuits.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';
import {
  agreed,
  call,
  circuitsFor,
  initialize,
  result,
  type ScriptedServer,
  start,
  startInitialized,
} from '../support/scripted-session.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const state = ({ registry }: ServerCircuits): string => registry.state('server:test');
/** The server agrees to what it was asked last. */
const agree = (run: ScriptedServer): void =>
  run.says({ jsonrpc: '2.0', id: run.last().id as string, result: agreed.result });
/** Makes a run slow to end. @returns a function that lets it end. */
function stubborn(run: ScriptedServer): () => void {
  let end = (): void => {};
  run.close = (how) => {
    run.closed = how;
    return new Promise((resolve) => {
      end = resolve;
    });
  };
  return () => end();
}

describe('a server whose circuit was open when an earlier proxy ended', () => {
  it('may take as long to start as any other', async () => {
    const before = circuitsFor({});
    before.registry.recordFailure('server:test', 'network');
    const circuits = new ServerCircuits({
      server: 'server:test',
      circuit: { minBackoffMs: 1_000 },
      tools: {},
      serverCircuit: { failureThreshold: 1, probeTimeoutMs: 40_000 },
      restore: before.registry.persist(),
    });
    const { says, run, runs, told } = start({ circuits });
    says(initialize);
    await vi.advanceTimersByTimeAsync(8_000);
    expect([state(circuits), runs.length, told]).toEqual(['halfOpen', 1, []]);
    run().says(agreed);
    await vi.advanceTimersByTimeAsync(0);
    expect([state(circuits), told]).toEqual(['closed', [agreed]]);
    circuits.stop();
  });
});

describe('a server that is started again', () => {
  it('before there was a session need not answer a ping, if it agrees on a session', async () => {
    const { says, run, runs, circuits, told } = start();
    run().events.onEnd({ why: 'it exited with code 1' });
    await vi.advanceTimersByTimeAsync(1_000);
    says(initialize);
    run().says(agreed);
    await vi.advanceTimersByTimeAsync(0);
    expect(state(circuits)).toBe('closed');
    await vi.advanceTimersByTimeAsync(40_000);
    expect([runs.length, run().closed, told]).toEqual([2, undefined, [agreed]]);
  });

  it('and ends right after its answer does not count as running', async () => {
    const { says, run, runs, circuits, told, logged } = startInitialized();
    run().events.onEnd({ why: 'it exited with code 1' });
    await vi.advanceTimersByTimeAsync(1_000);
    agree(run());
    run().events.onEnd({ why: 'it exited with code 0' });
    await vi.advanceTimersByTimeAsync(0);
    expect(state(circuits)).toBe('open');
    expect(logged.map(({ event }) => event)).not.toContain('server.restored');
    says({ jsonrpc: '2.0', id: 7, method: 'prompts/list' });
    expect(told).toMatchObject([{ id: 7, error: { code: -32_000 } }]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(runs).toHaveLength(3);
  });

  it('and turns out to have forgotten the session at a ping is given a new one', async () => {
    const { says, run, runs, circuits } = startInitialized();
    circuits.registry.recordFailure('server:test', 'network');
    await vi.advanceTimersByTimeAsync(1_000);
    const { events, last } = { events: run().events, last: run().last() };
    events.onUndelivered(Message.of(last as never), Object.assign(new Error('HTTP 404'), { status: 404 }));
    events.onEnd({ why: 'it has forgotten the session (HTTP 404)', isReplaced: true });
    await vi.advanceTimersByTimeAsync(0);
    expect(runs).toHaveLength(2);
    agree(run());
    await vi.advanceTimersByTimeAsync(0);
    says(call(1));
    expect(run().last()).toMatchObject({ id: 1 });
  });

  it('and forgets every session at once is not asked for new ones without end', async () => {
    const all = startInitialized({ serverCircuit: { failureThreshold: 3 } });
    const { says, run, runs, circuits } = all;
    const forget = async (): Promise<void> => {
      run().events.onEnd({ why: 'it has forgotten the session (HTTP 404)', isReplaced: true });
      await vi.advanceTimersByTimeAsync(0);
    };
    await forget();
    expect(runs).toHaveLength(2);
    // The new one is given no chance to serve anybody.
    agree(run());
    await vi.advanceTimersByTimeAsync(0);
    await forget();
    expect(runs).toHaveLength(2);
    expect(circuits.registry.diagnostics('server:test').failureCount).toBe(1);
    // Each request that needs it starts another try, until its circuit opens.
    for (const id of [1, 2]) {
      says(call(id));
      agree(run());
      await vi.advanceTimersByTimeAsync(0);
      await forget();
    }
    expect(state(circuits)).toBe('open');
    expect(runs).toHaveLength(4);
  });

  it('never runs twice at a time', async () => {
    const { says, run, runs } = startInitialized({ serverCircuit: { failureThreshold: 3 } });
    const end = stubborn(run());
    run().isFull = true;
    says(call(1));
    // It accepts nothing more, and answers no ping.
    await vi.advanceTimersByTimeAsync(15_000);
    expect(run().closed).toBe('now');
    says(call(2));
    await vi.advanceTimersByTimeAsync(100);
    expect(runs).toHaveLength(1);
    end();
    await vi.advanceTimersByTimeAsync(0);
    expect(runs).toHaveLength(2);
  });
});

describe('a session that is over', () => {
  it('says nothing against the server in doubt', async () => {
    const { says, session, circuits } = startInitialized();
    says(call(1));
    await vi.advanceTimersByTimeAsync(11_000);
    await session.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(state(circuits)).toBe('closed');
  });

  it('says nothing for the server of the next one in its place', async () => {
    const circuits = circuitsFor({ maxSessions: 1 });
    const [one, two] = [startInitialized({ circuits }), () => startInitialized({ circuits })];
    one.says({ jsonrpc: '2.0', id: 5, method: 'resources/read', params: { uri: 'a:b' } });
    const end = stubborn(one.run());
    const closing = one.session.close();
    two().run().events.onEnd({ why: 'it exited with code 1' });
    one.run().says(result(5));
    expect(one.told).toEqual([result(5)]);
    expect(state(circuits)).toBe('open');
    end();
    await closing;
  });

  it('says nothing against the server of the next one in its place', async () => {
    const circuits = circuitsFor({ maxSessions: 1, serverCircuit: { failureThreshold: 2 } });
    const one = startInitialized({ circuits });
    one.run().events.onEnd({ why: 'it exited with code 1' });
    one.says(call(1));
    expect(one.runs).toHaveLength(2);
    const end = stubborn(one.run());
    const closing = one.session.close();
    startInitialized({ circuits });
    end();
    await closing;
    await vi.advanceTimersByTimeAsync(0);
    expect(circuits.registry.diagnostics('server:test').failureCount).toBe(0);
  });
});

it('a tool that is called as a circuit of the server is the server’s to answer', () => {
  const { says, run, told } = startInitialized();
  for (const id of [1, 2, 3]) says(call(id, 'server:test'));
  expect(run().heard.map(({ id }) => id)).toEqual([1, 2, 3]);
  run().says({ jsonrpc: '2.0', id: 1, error: { code: -32_602, message: 'Tool server:test not found' } });
  expect(told).toHaveLength(1);
});
