import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HttpFrontOptions } from '../../../../src/proxy/client/http-front.ts';
import { programFile } from '../../../support/program.ts';
import { FaultServer } from '../support/fault-server.ts';
import { HttpCaller, messagesOf } from '../support/http-caller.ts';
import { HttpProxy, requestArrives } from '../support/http-proxy.ts';

const fileServer = programFile('server-filesystem');
const folder = mkdtempSync(join(tmpdir(), 'toolfuse-http-'));
const endings: (() => Promise<unknown>)[] = [];

beforeAll(() => writeFileSync(join(folder, 'a.txt'), 'the text'));
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A proxy with real servers behind it, that speaks HTTP. */
async function listen(
  args: readonly string[] = ['--', process.execPath, fileServer, folder],
  host = '127.0.0.1',
  more: Partial<HttpFrontOptions> = {},
): Promise<URL> {
  const http = await HttpProxy.listen(args, { address: { host, port: 0 }, ...more });
  endings.push(() => http[Symbol.asyncDispose]());
  return http.url;
}

async function connect(url: URL): Promise<{ client: Client; transport: StreamableHTTPClientTransport }> {
  const client = new Client({ name: 'test', version: '1' });
  const transport = new StreamableHTTPClientTransport(url);
  // The SDK's own types disagree under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<Client['connect']>[0]);
  endings.push(() => client.close());
  return { client, transport };
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const read = (client: Client) =>
  client.callTool({ name: 'read_text_file', arguments: { path: join(folder, 'a.txt') } });

/** The status of a request with any host and origin. */
function statusOf(
  url: URL,
  { method = 'POST', headers = {}, body = '{"jsonrpc":"2.0","method":"notifications/x"}' } = {},
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const json = { 'content-type': 'application/json' };
    const asked = request(url, { method, headers: { ...json, ...headers } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject);
    asked.end(method === 'POST' ? body : undefined);
  });
}

describe('a client that speaks HTTP', () => {
  it('uses a server that speaks on standard input and output', async () => {
    const { client } = await connect(await listen());
    expect((await client.listTools()).tools.length).toBeGreaterThan(5);
    expect(await read(client)).toMatchObject({ content: [{ type: 'text', text: 'the text' }] });
  });

  it('uses a server that speaks HTTP: here, another proxy', async () => {
    const inner = await listen();
    const { client } = await connect(await listen(['--url', inner.href]));
    expect(await read(client)).toMatchObject({ content: [{ type: 'text', text: 'the text' }] });
  });

  it('gets a hundred answers at once, each to its own request', async () => {
    const { client } = await connect(await listen());
    const paths = Array.from({ length: 100 }, (_, index) => join(folder, `none-${index}.txt`));
    const answers = await Promise.all(
      paths.map((path) => client.callTool({ name: 'get_file_info', arguments: { path } })),
    );
    for (const [index, path] of paths.entries()) expect(JSON.stringify(answers[index])).toContain(path);
  });

  it('has a server of its own, that ends with its session', async () => {
    const url = await listen();
    const [one, two] = [await connect(url), await connect(url)];
    expect(one.transport.sessionId).not.toBe(two.transport.sessionId);
    await one.transport.terminateSession();
    await expect(read(one.client)).rejects.toThrow();
    expect(await read(two.client)).toMatchObject({ content: [{ text: 'the text' }] });
  });

  it('replaces the client that has been silent for longest, if there are too many', async () => {
    const url = await listen(undefined, '127.0.0.1', { maxSessions: 2 });
    const first = await connect(url);
    const second = await connect(url);
    // They have no stream open, and no call in progress.
    await first.client.close();
    await read(second.client);
    await second.client.close();
    const third = await connect(url);
    const statusIn = ({ transport }: typeof first) =>
      statusOf(url, { headers: { 'mcp-session-id': transport.sessionId ?? '' } });
    expect([await statusIn(first), await statusIn(second), await statusIn(third)]).toEqual([404, 202, 202]);
  });

  it('is refused if there are too many, and all of them are active', async () => {
    const url = await listen(undefined, '127.0.0.1', { maxSessions: 1 });
    const { client } = await connect(url);
    await read(client);
    await expect(connect(url)).rejects.toThrow('there are 1 sessions already');
  });

  it('ends with its server after a long enough silence', async () => {
    await using server = new FaultServer();
    const url = await listen(['--', ...server.command], '127.0.0.1', { idleTimeoutMs: 2_000 });
    const { client } = await connect(url);
    // A client with an open stream is there, however long it is silent.
    await sleep(2_500);
    expect(await client.callTool({ name: 'echo', arguments: { words: 'x' } })).toMatchObject({
      content: [{ text: 'x' }],
    });
    await client.close();
    await expect.poll(() => server.runs.filter(isRunning)).toEqual([]);
  });

  it('gets a message with carriage returns as one event', async () => {
    await using server = new FaultServer();
    const caller = await HttpCaller.open(await listen(['--', ...server.command]));
    const line = '{"jsonrpc":"2.0",\r"method":"notifications/x"\r\r}\r';
    const response = await caller.call('say', { line, times: 2 });
    const said = { jsonrpc: '2.0', method: 'notifications/x' };
    expect(await messagesOf(response)).toEqual([said, said, expect.objectContaining({ id: 1 })]);
  });

  it('shares the circuits with the others', async () => {
    await using server = new FaultServer();
    const url = await listen(['--failure-threshold', '1', '--', ...server.command]);
    const [one, two] = [await connect(url), await connect(url)];
    const broken = { name: 'fail', arguments: { words: 'HTTP 503' } };
    expect((await one.client.callTool(broken))._meta).toBeUndefined();
    expect((await two.client.callTool(broken))._meta).toMatchObject({
      'toolfuse/denial': { tool: 'fail', executed: false },
    });
    expect(await two.client.callTool({ name: 'echo', arguments: { words: 'x' } })).toMatchObject({
      content: [{ text: 'x' }],
    });
  });
});

describe('a proxy that ends', () => {
  const starts = join(folder, 'starts');
  /** A server that only SIGKILL ends. */
  const stubborn = [
    '--',
    process.execPath,
    '-e',
    `fs.appendFileSync(${JSON.stringify(starts)}, process.pid + '\\n');
    process.on('SIGTERM', () => {});
    setInterval(() => {}, 1_000);
    process.stdin.once('data', () => console.log('{"jsonrpc":"2.0","id":"initialize","result":{}}'));`,
  ];
  const left = (): number[] => readFileSync(starts, 'utf8').trim().split('\n').map(Number).filter(isRunning);

  it('accepts no more clients, and leaves no server behind', async () => {
    const http = await HttpProxy.listen(stubborn);
    await HttpCaller.open(http.url);
    // Its connection exists already when the proxy begins to end.
    const late = request(http.url, { method: 'POST', headers: { 'content-type': 'application/json' } });
    const hasArrived = requestArrives();
    late.write('{"jsonrpc":"2.0","id":1,');
    await hasArrived;
    expect(left()).toHaveLength(1);
    const ending = http.proxy.end();
    await expect(HttpCaller.open(http.url)).rejects.toThrow('fetch failed');
    late.end('"method":"initialize"}');
    const [response] = await once(late, 'response');
    expect(response.statusCode).toBe(503);
    await ending;
    expect(left()).toEqual([]);
  });

  it('waits for a server whose client has only just gone', async () => {
    const http = await HttpProxy.listen(stubborn);
    const caller = await HttpCaller.open(http.url);
    await caller.end();
    await http.proxy.end();
    expect(left()).toEqual([]);
  });
});

describe('a request that is not allowed', () => {
  it.each([
    ['under the name of another host', { headers: { host: 'evil.example:80' } }, 403],
    ['from a page of another site', { headers: { origin: 'https://evil.example' } }, 403],
    ['from a page without a site', { headers: { origin: 'null' } }, 403],
    ['from a page of this machine', { headers: { origin: 'http://localhost:3000' } }, 400],
    ['without a session', {}, 400],
    ['of a session that is not', { headers: { 'mcp-session-id': 'x' } }, 404],
    ['with a body that is no message', { body: 'hello' }, 400],
    ['with what a form sends', { headers: { 'content-type': 'text/plain' } }, 415],
    ['with what says nothing of itself', { headers: { 'content-type': '' } }, 415],
    ['with another method', { method: 'PUT' }, 405],
    ['to listen to no session', { method: 'GET' }, 400],
    ['to end no session', { method: 'DELETE', headers: { 'mcp-session-id': 'x' } }, 404],
  ])('%s is refused', async (_, options, status) => {
    expect(await statusOf(await listen(), options)).toBe(status);
  });

  it.each(['::1', '0:0:0:0:0:0:0:1'])(
    'under the name of another host is refused at %s as well',
    async (host) => {
      const url = await listen(undefined, host);
      expect(await statusOf(url, { headers: { host: 'evil.example' } })).toBe(403);
      expect(await statusOf(url)).toBe(400);
      expect(await statusOf(url, { headers: { host: `LocalHost:${url.port}` } })).toBe(400);
    },
  );

  it('from a page whose host name was made to point here is refused, wherever the proxy listens', async () => {
    const url = await listen(undefined, '0.0.0.0');
    const { port } = url;
    const statusFrom = (host: string): Promise<number | undefined> =>
      statusOf(new URL(`http://127.0.0.1:${port}/mcp`), {
        headers: { host: `${host}:${port}`, origin: `http://${host}:${port}` },
      });
    expect(await statusFrom('rebound.example')).toBe(403);
    // No other site can have an IP address as its name.
    expect(await statusFrom('192.0.2.7')).toBe(400);
  });

  it.each([
    ['latest', 400],
    ['2025-11-25, 2025-06-18', 400],
    ['2099-01-01', 202],
    ['DRAFT-2026-v1', 202],
  ])('of the version %j has status %i', async (version, status) => {
    const caller = await HttpCaller.open(await listen());
    const headers = { 'mcp-protocol-version': version };
    const response = await caller.post({ method: 'notifications/x' }, { headers });
    expect(response.status).toBe(status);
    if (status === 400) expect(await response.text()).toContain('must be a version, such as 2025-11-25');
  });

  it('that is too long is refused, and the others go on', async () => {
    const url = await listen(['--max-message-mb', '0.1', '--', process.execPath, fileServer, folder]);
    const { client } = await connect(url);
    expect(await statusOf(url, { body: 'x'.repeat(200_000) })).toBe(413);
    expect(await read(client)).toMatchObject({ content: [{ text: 'the text' }] });
  });

  it('to another path is refused', async () => {
    const url = await listen();
    expect(await statusOf(new URL('/other', url))).toBe(404);
  });
});

describe('a client without a session', () => {
  it('has nothing read that is longer than initialize can be', async () => {
    const url = await listen();
    expect(await statusOf(url, { body: `[${'{},'.repeat(400_000)}{}]` })).toBe(413);
    expect(await statusOf(url, { body: '[{"jsonrpc":"2.0","id":1,"method":"initialize"}]' })).toBe(400);
  });

  it('has the rest of its body left unread', async () => {
    const url = await listen();
    const asked = request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': '30000000' },
    });
    asked.on('error', () => {});
    asked.write('{');
    const [response] = await once(asked, 'response');
    expect([response.statusCode, response.headers.connection]).toEqual([413, 'close']);
    asked.destroy();
  });

  it('ends no session that is in use, however often it begins one', async () => {
    const url = await listen(undefined, '127.0.0.1', { maxSessions: 3 });
    const owner = await HttpCaller.open(url);
    const begin = (): Promise<Response> =>
      new HttpCaller(url).post({
        id: 1,
        method: 'initialize',
        params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
      });
    for (let count = 0; count < 6; count++) {
      const response = await begin();
      await response.text();
      // The strangers end each other.
      expect(response.status).toBe(200);
    }
    expect((await owner.call('list_allowed_directories')).status).toBe(200);
  });
});

describe('a batch', () => {
  it('of more messages than anybody sends is refused', async () => {
    const url = await listen();
    const caller = await HttpCaller.open(url);
    const notifications = Array(1_001).fill({ jsonrpc: '2.0', method: 'notifications/x' });
    const response = await caller.postText(JSON.stringify(notifications));
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining('a batch of 1 to 1000'),
    ]);
    expect((await caller.postText(JSON.stringify(notifications.slice(1)))).status).toBe(202);
  });

  it('has each of its requests answered on one stream, which then ends', async () => {
    const url = await listen();
    const caller = await HttpCaller.open(url);
    const pings = Array.from({ length: 300 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'ping' }));
    // The last two have the same id.
    const response = await caller.postText(JSON.stringify([...pings, pings[299]]));
    const messages = await messagesOf(response);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(300);
  });
});

describe('a proxy with a key', () => {
  const withKey = { key: 'the-k3y' };
  const authorization = (text: string) => ({ headers: { authorization: text } });

  it.each([
    [{}, 401],
    [authorization('Bearer other'), 401],
    [authorization('the-k3y'), 401],
    [authorization('Bearer the-k3y'), 400],
    [authorization('bearer  the-k3y'), 400],
    [{ ...authorization('Bearer other'), method: 'DELETE' }, 401],
  ])('answers nobody without it: %j', async (options, status) => {
    expect(await statusOf(await listen(undefined, '127.0.0.1', withKey), options)).toBe(status);
  });

  it('serves who has it', async () => {
    const url = await listen(undefined, '127.0.0.1', withKey);
    const client = new Client({ name: 'test', version: '1' });
    const transport = new StreamableHTTPClientTransport(url, {
      requestInit: authorization('Bearer the-k3y'),
    });
    await client.connect(transport as Parameters<Client['connect']>[0]);
    endings.push(() => client.close());
    expect(await read(client)).toMatchObject({ content: [{ text: 'the text' }] });
  });
});

describe('a page that may use the proxy', () => {
  const origin = 'http://localhost:3000';

  it('is told what it may send, and may read the answers', async () => {
    const url = await listen(undefined, '127.0.0.1', { key: 'the-k3y' });
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,mcp-param-region,x-other',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, POST, DELETE');
    const allowed = preflight.headers.get('access-control-allow-headers')?.split(', ');
    expect(allowed).toEqual(expect.arrayContaining(['authorization', 'mcp-session-id', 'mcp-param-region']));
    expect(allowed).not.toContain('x-other');
    const refused = await fetch(url, { method: 'POST', headers: { origin } });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe(origin);
    expect(refused.headers.get('access-control-expose-headers')).toContain('mcp-session-id');
  });

  it('is none of another site', async () => {
    const response = await fetch(await listen(), {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example' },
    });
    expect(response.status).toBe(403);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('of another site can be allowed to use it', async () => {
    const site = 'https://app.example';
    const url = await listen(undefined, '127.0.0.1', { allowedOrigins: [site] });
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: site, 'access-control-request-headers': 'mcp-param-region, x-other' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, site]);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('mcp-param-region');
    expect(await statusOf(url, { headers: { origin: site } })).toBe(400);
    for (const other of ['http://app.example', 'https://app.example:8443', 'https://an.app.example', 'null'])
      expect([other, await statusOf(url, { headers: { origin: other } })]).toEqual([other, 403]);
  });
});
