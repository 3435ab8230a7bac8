import { expect } from 'vitest';
import type { RawClient, RawMessage } from './raw-client.ts';

/** The arguments for a server's tools, templates and prompts. */
export interface Exploration {
  /** The arguments of the calls of each tool that the server lists. */
  readonly tools: Readonly<Record<string, readonly Record<string, unknown>[]>>;
  /** Tools that need more than one call. The script calls them itself. */
  readonly elsewhere?: readonly string[];
  /** Resources to read of each template, by its name. */
  readonly templates?: Readonly<Record<string, readonly string[]>>;
  /** The arguments to get each prompt with. */
  readonly prompts?: Readonly<Record<string, readonly Record<string, string>[]>>;
}

const protocolVersion = '2025-11-25';

/** Everything that a client can be capable of. */
const capabilities = {
  roots: { listChanged: true },
  sampling: {},
  elicitation: { form: {}, url: {} },
  tasks: {
    list: {},
    cancel: {},
    requests: { sampling: { createMessage: {} }, elicitation: { create: {} } },
  },
  experimental: { 'example.org/strange': { deep: [1, { a: null }] } },
};

export async function initialize(client: RawClient): Promise<RawMessage> {
  const answer = await client.request('initialize', {
    protocolVersion,
    capabilities,
    clientInfo: { name: 'recorder', version: '1.0.0', title: 'Ünïcode \u2028 "quoted"' },
    _meta: { 'example.org/trace': 'abc' },
  });
  client.notify('notifications/initialized');
  return answer;
}

/** The items of a list, page by page. */
async function list(client: RawClient, method: string, field: string): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  let cursor: unknown;
  do {
    const { result } = await client.request(method, cursor === undefined ? undefined : { cursor });
    items.push(...((result?.[field] ?? []) as Record<string, unknown>[]));
    cursor = result?.nextCursor;
  } while (cursor !== undefined);
  return items;
}

/** Lists everything that a server has, and calls, reads and gets each of it. */
export async function explore(
  client: RawClient,
  { tools, elsewhere = [], templates = {}, prompts = {} }: Exploration,
): Promise<void> {
  const listed = (await list(client, 'tools/list', 'tools')).map(({ name }) => String(name));
  // The script must know everything that the server has: nothing is left out silently.
  expect([...Object.keys(tools), ...elsewhere].sort()).toEqual(listed.sort());
  for (const [name, calls] of Object.entries(tools)) {
    for (const args of calls) await client.request('tools/call', { name, arguments: args });
  }
  await client.request('tools/call', { name: 'no-such-tool', arguments: {} });
  await client.request('tools/call', { arguments: {} });
  await client.request('tools/call', {
    name: Object.keys(tools)[0],
    arguments: { nonsense: 1 },
    _meta: { a: 1 },
  });

  for (const { uri } of await list(client, 'resources/list', 'resources')) {
    await client.request('resources/read', { uri });
  }
  await client.request('resources/read', { uri: 'no://such/resource' });
  const listedTemplates = (await list(client, 'resources/templates/list', 'resourceTemplates')).map(
    ({ name }) => String(name),
  );
  expect(Object.keys(templates).sort()).toEqual(listedTemplates.sort());
  for (const uri of Object.values(templates).flat()) await client.request('resources/read', { uri });

  const listedPrompts = (await list(client, 'prompts/list', 'prompts')).map(({ name }) => String(name));
  expect(Object.keys(prompts).sort()).toEqual(listedPrompts.sort());
  for (const [name, gets] of Object.entries(prompts)) {
    for (const args of gets) await client.request('prompts/get', { name, arguments: args });
  }
  await client.request('prompts/get', { name: 'no-such-prompt' });

  for (const level of [
    'debug',
    'info',
    'notice',
    'warning',
    'error',
    'critical',
    'alert',
    'emergency',
    'debug',
  ]) {
    await client.request('logging/setLevel', { level });
  }
  await client.request('logging/setLevel', { level: 'loud' });

  await client.request('ping');
  await client.request(
    'ping',
    { _meta: { progressToken: 'x', 'example.org/y': { z: [] } } },
    'an id "in" words',
  );
  await client.request('example.org/unknown', { a: [1, 2.5, null, { b: '\u0000\u2029' }] });
  client.notify('notifications/example.org/unknown', { a: 1 });
  await client.request('ping');
}
