import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServerMemory } from '../../../../src/proxy/memory/server-memory.ts';
import { memoryWithoutDisk } from '../support/memories.ts';
import { discover, discovered, modern, modernCall, modernResult } from '../support/modern.ts';
import { agreed, type Content, call, initialize, start } from '../support/scripted-session.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Started = ReturnType<typeof start>;

const waitMs = 3_000;
const open = (memory: ServerMemory, options: Parameters<typeof start>[0] = {}): Started =>
  start({ memory, memoryAfterMs: waitMs, ...options });

const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
const list = (id: number, method = 'tools/list', params?: Content): Content => ({
  jsonrpc: '2.0',
  id,
  method,
  ...(params && { params }),
});
const tools = (id: unknown, names: string[], more: Content = {}): Content => ({
  jsonrpc: '2.0',
  id,
  result: { tools: names.map((name) => ({ name })), ...more },
});

/** A good session: the client got to know the server and two pages of its tools. */
function goodRun(memory: ServerMemory): void {
  const { says, run } = open(memory);
  says(initialize);
  run().says({
    ...agreed,
    result: { ...agreed.result, capabilities: { tools: {}, prompts: {}, logging: {} } },
  });
  says([initialized, list(1)] as Content[]);
  run().says(tools(1, ['search', 'fetch'], { nextCursor: 'two' }));
  says(list(2, 'tools/list', { cursor: 'two' }));
  run().says(tools(2, ['write']));
  says(list(3, 'prompts/list'));
  run().says({ jsonrpc: '2.0', id: 3, result: { prompts: [{ name: 'greet' }] } });
}

function remembering(): ServerMemory {
  const { open: make } = memoryWithoutDisk();
  const memory = make();
  goodRun(memory);
  return memory;
}

/** The next run answers its own requests as a good one does. */
async function comesUp(
  { run }: Started,
  pages: string[][] = [['search', 'fetch'], ['write']],
): Promise<void> {
  for (let last: unknown; ; ) {
    await vi.advanceTimersByTimeAsync(0);
    const { id, method, params } = run().last() as {
      id: string;
      method: string;
      params?: { cursor?: string };
    };
    if (id === last || id === undefined) return;
    last = id;
    if (method === 'initialize') run().says({ ...agreed, id });
    else if (method === 'prompts/list')
      run().says({ jsonrpc: '2.0', id, result: { prompts: [{ name: 'greet' }] } });
    else if (method === 'tools/list') {
      const page = params?.cursor === undefined ? 0 : 1;
      const more = page === 0 && pages.length > 1 ? { nextCursor: 'two' } : {};
      run().says(tools(id, pages[page] ?? [], more));
    } else return;
  }
}

const notified = ({ told }: Started): unknown[] =>
  told.filter(({ method }) => method !== undefined).map(({ method }) => method);

describe('a server that ends before it has answered', () => {
  it('does not take the session with it: its client is told at once what the last run answered', () => {
    const session = open(remembering());
    session.says(initialize);
    session.run().events.onEnd({ why: 'it exited with code 3' });
    session.says([initialized, list(1), list(2, 'tools/list', { cursor: 'two' }), list(3, 'prompts/list')]);
    expect(session.told).toMatchObject([
      {
        id: 0,
        result: {
          protocolVersion: '2025-06-18',
          capabilities: { tools: { listChanged: true }, prompts: { listChanged: true }, logging: {} },
          _meta: { 'toolfuse/memory': { at: new Date().toISOString(), why: 'it exited with code 3' } },
        },
      },
      { id: 1, result: { tools: [{ name: 'search' }, { name: 'fetch' }], nextCursor: 'two' } },
      { id: 2, result: { tools: [{ name: 'write' }] } },
      { id: 3, result: { prompts: [{ name: 'greet' }], _meta: { 'toolfuse/memory': {} } } },
    ]);
    expect(session.client.hasEnded).toBe(false);
  });

  it('has its calls refused, with the time to come back', () => {
    const session = open(remembering());
    session.says(initialize);
    session.run().events.onEnd({ why: 'it exited with code 3' });
    session.says([initialized, call(1)]);
    expect(session.told.at(-1)).toMatchObject({
      id: 1,
      result: {
        isError: true,
        _meta: { 'toolfuse/denial': { executed: false, retryAfterSeconds: expect.any(Number) } },
      },
    });
  });

  it('is started again in the background, is told what the client has begun with, and serves the first call', async () => {
    const session = open(remembering());
    session.says(initialize);
    session.run().events.onEnd({ why: 'it exited with code 3' });
    session.says([initialized, list(1), list(2, 'tools/list', { cursor: 'two' })]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(session.run().heard).toMatchObject([{ method: 'initialize', params: initialize.params }]);
    await comesUp(session);
    expect(session.run().heard.map(({ method }) => method)).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/list',
      'tools/list',
    ]);
    session.says(call(5));
    expect(session.run().last()).toEqual(call(5));
  });

  it('has nothing announced when its lists are what the client was told, in whatever order', async () => {
    const session = open(remembering());
    session.says(initialize);
    session.run().events.onEnd({ why: 'it exited with code 3' });
    session.says([initialized, list(1), list(2, 'tools/list', { cursor: 'two' }), list(3, 'prompts/list')]);
    await vi.advanceTimersByTimeAsync(1_000);
    await comesUp(session, [['write', 'search', 'fetch']]);
    expect(notified(session)).toEqual([]);
  });

  it.each([
    ['a new tool', [['search', 'fetch', 'delete'], ['write']]],
    ['a tool less', [['search', 'fetch'], []]],
  ])('has %s announced, once', async (_, pages) => {
    const session = open(remembering());
    session.says(initialize);
    session.run().events.onEnd({ why: 'it exited with code 3' });
    session.says([initialized, list(1), list(2, 'tools/list', { cursor: 'two' }), list(3, 'prompts/list')]);
    await vi.advanceTimersByTimeAsync(1_000);
    await comesUp(session, pages);
    expect(notified(session)).toEqual(['notifications/tools/list_changed']);
  });

  it('is tried again and again while its circuit does not open', async () => {
    const session = open(remembering(), { serverCircuit: { failureThreshold: 100 } });
    session.says(initialize);
    for (let runs = 1; runs < 5; runs++) {
      session.run().events.onEnd({ why: 'it exited with code 3' });
      await vi.advanceTimersByTimeAsync(30_000);
      expect(session.runs.length).toBeGreaterThan(runs);
    }
    session.says([initialized, call(1)]);
    expect(session.told.at(-1)).toMatchObject({
      result: { _meta: { 'toolfuse/failure': { error: 'not_run', executed: false, retryAfterSeconds: 1 } } },
    });
  });

  it('keeps the session even where there is no such command any more', async () => {
    const session = open(remembering());
    session.says(initialize);
    session.run().events.onEnd({ why: 'there is no command "x"', exitCode: 127 });
    await vi.advanceTimersByTimeAsync(600);
    expect(session.client.hasEnded).toBe(false);
    expect(session.session.exitCode).toBe(0);
  });

  it('is told a log level that was set meanwhile', async () => {
    const session = open(remembering());
    session.says(initialize);
    session.run().events.onEnd({ why: 'it exited with code 3' });
    session.says([
      initialized,
      { jsonrpc: '2.0', id: 4, method: 'logging/setLevel', params: { level: 'error' } },
    ]);
    expect(session.told.at(-1)).toEqual({ jsonrpc: '2.0', id: 4, result: {} });
    await vi.advanceTimersByTimeAsync(1_000);
    await comesUp(session);
    expect(session.run().heard).toContainEqual(
      expect.objectContaining({ method: 'logging/setLevel', params: { level: 'error' } }),
    );
  });

  it('of which nothing is remembered leaves its client with an error, as ever', () => {
    const session = open(memoryWithoutDisk().open());
    session.says(initialize);
    session.run().events.onEnd({ why: 'it exited with code 3' });
    expect(session.told).toMatchObject([{ id: 0, error: { code: -32_000 } }]);
  });
});

describe('a server that cannot be reached', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', wasSent: false });

  it('is replaced by what is remembered of it, and looked for in the background', async () => {
    const session = open(remembering(), { serverCircuit: { failureThreshold: 3 } });
    session.says(initialize);
    const { Message } = await import('../../../../src/proxy/wire/message.ts');
    session.run().events.onUndelivered(Message.of({ id: 0, method: 'initialize' }), refused);
    expect(session.told).toMatchObject([
      { id: 0, result: { _meta: { 'toolfuse/memory': { why: 'connect ECONNREFUSED' } } } },
    ]);
    session.says([initialized, call(1)]);
    expect(session.told.at(-1)).toMatchObject({
      result: { _meta: { 'toolfuse/failure': { error: 'not_run', retryAfterSeconds: 1 } } },
    });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(session.runs).toHaveLength(2);
    await comesUp(session);
    session.says(call(5));
    expect(session.run().last()).toEqual(call(5));
  });

  it('is believed where it was reached, and refuses: nothing else is told', async () => {
    const session = open(remembering());
    session.says(initialize);
    const { Message } = await import('../../../../src/proxy/wire/message.ts');
    const unauthorized = Object.assign(new Error('HTTP 401'), { status: 401 });
    session.run().events.onUndelivered(Message.of({ id: 0, method: 'initialize' }), unauthorized);
    expect(session.told).toMatchObject([{ id: 0, error: {} }]);
  });
});

describe('a server that is slow to start', () => {
  async function slow(): Promise<Started> {
    const session = open(remembering());
    session.says(initialize);
    await vi.advanceTimersByTimeAsync(waitMs - 1);
    expect(session.told).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    return session;
  }

  it('has its client answered from memory after a while, and gets nothing before it has answered itself', async () => {
    const session = await slow();
    expect(session.told).toMatchObject([
      { id: 0, result: { _meta: { 'toolfuse/memory': { why: 'it did not answer initialize within 3 s' } } } },
    ]);
    session.says([initialized, list(1), call(2)]);
    expect(session.told.slice(1)).toMatchObject([
      { id: 1, result: { _meta: { 'toolfuse/memory': {} } } },
      { id: 2, result: { _meta: { 'toolfuse/failure': { error: 'not_run', executed: false } } } },
    ]);
    expect(session.run().heard).toEqual([initialize]);
  });

  it('goes on with the same run when it answers at last, and its answer is not told twice', async () => {
    const session = await slow();
    session.says([initialized, list(1), list(2, 'tools/list', { cursor: 'two' })]);
    const before = session.told.length;
    session.run().says(agreed);
    await comesUp(session);
    expect(session.runs).toHaveLength(1);
    expect(session.run().heard.map(({ method }) => method)).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/list',
      'tools/list',
    ]);
    expect(session.run().version).toBe('2025-06-18');
    session.says(call(5));
    expect(session.run().last()).toEqual(call(5));
    expect(session.told).toHaveLength(before);
  });

  it('is replaced where it ends before it has answered', async () => {
    const session = await slow();
    session.says(initialized);
    session.run().events.onEnd({ why: 'it exited with code 3' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(session.runs).toHaveLength(2);
    await comesUp(session);
    session.says(call(5));
    expect(session.run().last()).toEqual(call(5));
  });

  it('is replaced where it never answers', async () => {
    const session = await slow();
    await vi.advanceTimersByTimeAsync(30_000 + 1_000);
    expect(session.runs.length).toBeGreaterThan(1);
    expect(session.runs[0]?.closed).toBe('now');
  });

  it('has a slow list told from memory, and announced if it is another one', async () => {
    const session = open(remembering());
    session.says(initialize);
    session.run().says(agreed);
    session.says([initialized, list(1)]);
    await vi.advanceTimersByTimeAsync(waitMs);
    expect(session.told.at(-1)).toMatchObject({ id: 1, result: { _meta: { 'toolfuse/memory': {} } } });
    session.run().says(tools(1, ['other']));
    await comesUp(session, [['other']]);
    expect(session.told.filter(({ id }) => id === 1)).toHaveLength(1);
    expect(notified(session)).toEqual(['notifications/tools/list_changed']);
  });

  it('keeps nobody waiting for a list that it has told in this session: it is up, and only busy', async () => {
    const session = open(remembering());
    session.says(initialize);
    session.run().says(agreed);
    session.says([initialized, list(1)]);
    session.run().says(tools(1, ['search']));
    session.says(list(2));
    await vi.advanceTimersByTimeAsync(2 * waitMs);
    expect(session.told.filter(({ id }) => id === 2)).toEqual([]);
  });
});

describe('a server that turns out to be less than what is remembered', () => {
  async function lessThanBefore(): Promise<Started> {
    const session = open(remembering());
    session.says(initialize);
    session.run().events.onEnd({ why: 'it exited with code 3' });
    session.says([initialized, list(1, 'prompts/list')]);
    await vi.advanceTimersByTimeAsync(1_000);
    session.run().says({ ...agreed, id: session.run().last().id });
    await vi.advanceTimersByTimeAsync(0);
    expect(session.run().last()).toMatchObject({ method: 'prompts/list' });
    const error = { code: -32_601, message: 'Method not found' };
    session.run().says({ jsonrpc: '2.0', id: session.run().last().id, error });
    await vi.advanceTimersByTimeAsync(0);
    return session;
  }

  it('has an empty list of what it no longer has, and that is announced', async () => {
    const session = await lessThanBefore();
    expect(notified(session)).toEqual(['notifications/prompts/list_changed']);
    session.says([
      list(7, 'prompts/list'),
      { jsonrpc: '2.0', id: 8, method: 'logging/setLevel', params: { level: 'error' } },
    ]);
    expect(session.told.slice(-2)).toMatchObject([
      { id: 7, result: { prompts: [] } },
      { id: 8, result: {} },
    ]);
    expect(session.logged).toContainEqual(
      expect.objectContaining({ event: 'memory.wrong', lacks: 'prompts, logging' }),
    );
  });
});

describe('a client that asks for another version than the one before it', () => {
  it('is told the version that the server spoke then, and the server is asked for that one', async () => {
    const session = open(remembering());
    session.says({ ...initialize, params: { ...initialize.params, protocolVersion: '2025-11-25' } });
    session.run().events.onEnd({ why: 'it exited with code 3' });
    expect(session.told).toMatchObject([{ id: 0, result: { protocolVersion: '2025-06-18' } }]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(session.run().last()).toMatchObject({
      method: 'initialize',
      params: { protocolVersion: '2025-06-18' },
    });
  });
});

describe('a modern client', () => {
  function modernMemory(): ServerMemory {
    const memory = memoryWithoutDisk().open();
    const { says, run } = open(memory);
    says(discover());
    run().says(discovered());
    says(modern(1, 'tools/list'));
    run().says(modernResult(1, { tools: [{ name: 'search' }], ttlMs: 60_000, cacheScope: 'public' }));
    return memory;
  }
  async function downModern(): Promise<Started> {
    const session = open(modernMemory());
    session.says(discover());
    session.run().events.onEnd({ why: 'it exited with code 3' });
    return session;
  }

  it('is told what the server said of itself, and its lists, neither to be kept', async () => {
    const session = await downModern();
    session.says(modern(1, 'tools/list'));
    expect(session.told).toMatchObject([
      {
        result: {
          resultType: 'complete',
          ttlMs: 0,
          cacheScope: 'private',
          capabilities: { tools: { listChanged: true } },
          _meta: { 'toolfuse/memory': {} },
        },
      },
      {
        id: 1,
        result: { resultType: 'complete', tools: [{ name: 'search' }], ttlMs: 0, cacheScope: 'private' },
      },
    ]);
    session.says(modernCall(2));
    expect(session.told.at(-1)).toMatchObject({
      result: {
        resultType: 'complete',
        _meta: { 'toolfuse/denial': { retryAfterSeconds: expect.any(Number) } },
      },
    });
  });

  it('hears on its subscription of a list that has changed, which the server is asked for when it is there', async () => {
    const session = await downModern();
    const listen = modern(9, 'subscriptions/listen', { notifications: { toolsListChanged: true } });
    session.says([modern(1, 'tools/list'), listen]);
    expect(session.told.at(-1)).toMatchObject({
      method: 'notifications/subscriptions/acknowledged',
      params: { notifications: { toolsListChanged: true } },
    });
    await vi.advanceTimersByTimeAsync(1_000);
    const { run, told } = session;
    expect(run().last()).toMatchObject({ method: 'server/discover' });
    run().says(discovered(run().last().id as string));
    await vi.advanceTimersByTimeAsync(0);
    expect(run().heard).toContainEqual(listen);
    const asked = run().heard.find(({ method }) => method === 'tools/list');
    expect(asked).toMatchObject({ params: { _meta: expect.any(Object) } });
    run().says(modernResult(asked?.id as number, { tools: [{ name: 'search' }, { name: 'new' }] }));
    await vi.advanceTimersByTimeAsync(0);
    expect(told.at(-1)).toMatchObject({
      method: 'notifications/tools/list_changed',
      params: { _meta: { 'io.modelcontextprotocol/subscriptionId': 9 } },
    });
  });

  it('is told that a legacy server knows nothing of its era, and then begins as such a server wants', async () => {
    const memory = memoryWithoutDisk().open();
    const first = open(memory);
    first.says(discover());
    const unknown = { code: -32_601, message: 'Method not found' };
    first.run().says({ jsonrpc: '2.0', id: discover().id, error: unknown });
    first.says(initialize);
    first.run().says(agreed);

    const session = open(memory);
    session.says(discover());
    session.run().events.onEnd({ why: 'it exited with code 3' });
    expect(session.told).toMatchObject([{ error: unknown }]);
    session.says(initialize);
    expect(session.told.at(-1)).toMatchObject({ id: 0, result: { protocolVersion: '2025-06-18' } });
    // A run that was started before the client had chosen its era is initialised none the less.
    await vi.advanceTimersByTimeAsync(1_000);
    await comesUp(session);
    session.says([initialized, call(5)]);
    expect(session.run().heard.map(({ method }) => method)).toContain('initialize');
    expect(session.run().last()).toEqual(call(5));
  });
});
