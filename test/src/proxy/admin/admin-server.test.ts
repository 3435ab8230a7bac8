import { request } from 'node:http';
import { createToolRegistry, timeWindow } from 'toolfuse';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AdminKey } from '../../../../src/proxy/admin/admin-key.ts';
import { AdminServer } from '../../../../src/proxy/admin/admin-server.ts';

const setUp = async (host = '127.0.0.1') => {
  const registry = createToolRegistry({
    circuit: { failureThreshold: 1, minBackoffMs: 60_000 },
    tools: { search: {}, shell: { trip: timeWindow() } },
  });
  const figures = { starts: { session: 1, lost: 2, hung: 0 }, sessions: 1, pending: 3, isUp: true };
  const state = { isEnding: false };
  const key = new AdminKey();
  const server = new AdminServer({
    address: { host, port: 0 },
    key,
    proxy: {
      registry,
      name: 'files',
      circuit: 'server:files',
      isEnding: () => state.isEnding,
      figures: () => figures,
    },
  });
  const url = await server.listen();
  onTestFinished(() => {
    server.close();
    registry.stop();
  });
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${url}${path}`, init);
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  const post = (tool: string, body: unknown, headers: Record<string, string> = {}) =>
    get(`/circuits/${encodeURIComponent(tool)}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.text}`, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { registry, figures, state, key, url, server, get, post };
};

/** Asks with a header that `fetch` does not let anybody set. @returns The status. */
const asHost = (url: string, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(`${url}/circuits`, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });

/** Reads the body of an answer as it comes. */
function textReader({ body }: Response): { read(): Promise<string>; cancel(): Promise<void> } {
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  return {
    read: async () => decoder.decode((await reader.read()).value, { stream: true }),
    cancel: () => reader.cancel(),
  };
}

describe('the pages for operators', () => {
  it('have the metrics of the circuits and of the servers', async () => {
    const { registry, get } = await setUp();
    registry.recordFailure('search', 'timeout');
    registry.recordFailure('server:files#7', 'network');
    const { status, text, headers } = await get('/metrics');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('version=0.0.4');
    const lines = text.split('\n');
    for (const line of [
      'toolfuse_circuit_state{registry="files",tool="search",kind="tool",state="open"} 1',
      'toolfuse_circuit_state{registry="files",tool="_other",kind="tool",state="open"} 1',
      'toolfuse_mcp_server_up{registry="files",server="files"} 1',
      'toolfuse_mcp_server_pending_requests{registry="files",server="files"} 3',
      'toolfuse_mcp_server_sessions{registry="files",server="files"} 1',
      'toolfuse_mcp_server_starts_total{registry="files",server="files",why="lost"} 2',
    ]) {
      expect(lines).toContain(line);
    }
  });

  it('show the runs of one server as one', async () => {
    const { registry, get } = await setUp();
    registry.declareTools(['server:files', 'server:files#2', 'server:files#3']);
    registry.recordFailure('server:files#3', 'network');
    const { text } = await get('/metrics');
    expect(text).toContain('{registry="files",tool="server:files",kind="upstream",state="open"} 1');
    expect(text).not.toContain('server:files#');
  });

  it('say whether the proxy lives, and whether its server is available', async () => {
    const { registry, state, get } = await setUp();
    expect(await get('/livez')).toMatchObject({ status: 200, text: 'ok\n' });
    expect(await get('/readyz')).toMatchObject({ status: 200 });
    registry.recordFailure('server:files', 'network');
    expect(await get('/readyz')).toMatchObject({
      status: 503,
      text: 'the server is not available: its circuit is open\n',
    });
    registry.reset('server:files');
    state.isEnding = true;
    expect(await get('/readyz')).toMatchObject({ status: 503, text: 'the proxy is ending\n' });
    expect(await get('/livez')).toMatchObject({ status: 200 });
  });

  it('show all circuits, one of them, and one that was not used yet', async () => {
    const { registry, get } = await setUp();
    registry.recordFailure('search', new Error('secret words'));
    const all = await get('/circuits');
    expect(JSON.parse(all.text)).toMatchObject({
      server: 'files',
      openCount: 1,
      openCircuits: ['search'],
      circuits: [{ tool: 'search', status: 'open', isAvailable: false }],
    });
    expect(all.text).not.toContain('secret');
    expect(JSON.parse((await get('/circuits/search')).text)).toMatchObject({
      tool: 'search',
      status: 'open',
    });
    expect(JSON.parse((await get('/circuits/shell')).text)).toMatchObject({
      tool: 'shell',
      status: 'closed',
    });
    expect((await get('/circuits/nothing')).status).toBe(404);
    expect((await get('/circuits/%E0%A4%A')).status).toBe(400);
  });

  it('tell what happens, and again to a reader who was away', async () => {
    const { registry, url } = await setUp();
    registry.isolate('search');
    const response = await fetch(`${url}/events`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = textReader(response);
    let text = '';
    const until = async (words: string) => {
      while (!text.includes(words)) text += await reader.read();
    };
    await until('circuit.isolated');
    registry.release('search');
    await until('circuit.closed');
    expect(text).toMatch(/id: 1\nevent: circuit.isolated\ndata: \{"time":"20[^}]*"tool":"search"/);
    await reader.cancel();
    const later = await fetch(`${url}/events`, { headers: { 'last-event-id': '1' } });
    const again = textReader(later);
    text = '';
    while (!text.includes('circuit.closed')) text += await again.read();
    expect(text).not.toContain('circuit.isolated\n');
    await again.cancel();
  });

  it('serve so many readers of events, and no more', async () => {
    const { url } = await setUp();
    const readers = await Promise.all(Array.from({ length: 16 }, () => fetch(`${url}/events`)));
    expect((await fetch(`${url}/events`)).status).toBe(503);
    for (const { body } of readers) await body?.cancel();
    await expect
      .poll(async () => {
        const { status, body } = await fetch(`${url}/events`);
        await body?.cancel();
        return status;
      })
      .toBe(200);
  });
});

describe('changing a circuit', () => {
  it('takes a tool out of service and back, and lets it only observe', async () => {
    const { registry, post } = await setUp();
    const isolated = await post('search', { action: 'isolate', forMs: 60_000 });
    expect(JSON.parse(isolated.text)).toMatchObject({
      status: 'isolated',
      isolatedUntil: expect.stringContaining('T'),
      isolatedBy: 'an operator',
    });
    await post('search', { action: 'release' });
    expect(registry.state('search')).toBe('closed');
    await post('search', { action: 'isolate' });
    await post('search', { action: 'close' });
    expect(registry.state('search')).toBe('closed');
    expect(JSON.parse((await post('search', { action: 'disable' })).text)).toMatchObject({
      status: 'disabled',
    });
    await post('search', { action: 'close' });
    expect(JSON.parse((await post('search', { action: 'observe' })).text)).toMatchObject({ mode: 'observe' });
    expect(JSON.parse((await post('search', { action: 'enforce' })).text)).toMatchObject({ mode: 'enforce' });
  });

  it.each([
    ['no key', {}, { authorization: '' }, 401],
    ['a wrong key', {}, { authorization: 'Bearer wrong' }, 401],
    ['a page of another site', {}, { origin: 'http://example.org' }, 403],
    ['no JSON', '{', {}, 400],
    ['another content type', {}, { 'content-type': 'text/plain' }, 415],
    ['too much', `{"action":"${'x'.repeat(5_000)}"}`, {}, 413],
    ['an unknown action', { action: 'trip' }, {}, 400],
    ['no action', {}, {}, 400],
    ['a wrong time', { action: 'isolate', forMs: -1 }, {}, 400],
    ['a time for something else', { action: 'close', forMs: 1 }, {}, 400],
  ])('is refused, and changes nothing: %s', async (_, body, headers, status) => {
    const { registry, post } = await setUp();
    expect((await post('search', body, headers)).status).toBe(status);
    expect(registry.circuits()).toEqual([]);
  });

  it('begins no circuit for a name that nobody knows', async () => {
    const { registry, post, get } = await setUp();
    expect((await post('serach', { action: 'isolate' })).status).toBe(404);
    expect(registry.circuits()).toEqual([]);
    expect((await get('/circuits/search', { method: 'DELETE' })).status).toBe(405);
  });
});

describe('a stranger', () => {
  it('reads nothing under the name of another host, or from a page of another site', async () => {
    const { url, get } = await setUp();
    expect(await asHost(url, 'example.org')).toBe(403);
    expect(await asHost(url, 'localhost:1')).toBe(200);
    expect((await get('/circuits', { headers: { origin: 'http://example.org' } })).status).toBe(403);
  });

  it('on another machine needs the key for everything but health', async () => {
    const { url, key } = await setUp('0.0.0.0');
    const own = url.replace('0.0.0.0', '127.0.0.1');
    const statusOf = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`${own}${path}`, { headers })).status;
    expect(await statusOf('/metrics')).toBe(401);
    expect(await statusOf('/circuits', { authorization: 'Bearer wrong' })).toBe(401);
    expect(await statusOf('/metrics', { authorization: `Bearer ${key.text}` })).toBe(200);
    expect([await statusOf('/livez'), await statusOf('/readyz')]).toEqual([200, 200]);
  });

  it('learns nothing of the key', async () => {
    const { key, get, post } = await setUp();
    const answers = [
      await get('/'),
      await get('/nothing'),
      await post('search', {}, { authorization: 'Bearer x' }),
    ];
    expect(answers.map(({ text }) => text).join('')).not.toContain(key.text);
    expect(answers[1]?.status).toBe(404);
    expect(answers[2]?.headers.get('www-authenticate')).toBe('Bearer');
  });
});
