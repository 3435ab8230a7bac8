import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HttpFront } from '../../src/proxy/http-front.ts';
import { McpProxy } from '../../src/proxy/mcp-proxy.ts';
import { readOptions } from '../../src/proxy/options/read.ts';

const fileServer = fileURLToPath(
  import.meta.resolve('@modelcontextprotocol/server-filesystem/dist/index.js'),
);
const folder = mkdtempSync(join(tmpdir(), 'toolfuse-http-'));
const endings: (() => Promise<unknown>)[] = [];

beforeAll(() => writeFileSync(join(folder, 'a.txt'), 'the text'));
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A proxy with real servers behind it, that speaks HTTP. */
async function listen(args: readonly string[] = ['--', process.execPath, fileServer, folder]): Promise<URL> {
  const proxy = new McpProxy(readOptions(['--log', 'none', ...args], {}), {
    writeLog: () => {},
    isTerminal: false,
  });
  const front = new HttpFront(proxy, { host: '127.0.0.1', port: 0 });
  endings.push(async () => {
    front.close();
    await proxy.end();
  });
  return new URL(await front.listen());
}

async function connect(url: URL): Promise<{ client: Client; transport: StreamableHTTPClientTransport }> {
  const client = new Client({ name: 'test', version: '1' });
  const transport = new StreamableHTTPClientTransport(url);
  // The SDK's own types disagree under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<Client['connect']>[0]);
  endings.push(() => client.close());
  return { client, transport };
}

const read = (client: Client) =>
  client.callTool({ name: 'read_text_file', arguments: { path: join(folder, 'a.txt') } });

/** The status of a request, which may say whatever it likes of where it goes and comes from. */
function statusOf(
  url: URL,
  { method = 'POST', headers = {}, body = '{"jsonrpc":"2.0","method":"notifications/x"}' } = {},
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers }, (response) => {
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

  it('shares the circuits with the others', async () => {
    const url = await listen([
      '--tool',
      'read_text_file:failure-threshold=1',
      '--',
      process.execPath,
      fileServer,
      folder,
    ]);
    const [one, two] = [await connect(url), await connect(url)];
    const broken = { name: 'read_text_file', arguments: { path: folder, head: 1 } };
    const first = await one.client.callTool(broken);
    const second = await two.client.callTool(broken);
    expect([first.isError, second.isError]).toEqual([true, true]);
    // Reading a folder is a mistake of the caller's: no circuit opens, for either.
    expect(second._meta).toBeUndefined();
  });
});

describe('a request that has no business here', () => {
  it.each([
    ['under the name of another host', { headers: { host: 'evil.example:80' } }, 403],
    ['from a page of another site', { headers: { origin: 'https://evil.example' } }, 403],
    ['from a page without a site', { headers: { origin: 'null' } }, 403],
    ['from a page of this machine', { headers: { origin: 'http://localhost:3000' } }, 400],
    ['without a session', {}, 400],
    ['of a session that is not', { headers: { 'mcp-session-id': 'x' } }, 404],
    ['with a body that is no message', { body: 'hello' }, 400],
    ['with another method', { method: 'PUT' }, 405],
    ['to listen to no session', { method: 'GET' }, 400],
    ['to end no session', { method: 'DELETE', headers: { 'mcp-session-id': 'x' } }, 404],
  ])('%s is refused', async (_, options, status) => {
    expect(await statusOf(await listen(), options)).toBe(status);
  });

  it('with too much in it is refused, and the others go on', async () => {
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
