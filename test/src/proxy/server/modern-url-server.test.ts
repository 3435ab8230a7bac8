import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { modern } from '../support/modern.ts';
import { answer, answerTo, connectTo, stream } from '../support/url-connection.ts';

/** Headers of MCP's own, as a server receives them. */
const mcpHeaders = ({ headers }: IncomingMessage): Record<string, unknown> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('mcp-')));

const refuse = (response: ServerResponse, status: number, content: object): void =>
  void response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ jsonrpc: '2.0', ...content }));

/** A server that answers everything, and records the headers of each request. */
async function recording() {
  const seen: Record<string, unknown>[] = [];
  const to = await connectTo({
    onPost: ({ id }, response, request) => {
      seen.push(mcpHeaders(request));
      if (id === undefined) response.writeHead(202).end();
      else answer(response.setHeader('mcp-session-id', 'of-no-session'), answerTo(id as number));
    },
  });
  return Object.assign(to, { seen });
}

describe('a modern request over HTTP', () => {
  const version = { 'mcp-protocol-version': '2026-07-28' };

  it.each([
    ['tools/call', { name: 'search' }, 'search'],
    ['prompts/get', { name: 'grüße' }, `=?base64?${Buffer.from('grüße').toString('base64')}?=`],
    ['resources/read', { uri: 'note://a' }, 'note://a'],
    ['tools/call', { name: ' x' }, `=?base64?${Buffer.from(' x').toString('base64')}?=`],
    ['tasks/get', { taskId: 't-1' }, 't-1'],
  ])('repeats in its headers what %s is about', async (method, params, name) => {
    await using to = await recording();
    to.say(modern(1, method, params));
    await expect.poll(() => to.lines).toHaveLength(1);
    expect(to.seen).toEqual([{ ...version, 'mcp-method': method, 'mcp-name': name }]);
  });

  it('belongs to no session, not even if the server names one', async () => {
    await using to = await recording();
    for (const id of [1, 2]) to.say(modern(id, 'tools/list'));
    await expect.poll(() => to.lines).toHaveLength(2);
    expect(to.seen).toEqual(Array(2).fill({ ...version, 'mcp-method': 'tools/list' }));
  });

  it('is followed by notifications of its era', async () => {
    await using to = await recording();
    to.say(modern(1, 'tools/list'));
    await expect.poll(() => to.lines).toHaveLength(1);
    to.say({ method: 'notifications/custom' });
    await expect.poll(() => to.seen).toHaveLength(2);
    expect(to.seen[1]).toEqual({ ...version, 'mcp-method': 'notifications/custom' });
  });

  it('is cancelled by the end of its connection, and by no message', async () => {
    const open = new Set<ServerResponse>();
    await using to = await connectTo({
      onPost: (_, response) => {
        open.add(response);
        response.on('close', () => open.delete(response));
        stream(response);
      },
    });
    to.say(modern(1, 'tools/call', { name: 'slow' }));
    await expect.poll(() => open.size).toBe(1);
    to.say({ method: 'notifications/cancelled', params: { requestId: 1 } });
    await expect.poll(() => open.size).toBe(0);
    expect([to.asked, to.undelivered]).toEqual([['tools/call'], []]);
  });
});

describe('a legacy session over HTTP', () => {
  it('has the name that the answer to `initialize` gives it, and no other', async () => {
    await using to = await recording();
    to.say({ id: 1, method: 'tools/list' });
    await expect.poll(() => to.lines).toHaveLength(1);
    to.say({ id: 2, method: 'initialize' });
    await expect.poll(() => to.lines).toHaveLength(2);
    to.say({ id: 3, method: 'tools/list' });
    await expect.poll(() => to.lines).toHaveLength(3);
    expect(to.seen).toEqual([{}, {}, { 'mcp-session-id': 'of-no-session' }]);
  });

  it('is not forgotten by a server that refuses what was asked before it', async () => {
    await using to = await connectTo({
      onPost: ({ id, method }, response) => {
        response.setHeader('mcp-session-id', 'a');
        if (method === 'initialize') answer(response, answerTo(id as number));
        else refuse(response, 400, { id: null, error: { code: -32_600, message: 'Missing session ID' } });
      },
    });
    to.say(modern('probe', 'server/discover'));
    await expect.poll(() => to.lines).toHaveLength(1);
    expect(to.ends).toEqual([]);
    to.say({ id: 1, method: 'initialize' });
    await expect.poll(() => to.lines).toHaveLength(2);
  });
});

describe('a refusal of a modern request', () => {
  const error = { code: -32_022, message: 'Unsupported', data: { supported: ['2027-01-01'] } };

  it.each([
    ['with the id of the request', 1],
    ['without an id', null],
  ])('keeps its code and data: %s', async (_, id) => {
    await using to = await connectTo({
      onPost: (_message, response) => refuse(response, 400, { id, error }),
    });
    to.say(modern(1, 'server/discover'));
    await expect
      .poll(() => to.lines.map((line) => JSON.parse(line)))
      .toEqual([{ jsonrpc: '2.0', id: 1, error }]);
    expect(to.undelivered).toEqual([]);
  });

  it.each([401, 403, 429, 500, 503])('with status %i is no answer of the server itself', async (status) => {
    await using to = await connectTo({
      onPost: (_, response) => refuse(response, status, { id: 1, error }),
    });
    to.say(modern(1, 'server/discover'));
    await expect.poll(() => to.undelivered).toHaveLength(1);
    expect(to.undelivered[0]?.error).toMatchObject({ status });
    expect(to.lines).toEqual([]);
  });

  it('tells a legacy client as well that no version is common', async () => {
    await using to = await connectTo({
      onPost: (_, response) => refuse(response, 400, { id: 1, error }),
    });
    to.say({ id: 1, method: 'initialize' });
    await expect.poll(() => to.lines.map((line) => JSON.parse(line))).toMatchObject([{ id: 1, error }]);
  });
});

describe('an argument that a header repeats', () => {
  const schema = { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } };
  const call = (id: number): ReturnType<typeof modern> =>
    modern(id, 'tools/call', { name: 'query', arguments: { region: 'eu' } });

  /** A server with such a tool, and with one whose mark is invalid. It refuses calls without the header. */
  async function marked(hidesInvalid = true) {
    const behaviour: Parameters<typeof connectTo>[0] = {
      onPost: ({ id, method, params }, response, request) => {
        if (method === 'tools/list') {
          const { cursor } = (params ?? {}) as { cursor?: string };
          const tools =
            cursor === undefined
              ? [
                  {
                    name: 'broken',
                    inputSchema: { properties: { a: { type: 'object', 'x-mcp-header': 'A' } } },
                  },
                ]
              : [{ name: 'query', inputSchema: schema }];
          const result = { tools, ...(cursor === undefined && { nextCursor: 'more' }) };
          return answer(response, JSON.stringify({ jsonrpc: '2.0', id, result }));
        }
        if (request.headers['mcp-param-region'] === 'eu') return answer(response, answerTo(id as number));
        refuse(response, 400, { id, error: { code: -32_020, message: 'the header is absent' } });
      },
    };
    const to = await connectTo(behaviour, undefined, {}, hidesInvalid);
    const read = (): { id: number; error?: object; result?: { tools?: { name: string }[] } }[] =>
      to.lines.map((line) => JSON.parse(line));
    return Object.assign(to, { read });
  }

  it('is repeated once the list of tools was seen, from which tools that cannot be called are dropped', async () => {
    await using to = await marked();
    to.say(modern(1, 'tools/list'));
    to.say(modern(2, 'tools/list', { cursor: 'more' }));
    await expect.poll(() => to.lines).toHaveLength(2);
    const names = to.read().map(({ id, result }) => [id, result?.tools?.map(({ name }) => name)]);
    expect(names.sort()).toEqual([
      [1, []],
      [2, ['query']],
    ]);
    to.say(call(3));
    await expect.poll(() => to.read().at(-1)).toMatchObject({ id: 3, result: {} });
    expect(to.asked).toEqual(['tools/list', 'tools/list', 'tools/call']);
  });

  it('leaves the list as it is for a client over HTTP, which has to drop such tools itself', async () => {
    await using to = await marked(false);
    to.say(modern(1, 'tools/list'));
    await expect.poll(() => to.read()).toMatchObject([{ result: { tools: [{ name: 'broken' }] } }]);
  });

  it('is repeated although the client has never asked for the list', async () => {
    await using to = await marked();
    to.say(call(1));
    await expect.poll(() => to.read()).toMatchObject([{ id: 1, result: {} }]);
    expect(to.asked).toEqual(['tools/call', 'tools/list', 'tools/list', 'tools/call']);
  });

  it('that the list does not name is the client’s to mend', async () => {
    await using to = await marked();
    to.say(modern(1, 'tools/call', { name: 'other' }));
    await expect.poll(() => to.read()).toMatchObject([{ id: 1, error: { code: -32_020 } }]);
    expect(to.asked.filter((method) => method === 'tools/call')).toHaveLength(1);
  });
});
