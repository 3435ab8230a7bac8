import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientOptions, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterEach, describe, expect, it } from 'vitest';
import { hungMs } from '../../../support/hung.ts';
import { EraServer, type Eras } from '../support/era-server.ts';
import { HttpProxy } from '../support/http-proxy.ts';
import { envelope, modern } from '../support/modern.ts';
import { type Mode, modeOptions, textOf } from '../support/modern-session.ts';
import { freePort } from '../support/network.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** A server behind a proxy that speaks HTTP: as a command, or as another HTTP server. */
async function listen(eras: Eras, way: 'a command' | 'a URL', ...options: readonly string[]) {
  const server = new EraServer(eras);
  endings.push(() => server[Symbol.asyncDispose]());
  const port = await freePort();
  if (way === 'a URL') await server.listen(port);
  const target = way === 'a URL' ? ['--url', `http://127.0.0.1:${port}/mcp`] : ['--', ...server.command];
  const http = await HttpProxy.listen([
    '--min-backoff',
    '200',
    '--max-backoff',
    '400',
    ...options,
    ...target,
  ]);
  endings.push(() => http[Symbol.asyncDispose]());
  return { server, url: http.url, log: () => http.log };
}

async function connect(url: URL, mode: Mode, options: ClientOptions = {}): Promise<Client> {
  const client = new Client(
    { name: 'tester', version: '1.0.0' },
    { capabilities: { elicitation: { form: {} } }, ...modeOptions[mode], ...options },
  );
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { name: 'Ada' } }));
  await client.connect(new StreamableHTTPClientTransport(url));
  endings.push(() => client.close());
  return client;
}

const say = async (client: Client, name: string, args: Record<string, unknown> = {}): Promise<string> =>
  textOf(await client.callTool({ name, arguments: args }, { timeout: hungMs }));

/** Posts a request with the headers that it needs, or others. */
async function post(url: URL, message: Record<string, unknown>, headers: Record<string, string> = {}) {
  const { method, params = {} } = message as { method: string; params?: { name?: string; uri?: string } };
  const name = params.name ?? params.uri;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(name !== undefined && { 'mcp-name': name }),
      ...headers,
    },
    body: JSON.stringify(message),
  });
  const text = await response.text();
  return { status: response.status, body: JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text) };
}

describe.each(['a command', 'a URL'] as const)('modern clients over HTTP of %s', (way) => {
  it.each(['auto', 'pinned'] as const)('are served in their era without a session: %s', async (mode) => {
    const { url } = await listen('dual', way);
    const client = await connect(url, mode);
    expect(client.getProtocolEra?.() ?? 'modern').toBe('modern');
    expect(await say(client, 'era')).toBe('modern');
    expect(await say(client, 'ask')).toBe('hello Ada, asked once');
    expect(await say(client, 'region', { region: 'ü' })).toMatch(/^ü /);
    const { contents } = await client.readResource({ uri: 'note://of/somebody' });
    expect(contents[0]).toMatchObject({ text: 'the note of somebody' });
    await expect(client.callTool({ name: 'none' })).rejects.toMatchObject({ code: -32_602 });
  });

  it('share one run, and nobody hears of another’s progress', async () => {
    const { url, server } = await listen('modern', way);
    const heard: unknown[][] = [[], []];
    const clients = [await connect(url, 'pinned'), await connect(url, 'pinned')];
    const counted = clients.map((client, index) =>
      client.callTool(
        { name: 'count', arguments: { to: index + 2 } },
        { onprogress: ({ progress, total }) => void heard[index]?.push([progress, total]) },
      ),
    );
    expect((await Promise.all(counted)).map(textOf)).toEqual(['counted to 2', 'counted to 3']);
    expect(heard).toEqual([[1, 2].map((step) => [step, 2]), [1, 2, 3].map((step) => [step, 3])]);
    expect(server.runs).toHaveLength(1);
  });

  it('cancel by closing their stream', async () => {
    const { url, server } = await listen('modern', way);
    const client = await connect(url, 'pinned');
    await say(client, 'pid');
    const abort = new AbortController();
    const hanging = client.callTool({ name: 'hang' }, { signal: abort.signal });
    const cancelled = expect(hanging).rejects.toThrow();
    setTimeout(() => abort.abort(), 500);
    await cancelled;
    await expect.poll(() => server.cancelled).toBe(1);
  });

  it('are told of changes, each of its own subscription', async () => {
    const { url } = await listen('modern', way);
    const changes = [0, 0];
    const clients: Client[] = [];
    for (const index of [0, 1]) {
      const onChanged = (): void => {
        changes[index] = (changes[index] ?? 0) + 1;
      };
      clients.push(await connect(url, 'pinned', { listChanged: { tools: { onChanged } } }));
    }
    await say(clients[0] as Client, 'grow', { tool: 'one' });
    await expect.poll(() => changes).toEqual([1, 1]);
    await clients[0]?.close();
    await say(clients[1] as Client, 'grow', { tool: 'two' });
    await expect.poll(() => changes).toEqual([1, 2]);
  });

  it('have their headers held against the body', async () => {
    const { url } = await listen('modern', way);
    const call = modern(7, 'tools/call', { name: 'region', arguments: { region: 'eu' } });
    expect(await post(url, call, { 'mcp-param-region': 'eu' })).toMatchObject({
      status: 200,
      body: { id: 7 },
    });
    for (const headers of [
      { 'mcp-method': 'tools/list', 'mcp-param-region': 'eu' },
      { 'mcp-name': 'other', 'mcp-param-region': 'eu' },
      { 'mcp-name': '=?base64?*?=', 'mcp-param-region': 'eu' },
      { 'mcp-protocol-version': '2025-11-25', 'mcp-param-region': 'eu' },
      { 'mcp-param-region': 'us' },
      {},
    ] as Record<string, string>[]) {
      expect([headers, await post(url, call, headers)]).toMatchObject([
        headers,
        { status: 400, body: { id: 7, error: { code: -32_020 } } },
      ]);
    }
  });

  it('are told by code and status what is wrong', async () => {
    const { url } = await listen('modern', way);
    const version = 'io.modelcontextprotocol/protocolVersion';
    const future = modern(1, 'tools/list', {}, { [version]: '2099-01-01' });
    expect(await post(url, future, { 'mcp-protocol-version': '2099-01-01' })).toMatchObject({
      status: 400,
      body: { id: 1, error: { code: -32_022, data: { supported: ['2026-07-28'], requested: '2099-01-01' } } },
    });
    expect(await post(url, modern(2, 'no/such'))).toMatchObject({
      status: 404,
      body: { id: 2, error: { code: -32_601 } },
    });
    const { 'io.modelcontextprotocol/clientCapabilities': _, ...lacking } = envelope;
    const incomplete = { jsonrpc: '2.0', id: 3, method: 'tools/list', params: { _meta: lacking } };
    expect(await post(url, incomplete)).toMatchObject({
      status: 400,
      body: { id: 3, error: { code: -32_602 } },
    });
    const bare = { jsonrpc: '2.0', id: 4, method: 'tools/list' };
    expect(await post(url, bare)).toMatchObject({ status: 400, body: { id: 4, error: { code: -32_602 } } });
  });

  it('are told by a legacy server what it speaks', async () => {
    const { url } = await listen('legacy', way);
    await expect(connect(url, 'pinned')).rejects.toThrow('did not offer pinned protocol version');
    const client = await connect(url, 'auto');
    expect(await say(client, 'era')).toBe('legacy');
    expect(await post(url, modern(1, 'tools/list'))).toMatchObject({
      status: 400,
      body: { id: 1, error: { code: way === 'a command' ? -32_022 : expect.any(Number) } },
    });
  });
});

describe('clients over HTTP of both eras', () => {
  it('are served at once: the legacy one in its session, with a run of its own', async () => {
    const { url, server } = await listen('dual', 'a command');
    const [legacy, auto] = [await connect(url, 'legacy'), await connect(url, 'auto')];
    expect(await Promise.all([say(legacy, 'era'), say(auto, 'era')])).toEqual(['legacy', 'modern']);
    expect(await say(legacy, 'pid')).not.toBe(await say(auto, 'pid'));
    expect(server.runs).toHaveLength(2);
  });

  it('are served on, each in its era, by the next run of a server that was killed', async () => {
    const { url } = await listen('dual', 'a command');
    for (const mode of ['legacy', 'auto'] as const) {
      const client = await connect(url, mode);
      process.kill(Number(await say(client, 'pid')), 'SIGKILL');
      await expect.poll(() => say(client, 'echo', { words: 'back' })).toBe('back');
      expect(await say(client, 'era')).toBe(mode === 'legacy' ? 'legacy' : 'modern');
    }
  });

  it('are not sent back to the legacy era by a server that is not there', async () => {
    const { url, server } = await listen('dual', 'a command');
    const client = await connect(url, 'pinned');
    const pid = Number(await say(client, 'pid'));
    server.plan({ exitAtStart: true });
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => say(client, 'pid')).toMatch(/^The call did not run/);
    const late = await connect(url, 'auto');
    server.plan({});
    await expect.poll(() => say(late, 'era')).toBe('modern');
  });
});

describe('a command of the legacy era that ends at anything before initialize', () => {
  /** As servers of the Rust SDK do. `starts` counts its runs. */
  async function serve(eras: 'legacy' | 'none') {
    const folder = mkdtempSync(join(tmpdir(), 'toolfuse-legacy-'));
    endings.push(() => rmSync(folder, { recursive: true, force: true }));
    const program = join(folder, 'server.mjs');
    const starts = join(folder, 'starts');
    writeFileSync(
      program,
      `import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
appendFileSync(${JSON.stringify(starts)}, '.');
let isBegun = false;
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (!isBegun && (method !== 'initialize' || ${eras === 'none'})) process.exit(1);
  isBegun = true;
  if (id === undefined) return;
  const result =
    method === 'initialize'
      ? { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } }
      : method === 'tools/list'
        ? { tools: [{ name: 'era', inputSchema: { type: 'object' } }] }
        : { content: [{ type: 'text', text: 'legacy' }] };
  console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
});
`,
    );
    const http = await HttpProxy.listen(['--min-backoff', '200', '--', process.execPath, program]);
    endings.push(() => http[Symbol.asyncDispose]());
    return { url: http.url, starts: () => readFileSync(starts, 'utf8').length };
  }

  it('is told to clients of both eras, which go on in that one', async () => {
    const { url, starts } = await serve('legacy');
    expect(await say(await connect(url, 'auto'), 'era')).toBe('legacy');
    await expect(connect(url, 'pinned')).rejects.toThrow(
      'the server does not speak the protocol version 2026-07-28',
    );
    const before = starts();
    // It is not asked again, and no run is started and lost for clients of the other era.
    expect(await post(url, modern(1, 'tools/list'))).toMatchObject({
      status: 400,
      body: { id: 1, error: { code: -32_022 } },
    });
    expect(starts()).toBe(before);
  });

  it('is not what a server is taken for that also ends at initialize', async () => {
    const { url } = await serve('none');
    expect(await post(url, modern(1, 'server/discover'))).toMatchObject({ status: 503, body: { id: 1 } });
  });
});

describe('--loops with requests that stand alone', () => {
  const echo = (meta: object = {}) =>
    modern(1, 'tools/call', { name: 'echo', arguments: { text: 'same' } }, meta) as Record<string, unknown>;
  const traced = (digit: string) => echo({ traceparent: `00-${digit.repeat(32)}-00f067aa0ba902b7-01` });

  it('guards the run that a session or a trace names, and no other', async () => {
    const { url, log } = await listen(
      'dual',
      'a command',
      '--log',
      'json',
      '--loops',
      '--warn-after',
      '1',
      '--deny-after',
      '2',
    );
    /** Makes a call three times. @returns why each was refused, if it was */
    const thrice = async (message: Record<string, unknown>, session?: string): Promise<unknown[]> => {
      const reasons: unknown[] = [];
      for (let count = 0; count < 3; count++) {
        const { body } = await post(url, message, session === undefined ? {} : { 'mcp-session-id': session });
        reasons.push(body.result._meta?.['toolfuse/denial']?.reason);
      }
      return reasons;
    };
    const isStopped = [undefined, undefined, 'loop'];
    const goesOn = [undefined, undefined, undefined];
    expect(await thrice(echo(), 'a')).toEqual(isStopped);
    expect(await thrice(echo(), 'b')).toEqual(isStopped);
    expect(await thrice(traced('1'))).toEqual(isStopped);
    // Another trace is another run; a trace of zeros alone is not valid, and names no run.
    expect(await thrice(traced('2'))).toEqual(isStopped);
    expect(log()).not.toContain('--loops');
    expect(await thrice(traced('0'))).toEqual(goesOn);
    expect(await thrice(echo())).toEqual(goesOn);
    expect(log().split('--loops cannot tell their runs apart')).toHaveLength(2);
  });
});
