import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createToolRegistry } from 'toolfuse';
import { guardMcpClient, retryAfterFetch } from 'toolfuse/mcp';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';
import { newestSdk1, type Sdk, sdks } from './support/sdks.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** An MCP server over HTTP that can be set to refuse requests, and a guarded client of it. */
async function setUp(sdk: Sdk, options: { fetch?: typeof fetch } = {}) {
  const refusal: { status: number | null; headers: Record<string, string> } = { status: null, headers: {} };
  const http: Server = createServer(async (request, response) => {
    if (refusal.status !== null) return response.writeHead(refusal.status, refusal.headers).end('not now');
    const server = new McpServer({ name: 'notes', version: '1.0.0' });
    server.registerTool('now', {}, () => ({ content: [{ type: 'text', text: 'noon' }] }));
    // Without sessions, a new server is created for each request.
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    await server.connect(transport as never);
    await transport.handleRequest(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`);
  const clock = new ManualClock();
  const registry = createToolRegistry({ clock, circuit: { failureThreshold: 1, minBackoffMs: 1_000 } });
  const client = guardMcpClient(sdk.newClient(), {
    registry,
    server: 'notes',
  });
  await client.connect(new sdk.StreamableHTTPClientTransport(url, options) as never);
  closing.push(
    () => new Promise((resolve) => http.close(resolve)),
    () => client.close(),
  );
  return { registry, clock, refusal, http, now: () => sdk.call(client, { name: 'now' }) };
}

describe.each(sdks.filter(({ era }) => era === 'legacy'))('a client of SDK $name over HTTP', (sdk) => {
  it('gets ordinary answers unchanged', async () => {
    const { now } = await setUp(sdk);
    expect(await now()).toEqual({ content: [{ type: 'text', text: 'noon' }] });
  });

  it('recognises a server that is down by its HTTP status', async () => {
    const { registry, refusal, now } = await setUp(sdk);
    refusal.status = 502;
    await expect(now()).rejects.toThrow('Error POSTing to endpoint');
    expect(registry.openCircuits()).toEqual(['notes']);
  });

  it('blames a server that is not listening', async () => {
    const { registry, http, now } = await setUp(sdk);
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
    await expect(now()).rejects.toThrow('fetch failed');
    expect(registry.openCircuits()).toEqual(['notes']);
  });
});

describe('a client over HTTP that reads Retry-After', () => {
  const setUpToHear = () => setUp(newestSdk1, { fetch: retryAfterFetch() });

  it('gets ordinary answers unchanged', async () => {
    const { now } = await setUpToHear();
    expect(await now()).toEqual({ content: [{ type: 'text', text: 'noon' }] });
  });

  it('keeps the circuit open as long as the server asks', async () => {
    const { registry, clock, refusal, now } = await setUpToHear();
    Object.assign(refusal, { status: 503, headers: { 'retry-after': '30' } });
    await expect(now()).rejects.toMatchObject({
      status: 503,
      message: 'HTTP 503 Service Unavailable: try again later',
    });
    expect(registry.openCircuits()).toEqual(['notes']);
    expect(registry.remainingBackoffMs('notes')).toBe(30_000);
    refusal.status = null;
    clock.advance(29_999);
    expect(await now()).toMatchObject({ isError: true });
    clock.advance(1);
    expect(await now()).toEqual({ content: [{ type: 'text', text: 'noon' }] });
  });

  it('counts a rate limit against the tool', async () => {
    const { registry, refusal, now } = await setUpToHear();
    Object.assign(refusal, { status: 429, headers: { 'retry-after-ms': '2500' } });
    await expect(now()).rejects.toMatchObject({ status: 429 });
    expect(registry.openCircuits()).toEqual(['now']);
    expect(registry.remainingBackoffMs('now')).toBe(2_500);
  });
});

describe('retryAfterFetch', () => {
  const answering = (status: number, headers: Record<string, string> = {}) =>
    retryAfterFetch(async () => new Response('body', { status, headers }));

  it.each([
    [200, { 'retry-after': '5' }],
    [503, {}],
    [401, { 'retry-after': '5' }],
  ])('gives a response that asks for no wait as it is: %d %j', async (status, headers) => {
    expect(await (await answering(status, headers)('http://x')).text()).toBe('body');
  });

  it('passes on the errors of fetch', async () => {
    const fetch = retryAfterFetch(() => Promise.reject(new TypeError('fetch failed')));
    await expect(fetch('http://x')).rejects.toThrow(new TypeError('fetch failed'));
  });

  it('waits neither for a copy of the response that nobody reads, nor for a body that cannot be cancelled', async () => {
    const response = () => new Response('body', { status: 503, headers: { 'retry-after': '5' } });
    const asked = { status: 503, message: 'HTTP 503: try again later' };
    const logged = retryAfterFetch(async () => {
      const given = response();
      given.clone();
      return given;
    });
    await expect(logged('http://x')).rejects.toMatchObject(asked);
    const read = retryAfterFetch(async () => {
      const given = response();
      given.body?.getReader();
      return given;
    });
    await expect(read('http://x')).rejects.toMatchObject(asked);
    // node-fetch has a stream of Node there.
    const nodeFetch = retryAfterFetch(async () => Object.defineProperty(response(), 'body', { value: {} }));
    await expect(nodeFetch('http://x')).rejects.toMatchObject(asked);
  });
});
