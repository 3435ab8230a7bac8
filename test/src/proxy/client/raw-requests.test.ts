import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EraServer, type Eras } from '../support/era-server.ts';
import { HttpProxy } from '../support/http-proxy.ts';
import { envelope } from '../support/modern.ts';
import { freePort } from '../support/network.ts';

/** What is seen of an answer: words differ, but neither the status nor what a client negotiates by. */
interface Seen {
  readonly status: number;
  readonly id?: unknown;
  readonly code?: unknown;
  readonly supported?: unknown;
  readonly requested?: unknown;
  readonly result?: readonly string[];
}

type Headers = Readonly<Record<string, string>>;
type Case = readonly [what: string, body: unknown, headers: Headers];

const version = 'io.modelcontextprotocol/protocolVersion';

const modern = (method: string, params: object = {}, meta: object = {}): object => ({
  jsonrpc: '2.0',
  id: 7,
  method,
  params: { ...params, _meta: { ...envelope, ...meta } },
});
const named = (said: string, method?: string, name?: string): Headers => ({
  'mcp-protocol-version': said,
  ...(method !== undefined && { 'mcp-method': method }),
  ...(name !== undefined && { 'mcp-name': name }),
});
const now = '2026-07-28';
const call = (name: string, args: object): object => modern('tools/call', { name, arguments: args });
const calling = (name: string): Headers => named(now, 'tools/call', name);
const initialize = (protocolVersion: string): object => ({
  jsonrpc: '2.0',
  id: 7,
  method: 'initialize',
  params: { protocolVersion, capabilities: {}, clientInfo: { name: 'me', version: '1' } },
});
const bare = (method: string): object => ({ jsonrpc: '2.0', id: 7, method });
const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 3 } };

/** Requests that a server of both eras, and one of the modern one, have to answer alike. */
const ofBoth: readonly Case[] = [
  ['asks what the server speaks', modern('server/discover'), named(now, 'server/discover')],
  ...['v999.0.0', '1.0.0', '2025-11-25', '2099-01-01'].flatMap((each): Case[] => [
    [`asks in ${each}`, modern('server/discover', {}, { [version]: each }), named(each, 'server/discover')],
    [`lists in ${each}`, modern('tools/list', {}, { [version]: each }), named(each, 'tools/list')],
  ]),
  ['names two revisions', modern('tools/list', {}, { [version]: '2099-01-01' }), named(now, 'tools/list')],
  ['has a strange header and no envelope', bare('tools/list'), named('v999.0.0', 'tools/list')],
  ['has the header and no envelope', bare('tools/list'), named(now, 'tools/list')],
  ['has the envelope and no header', modern('tools/list'), {}],
  ['does not repeat its method', modern('tools/list'), named(now)],
  ['does not repeat its name', call('pid', {}), named(now, 'tools/call')],
  ['repeats another method', modern('tools/list'), named(now, 'prompts/list')],
  ['begins a legacy session in the new revision', initialize('2025-11-25'), named(now, 'initialize')],
  ['initializes with an envelope', modern('initialize'), named(now, 'initialize')],
  ['pings', modern('ping'), named(now, 'ping')],
  ['is of no method', modern('no/such'), named(now, 'no/such')],
  ['tells something', cancelled, named(now, 'notifications/cancelled')],
  ['tells what its header does not', cancelled, named(now, 'notifications/other')],
  ['is a batch', [modern('tools/list')], named(now, 'tools/list')],
  ['is no JSON', '{nope', named(now, 'tools/list')],
  ['is no JSON, and says nothing', '{nope', {}],
  ['is no object', '7', named(now, 'x')],
  [
    'says nothing of its client',
    { ...bare('tools/list'), params: { _meta: { [version]: now } } },
    named(now, 'tools/list'),
  ],
  ['names a number as its revision', modern('tools/list', {}, { [version]: 7 }), named(now, 'tools/list')],
  ['has a number as its envelope', { ...bare('tools/list'), params: { _meta: 7 } }, named(now, 'tools/list')],
  [
    'repeats an argument',
    call('region', { region: 'eu' }),
    { ...calling('region'), 'mcp-param-region': 'eu' },
  ],
  ['does not repeat an argument', call('region', { region: 'eu' }), calling('region')],
  [
    'repeats an argument in bad Base64',
    call('region', { region: 'Hello' }),
    { ...calling('region'), 'mcp-param-region': '=?base64?SGVsbG8?=' },
  ],
  ['has no argument to repeat', call('region', { region: null }), calling('region')],
  ['calls no tool', call('nope', {}), calling('nope')],
  ['calls with arguments that are not valid', call('echo', { words: 1 }), calling('echo')],
  [
    'lacks a capability',
    modern(
      'tools/call',
      { name: 'ask', arguments: {} },
      { 'io.modelcontextprotocol/clientCapabilities': {} },
    ),
    calling('ask'),
  ],
  ['is sent as text', modern('tools/list'), { ...named(now, 'tools/list'), 'content-type': 'text/plain' }],
];

/** What depends on the era: a modern server begins no session. */
const ofEra: Readonly<Record<'dual' | 'modern', readonly Case[]>> = {
  dual: [
    ['begins a session', initialize('2025-11-25'), {}],
    ['begins a session in a revision to come', initialize('2099-01-01'), {}],
    ['lists without a session', bare('tools/list'), {}],
    ['lists in a low strange version', bare('tools/list'), named('1.0.0')],
    [
      'remembers a session that is over',
      modern('tools/list'),
      { ...named(now, 'tools/list'), 'mcp-session-id': 'old' },
    ],
  ],
  modern: [
    ['begins a session', initialize('2025-11-25'), {}],
    ['begins a session in the first revision', initialize('2024-10-07'), {}],
    ['begins a session in a revision to come', initialize('2099-01-01'), {}],
    ['begins a session in the modern revision', initialize(now), {}],
  ],
};

async function post(url: string, [, body, headers]: Case): Promise<Seen> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const { status } = response;
  try {
    const { id, error, result } = JSON.parse(/^data: (\{.*)$/m.exec(text)?.[1] ?? text);
    const { code, data: { supported, requested } = {} } = error ?? { data: {} };
    return { status, id, code, supported, requested, result: Object.keys(result ?? {}) };
  } catch {
    return { status };
  }
}

describe.each(['dual', 'modern'] as const)(
  'in front of a server that speaks %s, a raw POST',
  (eras: Eras) => {
    const server = new EraServer(eras);
    const urls = { direct: '', command: '', url: '' };
    const proxies: HttpProxy[] = [];
    beforeAll(async () => {
      const port = await freePort();
      await server.listen(port);
      urls.direct = `http://127.0.0.1:${port}/mcp`;
      for (const [way, target] of [
        ['command', ['--', ...server.command]],
        ['url', ['--url', urls.direct]],
      ] as const) {
        const http = await HttpProxy.listen(target);
        proxies.push(http);
        urls[way] = http.url.href;
      }
    });
    afterAll(async () => {
      for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    });

    it.each([...ofBoth, ...ofEra[eras as 'dual' | 'modern']])(
      'that %s is answered as directly',
      async (...each) => {
        const direct = await post(urls.direct, each);
        expect(await post(urls.command, each)).toEqual(direct);
        expect(await post(urls.url, each)).toEqual(direct);
      },
    );
  },
);

it('a session that a server refuses leaves no run of it behind', async () => {
  await using server = new EraServer('modern');
  await using http = await HttpProxy.listen(['--', ...server.command]);
  const refused = await post(http.url.href, ['begins a session', initialize('2025-11-25'), {}]);
  expect(refused).toMatchObject({ status: 400, code: -32_022, supported: [now] });
  expect(server.runs).toHaveLength(1);
  await expect.poll(() => server.isRunning).toBe(false);
});
