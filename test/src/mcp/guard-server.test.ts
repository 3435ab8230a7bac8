import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createToolRegistry, type ToolRegistryOptions } from 'toolfuse';
import { guardMcpServer, type McpServerOptions } from 'toolfuse/mcp';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ManualClock } from '../../support/manual-clock.ts';
import { newestSdk1, newestSdk2, type Sdk, sdks, type TestServer } from './support/sdks.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** The behaviour of the handlers below, which each test sets. */
type Behaviour = (text: string, signal: AbortSignal) => unknown;

/** A guarded server with one tool registered before it was guarded and one after, and an unguarded client. */
async function setUp(
  sdk: Sdk,
  {
    registry: options = {},
    ...more
  }: { registry?: ToolRegistryOptions } & Partial<Omit<McpServerOptions, 'registry'>> = {},
) {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 2, minBackoffMs: 5_000 },
    ...options,
  });
  const called: string[] = [];
  const how: { behave: Behaviour } = { behave: () => 'done' };
  const handlerOf =
    (name: string) =>
    async ({ text }: { text: string }, signal: AbortSignal) => {
      called.push(`${name} ${text}`);
      const answer = await how.behave(text, signal);
      if (typeof answer === 'object') return answer as { content: [] };
      return { content: [{ type: 'text' as const, text: String(answer) }] };
    };
  const server = sdk.newServer();
  const before = sdk.addTool(server, 'before', handlerOf('before'));
  const guarded = guardMcpServer(server, { registry, ...more });
  const after = sdk.addTool(server, 'after', handlerOf('after'));
  const client = sdk.newClient();
  await sdk.connect(server, client);
  closing.push(
    () => client.close(),
    () => registry.stop(),
  );
  const call = (name: string, text: unknown = 'x', options: object = {}) =>
    sdk.call(client, { name, arguments: { text } }, options);
  return { registry, clock, server, guarded, before, after, client, called, how, handlerOf, call };
}

const broken = (): never => {
  throw Object.assign(new Error('the database is away'), { code: 'ECONNREFUSED' });
};

describe.each(sdks)('a guarded server of SDK $name', (sdk) => {
  it('is the same server, and its tools work', async () => {
    const { guarded, server, call } = await setUp(sdk);
    expect(guarded).toBe(server);
    expect(await call('before')).toMatchObject({ content: [{ type: 'text', text: 'done' }] });
    expect(await call('after')).toMatchObject({ content: [{ type: 'text', text: 'done' }] });
  });

  it('cannot be guarded twice', async () => {
    const { server, registry } = await setUp(sdk);
    expect(() => guardMcpServer(server, { registry })).toThrow(
      'guardMcpServer: this server is guarded already',
    );
  });

  it.each(['before', 'after'])('guards a tool that was registered %s', async (name) => {
    const { registry, called, how, call } = await setUp(sdk);
    how.behave = broken;
    // The SDK's result for an error in a handler, whether guarded or not.
    const failed = { isError: true, content: [{ type: 'text', text: 'the database is away' }] };
    expect(await call(name)).toMatchObject(failed);
    expect(await call(name)).toMatchObject(failed);
    expect(registry.openCircuits()).toEqual([name]);
    expect(registry.diagnostics(name).lastErrorCategory).toBe('network');

    expect(await call(name)).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: expect.stringContaining('The call did not run.') }],
      _meta: { 'toolfuse/denial': { tool: name, kind: 'unreachable', lastError: 'the database is away' } },
    });
    expect(called).toHaveLength(2);
  });

  it('admits a probe after the backoff', async () => {
    const { registry, clock, how, call } = await setUp(sdk);
    how.behave = broken;
    await call('after');
    await call('after');
    how.behave = () => 'back';
    clock.advance(5_000);
    expect(await call('after')).toMatchObject({ content: [{ type: 'text', text: 'back' }] });
    expect(registry.state('after')).toBe('closed');
  });

  it('counts an isError result of a handler depending on its text', async () => {
    const { registry, how, call } = await setUp(sdk);
    how.behave = (text) => ({ isError: true, content: [{ type: 'text', text }] });
    await call('after', 'No such file or directory');
    await call('after', 'No such file or directory');
    expect(registry.state('after')).toBe('closed');
    await call('after', 'HTTP 503');
    expect(await call('after', 'HTTP 503')).toMatchObject({ content: [{ text: 'HTTP 503' }] });
    expect(registry.diagnostics('after')).toMatchObject({
      status: 'open',
      lastErrorCategory: 'serviceUnavailable',
    });
  });

  it('does not count results if asked not to', async () => {
    const { registry, how, call } = await setUp(sdk, { resultErrors: 'ignore' });
    how.behave = (text) => ({ isError: true, content: [{ type: 'text', text }] });
    for (let count = 0; count < 3; count++) await call('after', 'HTTP 503');
    expect(registry.state('after')).toBe('closed');
  });

  it('asks no circuit about arguments that do not match the schema', async () => {
    const { registry, called, call } = await setUp(sdk);
    for (let count = 0; count < 3; count++) await call('after', 5).catch(() => {});
    expect(called).toEqual([]);
    expect(registry.metrics().calls).toBe(0);
  });

  it('counts failures against the upstream in the tool’s settings', async () => {
    const { registry, how, call } = await setUp(sdk, {
      registry: {
        circuit: { failureThreshold: 2 },
        tools: { before: { upstream: 'database' }, after: { upstream: 'database' } },
      },
    });
    how.behave = broken;
    await call('before');
    await call('after');
    expect(registry.openCircuits()).toEqual(['database']);
  });

  it('ends a call after its time limit, and aborts the handler’s signal', async () => {
    const { registry, clock, how, call } = await setUp(sdk, { timeoutMs: 1_000 });
    const reasons: unknown[] = [];
    for (let count = 0; count < 2; count++) {
      const begun = new Promise<void>((resolve) => {
        how.behave = (_text, signal) => {
          signal.addEventListener('abort', () => reasons.push(signal.reason));
          resolve();
          return new Promise(() => {});
        };
      });
      const answer = call('after');
      await begun;
      clock.advance(1_000);
      expect(await answer).toMatchObject({
        isError: true,
        content: [{ text: 'after did not answer within 1000 ms' }],
      });
    }
    expect(reasons).toMatchObject([{ name: 'TimeoutError' }, { name: 'TimeoutError' }]);
    expect(registry.diagnostics('after')).toMatchObject({ status: 'open', lastErrorCategory: 'timeout' });
  });

  it('passes on another circuit’s refusal that a handler throws, like any error', async () => {
    const { registry, how, call } = await setUp(sdk);
    registry.isolate('inner');
    how.behave = () => registry.execute('inner', () => 'never');
    for (let count = 0; count < 3; count++) {
      const answer = await call('after');
      expect(answer).toMatchObject({ isError: true });
      expect(answer._meta ?? {}).not.toHaveProperty('toolfuse/denial');
    }
    expect(registry.state('after')).toBe('closed');
  });

  it('can choose the names of its circuits', async () => {
    const { registry, call } = await setUp(sdk, { toolName: (tool) => `notes.${tool}` });
    await call('before');
    await call('after');
    expect(registry.metrics().tools.map(({ tool }) => tool)).toEqual(['notes.before', 'notes.after']);
    registry.isolate('notes.before');
    expect(await call('before')).toMatchObject({ _meta: { 'toolfuse/denial': { tool: 'before' } } });
  });

  describe('whose tool is changed', () => {
    it('guards a new handler', async () => {
      const { registry, after, how, handlerOf, call, called } = await setUp(sdk);
      after.update({ callback: sdk.handler(handlerOf('new')) });
      how.behave = broken;
      await call('after');
      await call('after');
      expect(called).toEqual(['new x', 'new x']);
      expect(registry.openCircuits()).toEqual(['after']);
    });

    it('guards a handler only once, even if it is set to itself', async () => {
      const { registry, after, how, call } = await setUp(sdk);
      const fields = after as unknown as Record<string, unknown>;
      const field = 'handler' in fields ? 'handler' : 'callback';
      const { [field]: handler } = fields;
      fields[field] = handler;
      how.behave = broken;
      await call('after');
      expect(registry.metrics().calls).toBe(1);
    });

    it('has a circuit under its new name', async () => {
      const { registry, before, call } = await setUp(sdk);
      before.update({ name: 'renamed' });
      await call('renamed');
      expect(registry.metrics().tools.map(({ tool }) => tool)).toEqual(['renamed']);
      expect([...registry.knownTools()]).toEqual(expect.arrayContaining(['before', 'after', 'renamed']));
    });

    it('still disables, enables and removes it', async () => {
      const { client, before, after } = await setUp(sdk);
      const listed = async () => (await client.listTools()).tools.map(({ name }) => name);
      before.disable();
      expect(await listed()).toEqual(['after']);
      before.enable();
      after.remove();
      expect(await listed()).toEqual(['before']);
    });
  });
});

// The server of 2.0.0 aborts nothing when a modern client cancels.
describe.each(sdks.filter(({ name }) => name !== '2.0.0, modern'))('a guarded server of SDK $name', (sdk) => {
  it('does not count a call that its client cancels', async () => {
    const { registry, how, call } = await setUp(sdk);
    for (let count = 0; count < 3; count++) {
      const controller = new AbortController();
      const begun = new Promise<void>((resolve) => {
        how.behave = () => {
          resolve();
          return new Promise(() => {});
        };
      });
      const answer = call('after', 'x', { signal: controller.signal });
      await begun;
      controller.abort('enough');
      await expect(answer).rejects.toThrow('enough');
      await expect.poll(() => registry.metrics().calls).toBe(count + 1);
    }
    expect(registry.metrics().failures).toEqual({ cancelled: 3 });
    expect(registry.state('after')).toBe('closed');
  });
});

describe.each([newestSdk1, newestSdk2])('a server of SDK $name', (sdk) => {
  it('guards tools added with registerTool, including structured answers', async () => {
    const registry = createToolRegistry({ circuit: { failureThreshold: 1 } });
    // Both versions take the shape of an object as a schema.
    const server = guardMcpServer(sdk.newServer(), { registry }) as TestServer & McpServer;
    let isUp = true;
    server.registerTool(
      'add',
      { inputSchema: { a: z.number() }, outputSchema: { sum: z.number() } },
      ({ a }) => {
        if (!isUp) throw new Error('out of numbers');
        return { content: [], structuredContent: { sum: a + 1 } };
      },
    );
    server.registerTool('now', {}, () => ({ content: [{ type: 'text', text: 'noon' }] }));
    const client = sdk.newClient();
    await sdk.connect(server, client);
    closing.push(() => client.close());
    // From now on, the client checks every answer against the tool's output schema.
    await client.listTools();

    const add = () => sdk.call(client, { name: 'add', arguments: { a: 1 } });
    expect(await add()).toMatchObject({ structuredContent: { sum: 2 } });
    expect(await sdk.call(client, { name: 'now' })).toMatchObject({ content: [{ text: 'noon' }] });
    isUp = false;
    expect(await add()).toMatchObject({ isError: true });
    expect(await add()).toMatchObject({ isError: true, _meta: { 'toolfuse/denial': { tool: 'add' } } });
  });
});

describe('the arguments of guardMcpServer', () => {
  const registry = createToolRegistry();
  const server = newestSdk2.newServer();

  it('are refused by name if they are invalid', () => {
    expect(() => guardMcpServer(server, {} as McpServerOptions)).toThrow(
      'guardMcpServer.registry is missing',
    );
    expect(() => guardMcpServer(server, { registry, timeoutMs: 0 })).toThrow(
      'guardMcpServer.timeoutMs must be',
    );
    expect(() => guardMcpServer(server, { registry, server: 'x' } as McpServerOptions)).toThrow(
      'guardMcpServer.server is not a setting; the settings of guardMcpServer are registry, toolName, resultErrors, run, timeoutMs',
    );
  });

  class MyServer {
    connect = async () => {};
    addTool = () => {};
  }

  it.each([
    [newestSdk1.newServer().server, 'an instance of Server'],
    [newestSdk2.newServer().server, 'an instance of Server'],
    [newestSdk2.newClient(), 'an instance of Client'],
    [new MyServer(), 'an instance of MyServer'],
    [{ _registeredTools: {} }, 'an object'],
    [undefined, 'undefined'],
    [() => server, 'a function'],
  ])('are refused if they are no McpServer: %#', (what, name) => {
    expect(() => guardMcpServer(what as never, { registry })).toThrow(
      new TypeError(
        'guardMcpServer: server must be an McpServer of @modelcontextprotocol/server 2, or of @modelcontextprotocol/sdk from 1.10, ' +
          `got ${name}`,
      ),
    );
  });

  it('are refused if the SDK stores its tools in a way that is not known', () => {
    const strange = guardMcpServer(newestSdk2.newServer(), { registry });
    const tools = (strange as unknown as { _registeredTools: Record<string, object> })._registeredTools;
    expect(() => {
      tools.search = { run: () => {} };
    }).toThrow(new TypeError('guardMcpServer: the tool "search" has no handler'));
  });
});
