import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Line } from '../../../../src/proxy/wire/line.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';
import {
  agreed,
  call,
  circuitsFor,
  failed,
  initialize,
  result,
  type ScriptedServer,
  start,
  startInitialized,
} from '../support/scripted-session.ts';

/** Brings a lost server back: its circuit half-opens, and it is started and initialised again. */
async function revive({ run }: ReturnType<typeof start>): Promise<ScriptedServer> {
  await vi.advanceTimersByTimeAsync(1_000);
  const again = run();
  again.says({ jsonrpc: '2.0', id: again.last().id as string, result: agreed.result });
  await vi.advanceTimersByTimeAsync(0);
  return again;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a message', () => {
  it.each([
    { jsonrpc: '2.0', id: 1, method: 'of/the/future', params: { _meta: { a: 1 } }, more: true },
    { jsonrpc: '2.0', method: 'notifications/of/the/future', params: { a: [1] } },
    call(2),
    { jsonrpc: '2.0', id: 'x', method: 'ping' },
  ])('of the client reaches the server as it is: %j', (message) => {
    const { says, run } = startInitialized();
    says(message);
    expect(run().heard).toEqual([message]);
  });

  it.each([
    { jsonrpc: '2.0', id: 0, method: 'sampling/createMessage', params: {} },
    { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info' } },
    { jsonrpc: '2.0', id: 99, result: { nobody: 'asked' } },
    { jsonrpc: '2.0', id: null, error: { code: -32_700, message: 'what?' } },
  ])('of the server reaches the client as it is: %j', (message) => {
    const { run, told } = startInitialized();
    run().says(message);
    expect(told).toEqual([message]);
  });

  it('in a batch is treated like any other', () => {
    const { says, run, told } = startInitialized();
    says([call(1), { jsonrpc: '2.0', id: 2, method: 'ping' }]);
    run().says([result(1), { jsonrpc: '2.0', id: 2, result: {} }]);
    expect(run().heard.map(({ id }) => id)).toEqual([1, 2]);
    expect(told.map(({ id }) => id)).toEqual([1, 2]);
  });

  it('that is not JSON-RPC is logged, without possible secrets, and goes no further', () => {
    const { run, told, logged } = startInitialized();
    run().says('Listening on port 80');
    run().says('{"result": {"secret": 1');
    expect(told).toEqual([]);
    expect(logged).toMatchObject([
      { event: 'message.garbage', from: 'server', begins: 'Listening on port 80' },
      { event: 'message.garbage', from: 'server', begins: null },
    ]);
  });
});

describe('the circuit of a tool', () => {
  it('opens at failures of the tool, and leaves the other tools of the server alone', () => {
    const { says, run, told, circuits } = startInitialized();
    for (const id of [1, 2]) {
      says(call(id));
      run().says(failed(id));
    }
    says(call(3));
    says(call(4, 'other'));
    expect(circuits.registry.openCircuits()).toEqual(['search']);
    expect(run().heard.map(({ id }) => id)).toEqual([1, 2, 4]);
    expect(told.at(-1)).toMatchObject({
      id: 3,
      result: {
        isError: true,
        content: [{ type: 'text', text: expect.stringMatching(/^The call did not run\./) }],
        _meta: { 'toolfuse/denial': { tool: 'search', reason: 'open', executed: false } },
      },
    });
  });

  it.each([
    ['bad arguments', failed(1, 'MCP error -32602: Input validation error')],
    ['bad arguments, as an error', { jsonrpc: '2.0', id: 1, error: { code: -32_602, message: 'no' } }],
    [
      'a tool that does not exist',
      { jsonrpc: '2.0', id: 1, error: { code: -32_602, message: 'Tool x not found' } },
    ],
  ])('does not open at %s', (_, answer) => {
    const { says, run, circuits, told } = startInitialized();
    for (const id of [1, 2, 3]) {
      says(call(id));
      run().says({ ...answer, id });
    }
    expect(circuits.registry.openCircuits()).toEqual([]);
    expect(told).toHaveLength(3);
  });

  it('does not open at error results if these are to be ignored', () => {
    const { says, run, circuits } = startInitialized({ resultErrors: 'ignore' });
    for (const id of [1, 2, 3]) {
      says(call(id));
      run().says(failed(id));
    }
    expect(circuits.registry.openCircuits()).toEqual([]);
  });

  it('answers a call that asks for a task with an error, since no result would be understood', () => {
    const { says, told, circuits } = startInitialized();
    circuits.registry.isolate('search');
    says(call(1, 'search', { task: { ttl: 1 } }));
    expect(told).toMatchObject([
      {
        id: 1,
        error: { code: -32_000, message: expect.stringMatching(/did not run/), data: { tool: 'search' } },
      },
    ]);
  });

  it('is not changed by a call that the client has cancelled', () => {
    const { says, circuits } = startInitialized();
    for (const id of [1, 2, 3]) {
      says(call(id));
      says({
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId: id, reason: 'the user' },
      });
    }
    expect(circuits.registry.diagnostics('search')).toMatchObject({ status: 'closed', failureCount: 0 });
    expect(circuits.registry.metrics().failures).toEqual({ cancelled: 3 });
  });
});

describe('a call that takes too long', () => {
  it('is answered, cancelled at the server, and its late answer is dropped', async () => {
    const { says, run, told } = startInitialized();
    says(call(1));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told).toMatchObject([
      {
        id: 1,
        result: { isError: true, _meta: { 'toolfuse/failure': { error: 'timeout', executed: 'unknown' } } },
      },
    ]);
    expect(run().heard).toMatchObject([
      { id: 1 },
      { method: 'notifications/cancelled', params: { requestId: 1 } },
      { method: 'ping' },
    ]);
    run().says(result(1));
    expect(told).toHaveLength(1);
  });

  it('counts against the tool if the server answers a ping', async () => {
    const { says, run, circuits, told } = startInitialized();
    for (const id of [1, 2]) {
      says(call(id));
      await vi.advanceTimersByTimeAsync(10_000);
      run().says({ jsonrpc: '2.0', id: run().last().id as string, result: {} });
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(circuits.registry.openCircuits()).toEqual(['search']);
    expect(circuits.registry.metrics()).toMatchObject({ failures: { timeout: 2 }, timeouts: 2 });
    expect(told).toHaveLength(2);
  });

  it('counts against the server if it does not', async () => {
    const { says, circuits } = startInitialized();
    says(call(1));
    await vi.advanceTimersByTimeAsync(10_000 + 4_999);
    expect(circuits.registry.openCircuits()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(circuits.registry.openCircuits()).toEqual(['server:test']);
  });

  it('gets its full time again whenever the server reports progress', async () => {
    const { says, run, told } = startInitialized();
    says(call(1, 'search', { _meta: { progressToken: 'p' } }));
    for (let times = 0; times < 3; times++) {
      await vi.advanceTimersByTimeAsync(9_000);
      run().says({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken: 'p', progress: 1 },
      });
    }
    run().says(result(1));
    expect(told.map(({ method, id }) => method ?? id)).toEqual([
      ...Array(3).fill('notifications/progress'),
      1,
    ]);
  });

  it('is noticed even if the client times out first', async () => {
    const { says, circuits } = startInitialized();
    says({ jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri: 'a:b' } });
    says({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 1, reason: 'McpError: MCP error -32001: Request timed out' },
    });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(circuits.registry.openCircuits()).toEqual(['server:test']);
  });
});

describe('a request other than a call that takes too long', () => {
  const list = { jsonrpc: '2.0', id: 1, method: 'resources/list' };

  it('is waited for as long as the server is alive', async () => {
    const { says, run, told, circuits } = startInitialized();
    says(list);
    for (let time = 0; time < 3; time++) {
      await vi.advanceTimersByTimeAsync(10_000);
      expect(run().last()).toMatchObject({ method: 'ping' });
      run().says({ jsonrpc: '2.0', id: run().last().id as string, result: {} });
    }
    run().says({ jsonrpc: '2.0', id: 1, result: { resources: [] } });
    expect(told).toEqual([{ jsonrpc: '2.0', id: 1, result: { resources: [] } }]);
    expect(circuits.registry.openCircuits()).toEqual([]);
  });

  it('detects a server that hangs, and is answered when that is ended', async () => {
    const { says, runs, told } = startInitialized();
    says(list);
    // Its time, a ping, the wait, and another ping.
    await vi.advanceTimersByTimeAsync(10_000 + 5_000 + 1_000 + 5_000);
    expect(runs).toHaveLength(2);
    expect(told).toMatchObject([{ id: 1, error: { code: -32_000 } }]);
  });
});

describe('a server that is lost', () => {
  it('leaves no request unanswered, in either direction', () => {
    const { says, run, told, circuits } = startInitialized();
    says(call(1));
    says({ jsonrpc: '2.0', id: 'r', method: 'resources/list' });
    run().says({ jsonrpc: '2.0', id: 7, method: 'elicitation/create', params: {} });
    told.length = 0;
    run().events.onEnd({ why: 'it exited with code 1' });
    expect(told).toMatchObject([
      {
        id: 1,
        result: {
          isError: true,
          content: [
            { text: expect.stringMatching(/no answer came \(it exited with code 1\)\. It may have run/) },
          ],
          _meta: { 'toolfuse/failure': { error: 'no_answer', executed: 'unknown' } },
        },
      },
      { id: 'r', error: { code: -32_000 } },
      { method: 'notifications/cancelled', params: { requestId: 7 } },
    ]);
    expect(circuits.registry.openCircuits()).toEqual(['server:test']);
  });

  it('refuses calls, and other requests, until it is started again', () => {
    const { says, run, told } = startInitialized();
    run().events.onEnd({ why: 'it was ended by SIGKILL' });
    says(call(1));
    says({ jsonrpc: '2.0', id: 2, method: 'prompts/list' });
    expect(told).toMatchObject([
      { id: 1, result: { _meta: { 'toolfuse/denial': { reason: 'upstream', kind: 'unreachable' } } } },
      { id: 2, error: { code: -32_000, message: 'The server is not running: it was ended by SIGKILL.' } },
    ]);
  });

  it('has pings answered meanwhile, since its session goes on', () => {
    const { says, run, told } = startInitialized();
    run().events.onEnd({ why: 'it was ended by SIGKILL' });
    says({ jsonrpc: '2.0', id: 'p', method: 'ping' });
    expect(told).toEqual([{ jsonrpc: '2.0', id: 'p', result: {} }]);
  });

  it('is started again with everything that the client had set up in its session', async () => {
    const all = startInitialized();
    const { says, run, runs, told, circuits } = all;
    const level = { jsonrpc: '2.0', id: 1, method: 'logging/setLevel', params: { level: 'debug' } };
    const subscribe = { jsonrpc: '2.0', id: 2, method: 'resources/subscribe', params: { uri: 'a:b' } };
    const other = { jsonrpc: '2.0', id: 3, method: 'resources/subscribe', params: { uri: 'c:d' } };
    const unsubscribe = { jsonrpc: '2.0', id: 4, method: 'resources/unsubscribe', params: { uri: 'c:d' } };
    const refused = { jsonrpc: '2.0', id: 5, method: 'resources/subscribe', params: { uri: 'e:f' } };
    for (const message of [level, subscribe, other, unsubscribe]) {
      says(message);
      run().says({ jsonrpc: '2.0', id: message.id, result: {} });
    }
    says(refused);
    run().says({ jsonrpc: '2.0', id: 5, error: { code: -32_002, message: 'not found' } });
    told.length = 0;
    run().events.onEnd({ why: 'it exited with code 0' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(runs).toHaveLength(2);
    const again = run();
    expect(again.heard).toMatchObject([{ method: 'initialize', params: initialize.params }]);
    // It gets nothing from the client before it is initialised.
    says({ jsonrpc: '2.0', method: 'notifications/roots/list_changed' });
    for (let step = 0; step < 3; step++) {
      again.says({ jsonrpc: '2.0', id: again.last().id as string, result: agreed.result });
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(again.heard.map(({ method, params }) => [method, params])).toEqual([
      ['initialize', initialize.params],
      ['notifications/initialized', undefined],
      ['logging/setLevel', level.params],
      ['resources/subscribe', subscribe.params],
    ]);
    expect(circuits.registry.openCircuits()).toEqual([]);
    expect(again.version).toBe('2025-06-18');
    says(call(6));
    again.says(result(6));
    expect(told.map(({ id }) => id)).toEqual([6]);
  });

  it('does not get the answers to what its earlier run had asked', async () => {
    const all = startInitialized();
    all.run().says({ jsonrpc: '2.0', id: 7, method: 'sampling/createMessage', params: {} });
    all.run().events.onEnd({ why: 'it exited with code 0' });
    const again = await revive(all);
    const before = again.heard.length;
    all.says({ jsonrpc: '2.0', id: 7, result: { role: 'assistant' } });
    expect(again.heard).toHaveLength(before);
  });

  it('waits longer each time that it does not come up', async () => {
    const { run, runs } = startInitialized();
    run().events.onEnd({ why: 'it exited with code 1' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(runs).toHaveLength(2);
    run().events.onEnd({ why: 'it exited with code 1' });
    await vi.advanceTimersByTimeAsync(1_999);
    expect(runs).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(runs).toHaveLength(3);
  });

  it('hides what an earlier run still sends', async () => {
    const all = startInitialized();
    const { run, told } = all;
    const first = run();
    first.events.onEnd({ why: 'it exited with code 1' });
    await revive(all);
    told.length = 0;
    first.says(result(1));
    first.events.onEnd({ why: 'again' });
    expect([told, all.circuits.registry.openCircuits()]).toEqual([[], []]);
  });

  it('that hung is ended before it is started again', async () => {
    const { says, run, runs } = startInitialized();
    says(call(1));
    await vi.advanceTimersByTimeAsync(10_000 + 5_000 + 1_000);
    expect(run().last()).toMatchObject({ method: 'ping' });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(runs[0]?.closed).toBe('now');
    expect(runs).toHaveLength(2);
  });

  it('that hung and has recovered is kept', async () => {
    const { says, run, runs, circuits } = startInitialized();
    says(call(1));
    await vi.advanceTimersByTimeAsync(10_000 + 5_000 + 1_000);
    run().says({ jsonrpc: '2.0', id: run().last().id as string, result: {} });
    await vi.advanceTimersByTimeAsync(0);
    expect(circuits.registry.openCircuits()).toEqual([]);
    expect(runs).toHaveLength(1);
  });

  it('that has only forgotten the session is given a new one at once', async () => {
    const { says, run, runs, circuits } = startInitialized();
    run().events.onEnd({ why: 'it has forgotten the session (HTTP 404)', isReplaced: true });
    await vi.advanceTimersByTimeAsync(0);
    expect(runs).toHaveLength(2);
    run().says({ jsonrpc: '2.0', id: run().last().id as string, result: agreed.result });
    await vi.advanceTimersByTimeAsync(0);
    expect(circuits.registry.openCircuits()).toEqual([]);
    says(call(1));
    expect(run().last()).toMatchObject({ id: 1 });
  });

  it('that has forgotten the session is not blamed for its calls in progress', async () => {
    const { says, run, told, circuits } = startInitialized();
    for (const id of [1, 2, 3]) says(call(id));
    run().events.onEnd({ why: 'it has forgotten the session (HTTP 404)', isReplaced: true });
    expect(told.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(circuits.registry.metrics()).toMatchObject({ failures: {} });
    run().says({ jsonrpc: '2.0', id: run().last().id as string, result: agreed.result });
    await vi.advanceTimersByTimeAsync(0);
    says(call(4));
    expect(run().last()).toMatchObject({ id: 4 });
  });

  it('that does not start is logged, and started again', async () => {
    const { says, run, runs, told, logged } = start();
    says(initialize);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(told).toMatchObject([
      { id: 0, error: { message: 'The server does not start: it did not answer initialize within 30 s.' } },
    ]);
    expect(run().closed).toBe('now');
    expect(logged).toContainEqual(
      expect.objectContaining({ event: 'server.lost', why: 'it did not answer initialize within 30 s' }),
    );
    await vi.advanceTimersByTimeAsync(1_000);
    expect(runs).toHaveLength(2);
    says({ ...initialize, id: 1 });
    run().says({ ...agreed, id: 1 });
    expect(told.at(-1)).toEqual({ ...agreed, id: 1 });
  });

  it('before there was a session counts as back once it has stayed up, and is asked nothing before', async () => {
    const { run, runs, circuits, logged } = start();
    run().events.onEnd({ why: 'it exited with code 1' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(runs).toHaveLength(2);
    run().events.onEnd({ why: 'it exited with code 1' });
    await vi.advanceTimersByTimeAsync(0);
    expect(circuits.registry.openCircuits()).toEqual(['server:test']);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(logged.map(({ event }) => event)).not.toContain('server.restored');
    await vi.advanceTimersByTimeAsync(1_000);
    expect([circuits.registry.openCircuits(), run().heard]).toEqual([[], []]);
    expect(logged.at(-1)).toMatchObject({ event: 'server.restored' });
  });

  it('before there was a session, and refuses the first request, is back', async () => {
    const { says, run, circuits, logged } = start();
    run().events.onEnd({ why: 'the connection broke off' });
    await vi.advanceTimersByTimeAsync(1_000);
    says(initialize);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(circuits.registry.state('server:test')).toBe('halfOpen');
    const refused = Message.of(run().last() as never);
    run().events.onUndelivered(refused, Object.assign(new Error('HTTP 400'), { status: 400 }));
    await vi.advanceTimersByTimeAsync(0);
    expect(circuits.registry.state('server:test')).toBe('closed');
    expect(logged.at(-1)).toMatchObject({ event: 'server.restored' });
  });

  it('is started again by a request that needs it, if its circuit does not do that', async () => {
    const all = startInitialized({ serverCircuit: { failureThreshold: 3 } });
    const { says, run, runs, told, circuits } = all;
    run().events.onEnd({ why: 'it exited with code 1' });
    told.length = 0;
    says({ jsonrpc: '2.0', id: 1, method: 'prompts/list' });
    says(call(2));
    says(call(3));
    expect(told).toMatchObject([
      { id: 1, error: { message: 'The server is not running: it exited with code 1.' } },
      {
        id: 2,
        result: { content: [{ text: expect.stringMatching(/^The call of "search" did not run: /) }] },
      },
      { id: 3, result: { _meta: { 'toolfuse/failure': { error: 'not_run', executed: false } } } },
    ]);
    // Once, however many requests need it.
    expect(runs).toHaveLength(2);
    expect(circuits.registry.diagnostics('server:test').failureCount).toBe(1);
    run().says({ jsonrpc: '2.0', id: run().last().id as string, result: agreed.result });
    await vi.advanceTimersByTimeAsync(0);
    says(call(4));
    expect(run().last()).toMatchObject({ id: 4 });
  });

  it('and fails to start for requests is left to its circuit, once it has failed often enough', async () => {
    const all = startInitialized({ serverCircuit: { failureThreshold: 3 } });
    const { says, run, runs, circuits } = all;
    run().events.onEnd({ why: 'it exited with code 1' });
    for (const id of [1, 2]) {
      says(call(id));
      run().events.onEnd({ why: 'it exited with code 1' });
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(circuits.registry.openCircuits()).toEqual(['server:test']);
    says(call(3));
    expect(runs).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(runs).toHaveLength(4);
  });

  it('gets no calls while it is being started, however many probes are allowed', async () => {
    const all = startInitialized({ serverCircuit: { halfOpenMaxProbes: 3 } });
    const { says, run, runs, told, circuits } = all;
    run().events.onEnd({ why: 'it exited with code 1' });
    await vi.advanceTimersByTimeAsync(1_000);
    told.length = 0;
    for (const id of [1, 2, 3, 4]) says(call(id));
    expect(told.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    expect(runs).toHaveLength(2);
    expect(circuits.registry.state('server:test')).toBe('halfOpen');
    run().says({ jsonrpc: '2.0', id: run().last().id as string, result: agreed.result });
    await vi.advanceTimersByTimeAsync(0);
    expect(circuits.registry.openCircuits()).toEqual([]);
    says(call(5));
    expect(run().last()).toMatchObject({ id: 5 });
  });

  it('that never gets ready is given up after the start timeout, and tried again', async () => {
    const { run, runs } = startInitialized({ startTimeoutMs: 3_000 });
    run().events.onEnd({ why: 'it exited with code 1' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(runs).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(runs[1]?.closed).toBe('now');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(runs).toHaveLength(3);
  });

  it('does not affect other sessions, nor is it started because of them', async () => {
    const circuits = circuitsFor({ maxSessions: 2 });
    const [one, two] = [startInitialized({ circuits }), startInitialized({ circuits })];
    one.run().events.onEnd({ why: 'it exited with code 1' });
    one.says(call(1));
    expect(one.told.at(-1)).toMatchObject({
      result: { _meta: { 'toolfuse/denial': { reason: 'upstream' } } },
    });
    two.says(call(1));
    two.run().says(result(1));
    expect(two.told).toEqual([result(1)]);
    expect(circuits.registry.openCircuits()).toEqual(['server:test']);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([one.runs.length, two.runs.length]).toEqual([2, 1]);
    two.says({ jsonrpc: '2.0', id: 2, method: 'tools/list' });
    two.run().says({ jsonrpc: '2.0', id: 2, result: { tools: [] } });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(one.run().closed).toBeUndefined();
    one.run().says({ jsonrpc: '2.0', id: one.run().last().id as string, result: agreed.result });
    await vi.advanceTimersByTimeAsync(0);
    one.says(call(3));
    expect(one.run().last()).toMatchObject({ id: 3 });
  });

  it('has a circuit that is closed in the next session, which has a server of its own', async () => {
    const circuits = circuitsFor({ maxSessions: 1 });
    const first = startInitialized({ circuits });
    first.run().events.onEnd({ why: 'it exited with code 1' });
    expect(() => start({ circuits })).toThrow('there are 1 sessions already');
    await first.session.close();
    const second = startInitialized({ circuits });
    second.says(call(1));
    expect(second.run().last()).toMatchObject({ id: 1 });
  });

  it('that no longer accepts messages is given up, and the client is read again', async () => {
    const { says, run, client, circuits, logged } = startInitialized();
    run().isFull = true;
    says({ jsonrpc: '2.0', method: 'notifications/x' });
    expect(client.isPaused).toBe(true);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(run().last()).toMatchObject({ method: 'ping' });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(client.isPaused).toBe(false);
    expect(circuits.registry.openCircuits()).toEqual(['server:test']);
    expect(logged).toContainEqual(
      expect.objectContaining({ event: 'server.lost', why: 'it no longer accepts messages' }),
    );
  });

  it('that accepts no messages, but answers, is waited for', async () => {
    const { says, run, client, circuits } = startInitialized();
    run().isFull = true;
    says({ jsonrpc: '2.0', method: 'notifications/x' });
    for (let time = 0; time < 3; time++) {
      await vi.advanceTimersByTimeAsync(10_000);
      run().says({ jsonrpc: '2.0', id: run().last().id as string, result: {} });
    }
    await vi.advanceTimersByTimeAsync(0);
    expect([client.isPaused, circuits.registry.openCircuits()]).toEqual([true, []]);
    run().events.onDrain();
    expect(client.isPaused).toBe(false);
  });

  it('whose command does not exist ends the proxy, with the exit code of a shell', async () => {
    const { session, run, told, client, says } = start();
    says(initialize);
    run().events.onEnd({ why: 'there is no command "x"', exitCode: 127 });
    expect(told).toMatchObject([
      { id: 0, error: { message: expect.stringMatching(/there is no command "x"/) } },
    ]);
    await vi.advanceTimersByTimeAsync(500);
    expect([client.hasEnded, session.exitCode]).toEqual([true, 127]);
  });
});

describe('a message that does not reach the server', () => {
  it.each([
    ['was refused', Object.assign(new Error('HTTP 503'), { status: 503 }), 'not_run', false],
    [
      'found no connection',
      Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', wasSent: false }),
      'not_run',
      false,
    ],
    [
      'lost its answer',
      Object.assign(new Error('the answer broke off'), { code: 'ECONNRESET' }),
      'no_answer',
      'unknown',
    ],
  ])('%s: its call is answered, with what is known about it', (_, error, told, executed) => {
    const session = startInitialized();
    session.says(call(1));
    const message = Message.read(Line.of(JSON.stringify(call(1)))) as Message;
    session.run().events.onUndelivered(message, error);
    expect(session.told).toMatchObject([
      { id: 1, result: { isError: true, _meta: { 'toolfuse/failure': { error: told, executed } } } },
    ]);
    expect(session.circuits.registry.openCircuits()).toEqual(['server:test']);
  });
});

describe('a message that is too long', () => {
  it('is logged, and its request is answered if its ends name it', () => {
    const { says, run, told, logged } = startInitialized();
    says(call(1));
    run().events.onLongLine({
      head: Buffer.from('{"jsonrpc":"2.0","id":1,"result'),
      tail: Buffer.from('"}}'),
      length: 5e7,
    });
    expect(told).toMatchObject([{ id: 1, result: { isError: true } }]);
    expect(logged.at(-1)).toMatchObject({ event: 'message.tooLong', from: 'server', bytes: 5e7 });
  });

  it('is not taken for an answer if it is a request: its sender gets an error', () => {
    const { session, says, run, told } = startInitialized();
    says(call(1));
    const asks = {
      head: Buffer.from('{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params'),
      tail: Buffer.from('"}}'),
      length: 5e7,
    };
    run().events.onLongLine(asks);
    expect(told).toEqual([]);
    expect(run().last()).toMatchObject({ id: 1, error: { code: -32_600 } });
    session.fromClient.onLongLine(asks);
    expect(told).toMatchObject([{ id: 1, error: { code: -32_600 } }]);
  });

  it('of the client, in answer to the server, is replaced by an error', () => {
    const { session, says, run, told } = startInitialized();
    says(call(5));
    run().says({ jsonrpc: '2.0', id: 5, method: 'sampling/createMessage', params: {} });
    told.length = 0;
    const answer = { head: Buffer.from('{"id":5,"result'), tail: Buffer.from('"}}'), length: 5e7 };
    session.fromClient.onLongLine(answer);
    expect(run().last()).toMatchObject({ id: 5, error: { message: expect.stringContaining('too long') } });
    session.fromClient.onLongLine(answer);
    expect(run().heard.filter(({ error }) => error !== undefined)).toHaveLength(1);
    expect(told).toEqual([]);
  });
});

describe('an id or a token that is written in two ways', () => {
  it.each([
    ['"a/b"', '"a\\/b"'],
    ['"é"', '"\\u00e9"'],
    ['3.0', '3'],
    ['1e3', '1000'],
  ])('%s and %s are the same: one answer comes', async (asked, answered) => {
    const { says, run, told } = startInitialized();
    const token = `"_meta":{"progressToken":${asked}}`;
    says(`{"jsonrpc":"2.0","id":${asked},"method":"tools/call","params":{"name":"search",${token}}}`);
    await vi.advanceTimersByTimeAsync(6_000);
    run().says(
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${answered},"progress":1}}`,
    );
    await vi.advanceTimersByTimeAsync(6_000);
    run().says(`{"jsonrpc":"2.0","id":${answered},"result":{"content":[]}}`);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told.map(({ method }) => method)).toEqual(['notifications/progress', undefined]);
  });

  it('is recognised in requests of the server as well, and forgotten when it cancels them', () => {
    const { says, run, told } = startInitialized();
    run().says('{"jsonrpc":"2.0","id":"s/1","method":"roots/list"}');
    says('{"jsonrpc":"2.0","id":"s\\/1","result":{"roots":[]}}');
    expect(run().last()).toMatchObject({ id: 's/1' });
    run().says({ jsonrpc: '2.0', id: 's2', method: 'roots/list' });
    run().says({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 's2' } });
    told.length = 0;
    run().events.onEnd({ why: 'it exited with code 1' });
    expect(told).toEqual([]);
  });
});

describe('a side that accepts no more', () => {
  it('makes the other side wait until it has room', () => {
    const { says, run, session, client } = startInitialized();
    run().isFull = true;
    says(call(1));
    expect(client.isPaused).toBe(true);
    run().events.onDrain();
    expect(client.isPaused).toBe(false);
    client.isFull = true;
    run().says({ jsonrpc: '2.0', method: 'notifications/message' });
    expect(run().isPaused).toBe(true);
    session.resume();
    expect(run().isPaused).toBe(false);
  });
});

describe('a server that is started while its client reads nothing', () => {
  it('is held back as the one before, until the client reads again', async () => {
    const all = startInitialized();
    const { run, session, client } = all;
    client.isFull = true;
    run().says({ jsonrpc: '2.0', method: 'notifications/message' });
    run().events.onEnd({ why: 'it exited with code 1' });
    const again = await revive(all);
    expect(again).not.toBe(all.runs[0]);
    expect(again.isPaused).toBe(true);
    client.isFull = false;
    session.resume();
    expect(again.isPaused).toBe(false);
  });
});

describe('the list of tools', () => {
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  const tools = {
    jsonrpc: '2.0',
    id: 1,
    result: { tools: [{ name: 'search' }, { name: 'other' }], more: 1 },
  };

  it('passes as it is, open tools included', () => {
    const { says, run, told, circuits } = startInitialized();
    circuits.registry.isolate('search');
    says(list);
    run().says(tools);
    expect(told).toEqual([tools]);
  });

  it('is answered from memory while no server runs', () => {
    const { says, run, told } = startInitialized();
    says(list);
    run().says(tools);
    run().events.onEnd({ why: 'it exited with code 0' });
    says({ ...list, id: 2 });
    expect(told.at(-1)).toEqual({ ...tools, id: 2 });
  });

  it('leaves out open tools if asked to, and tells the client of each change', () => {
    const { says, run, told, circuits, session } = start({ hideOpen: true });
    says(initialize);
    run().says(agreed);
    expect(told).toMatchObject([{ result: { capabilities: { tools: { listChanged: true } } } }]);
    circuits.registry.isolate('search');
    says(list);
    run().says(tools);
    expect(told.at(-1)).toEqual({ ...tools, result: { tools: [{ name: 'other' }], more: 1 } });
    session.announceTools();
    expect(told.at(-1)).toMatchObject({ method: 'notifications/tools/list_changed' });
    run().events.onEnd({ why: 'it exited with code 0' });
    says({ ...list, id: 2 });
    expect(told.at(-1)).toMatchObject({ id: 2, result: { tools: [] } });
  });
});

describe('the log', () => {
  it('never shows arguments or results of calls', () => {
    const { says, run, logged, circuits } = startInitialized();
    says(call(1));
    run().says(failed(1, 'the s3cret'));
    circuits.registry.isolate('search');
    says(call(2));
    run().events.onEnd({ why: 'it exited with code 0' });
    expect(logged.length).toBeGreaterThan(1);
    expect(JSON.stringify(logged)).not.toContain('s3cret');
  });
});
