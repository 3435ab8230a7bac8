import { CircuitOpenError, createToolRegistry, type ToolRegistryOptions } from 'toolfuse';
import { guardMcpClient, type McpClientOptions } from 'toolfuse/mcp';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';
import { newestSdk1, newestSdk2, type Sdk, sdks } from './support/sdks.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** The arguments that the tools of the server below were called with, and how its next calls end. */
interface World {
  calls: string[];
  behave: 'work' | 'hang' | 'throw';
  /** Whether the connection still delivers messages to the server. */
  isDeaf: boolean;
}

/** A server of three tools in this process, and a guarded client connected to it. */
async function setUp(
  sdk: Sdk,
  {
    registry: registryOptions = {},
    ...options
  }: { registry?: ToolRegistryOptions } & Partial<Omit<McpClientOptions, 'registry'>> = {},
) {
  const world: World = { calls: [], behave: 'work', isDeaf: false };
  const server = sdk.newServer();
  for (const name of ['search', 'write', 'notes']) {
    sdk.addTool(server, name, async ({ text }, signal) => {
      world.calls.push(`${name} ${text}`);
      if (world.behave === 'throw') throw new Error('the index is corrupt');
      if (world.behave === 'hang') await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { content: [{ type: 'text', text: `found ${text}` }] };
    });
  }
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 2, minBackoffMs: 5_000 },
    ...registryOptions,
  });
  const raw = sdk.newClient();
  const client = guardMcpClient(raw, { registry, server: 'notes', ...options });

  const connect = () =>
    sdk.connect(server, client, (near) => {
      const send = near.send.bind(near);
      near.send = (message) => (world.isDeaf ? Promise.resolve() : send(message));
    });
  await connect();
  closing.push(
    () => server.close(),
    () => client.close(),
    () => registry.stop(),
  );
  const call = (name: string, args: Record<string, unknown>, more: object = {}) =>
    sdk.call(client, { name, arguments: args }, more);
  const search = (text = 'cats', more: object = {}) => call('search', { text }, more);
  return { world, server, registry, clock, client, raw, connect, call, search };
}

describe.each(sdks)('a guarded client of SDK $name', (sdk) => {
  it('is the same client, with the same results', async () => {
    const { client, raw, search } = await setUp(sdk);
    expect(client).toBe(raw);
    expect(await search()).toMatchObject({ content: [{ type: 'text', text: 'found cats' }] });
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['search', 'write', 'notes']);
  });

  it('tells the registry which tools the server lists', async () => {
    const { registry, client } = await setUp(sdk);
    await client.listTools();
    expect([...registry.knownTools()]).toEqual(['notes', 'search', 'write']);
  });

  it('has a circuit for each tool, which depends on that of the server', async () => {
    const { registry, search } = await setUp(sdk);
    await search();
    expect(registry.diagnostics('search').upstream).toBe('notes');
    expect(registry.metrics().tools.map(({ tool, calls }) => [tool, calls])).toEqual([
      ['search', 1],
      ['notes', 1],
    ]);
  });

  it('cannot be guarded twice', async () => {
    const { client, registry } = await setUp(sdk);
    expect(() => guardMcpClient(client, { registry, server: 'notes' })).toThrow(
      'guardMcpClient: this client is guarded already',
    );
  });

  describe('whose tool fails repeatedly', () => {
    it('opens the circuit of that tool alone', async () => {
      const { world, registry, call, search } = await setUp(sdk);
      world.behave = 'throw';
      expect(await search()).toMatchObject({ isError: true });
      await search();
      expect(registry.openCircuits()).toEqual(['search']);
      world.behave = 'work';
      expect(await call('write', { text: 'x' })).not.toHaveProperty('isError');
    });

    it('answers the next call at once, with an error that the model can act on', async () => {
      const { world, search } = await setUp(sdk);
      world.behave = 'throw';
      await search('1');
      await search('2');
      const answer = await search('3');
      expect(world.calls).toEqual(['search 1', 'search 2']);
      expect(answer).toMatchObject({
        isError: true,
        content: [{ type: 'text', text: expect.stringContaining('The call did not run.') }],
        _meta: {
          'toolfuse/denial': {
            tool: 'search',
            kind: 'rejecting',
            executed: false,
            retryAfterSeconds: 5,
            lastError: 'the index is corrupt',
          },
        },
      });
      expect(answer).not.toHaveProperty('structuredContent');
    });

    it('throws the refusal instead, if asked to', async () => {
      const { world, search } = await setUp(sdk, { denied: 'throw' });
      world.behave = 'throw';
      await search();
      await search();
      await expect(search()).rejects.toThrow(CircuitOpenError);
    });

    it('admits a probe after the backoff, which closes the circuit', async () => {
      const { world, registry, clock, search } = await setUp(sdk);
      world.behave = 'throw';
      await search();
      await search();
      world.behave = 'work';
      clock.advance(5_000);
      expect(registry.state('search')).toBe('halfOpen');
      expect(await search()).not.toHaveProperty('isError');
      expect(registry.state('search')).toBe('closed');
    });

    it('opens no circuit if results must not count', async () => {
      const { world, registry, search } = await setUp(sdk, { resultErrors: 'ignore' });
      world.behave = 'throw';
      for (let call = 0; call < 5; call++) await search();
      expect(world.calls).toHaveLength(5);
      expect(registry.openCircuits()).toEqual([]);
    });
  });

  describe('that is called with invented arguments or names', () => {
    it('counts neither invalid arguments nor tools that do not exist', async () => {
      const { registry, call } = await setUp(sdk);
      for (let time = 0; time < 5; time++) {
        await call('search', { text: time }).catch(() => {});
        await call('nope', {}).catch(() => {});
      }
      expect(registry.openCircuits()).toEqual([]);
      expect(registry.metrics().failures).toEqual({ invalidParameters: 5, toolNotFound: 5 });
    });

    it('accepts a tool with the name of its server', async () => {
      const { call } = await setUp(sdk);
      const answer = await call('notes', { text: 'x' });
      expect(answer).not.toHaveProperty('isError');
    });
  });

  describe('whose server has disconnected', () => {
    it('opens the circuit of the server, and refuses calls of every tool', async () => {
      const { registry, client, call, search } = await setUp(sdk);
      await client.close();
      await expect(search()).rejects.toThrow('Not connected');
      await expect(search()).rejects.toThrow('Not connected');
      expect(registry.openCircuits()).toEqual(['notes']);
      const answer = await call('write', { text: 'x' });
      expect(answer).toMatchObject({
        isError: true,
        _meta: {
          'toolfuse/denial': { tool: 'write', reason: 'upstream', upstream: 'notes', kind: 'unreachable' },
        },
      });
    });

    it('works again after its caller has reconnected it', async () => {
      const { registry, client, clock, connect, search } = await setUp(sdk);
      await client.close();
      await search().catch(() => {});
      await search().catch(() => {});
      await connect();
      clock.advance(5_000);
      expect(await search()).not.toHaveProperty('isError');
      expect(registry.openCircuits()).toEqual([]);
    });

    it('counts the calls that were in flight against the server', async () => {
      const { world, registry, client, search } = await setUp(sdk);
      world.behave = 'hang';
      const calls = [search('1'), search('2')].map((call) =>
        expect(call).rejects.toThrow('Connection closed'),
      );
      await expect.poll(() => world.calls).toEqual(['search 1', 'search 2']);
      await client.close();
      await Promise.all(calls);
      expect(registry.openCircuits()).toEqual(['notes']);
    });
  });

  describe('whose call gets no answer in time', () => {
    it('blames the tool if the server answers a ping', async () => {
      const { world, registry, search } = await setUp(sdk, { timeoutMs: 20 });
      world.behave = 'hang';
      await expect(search()).rejects.toMatchObject({ code: sdk.timeoutCode });
      await expect(search()).rejects.toMatchObject({ code: sdk.timeoutCode });
      expect(registry.openCircuits()).toEqual(['search']);
      expect(registry.diagnostics('search')).toMatchObject({ lastErrorCategory: 'timeout', timeouts: 2 });
    });

    it('may take even longer than a host timer can be', async () => {
      const { search } = await setUp(sdk, { timeoutMs: 2 ** 40 });
      await expect(search()).resolves.toMatchObject({ content: [{ text: 'found cats' }] });
    });

    it('blames the server if that does not answer either', async () => {
      const { world, registry, search } = await setUp(sdk, { timeoutMs: 20 });
      world.isDeaf = true;
      await expect(search()).rejects.toMatchObject({ code: sdk.timeoutCode });
      await expect(search()).rejects.toMatchObject({ code: sdk.timeoutCode });
      expect(registry.openCircuits()).toEqual(['notes']);
    });

    it('keeps the call’s own time limit', async () => {
      const { world, search } = await setUp(sdk, { timeoutMs: 60_000 });
      world.behave = 'hang';
      await expect(search('x', { timeout: 20 })).rejects.toMatchObject({ code: sdk.timeoutCode });
    });
  });

  describe('whose caller gives up', () => {
    it('rejects as the SDK does, and counts nothing', async () => {
      const { world, registry, search } = await setUp(sdk);
      world.behave = 'hang';
      for (let call = 0; call < 3; call++) {
        const controller = new AbortController();
        const answer = search('x', { signal: controller.signal });
        controller.abort('enough');
        await expect(answer).rejects.toThrow('enough');
      }
      expect(registry.openCircuits()).toEqual([]);
      expect(registry.metrics().tools[0]?.failures).toEqual({ cancelled: 3 });
    });

    it('asks no circuit if it gave up before the call', async () => {
      const { world, registry, search } = await setUp(sdk);
      await expect(search('x', { signal: AbortSignal.abort() })).rejects.toThrow();
      expect(world.calls).toEqual([]);
      expect(registry.metrics().calls).toBe(0);
    });
  });

  describe('that shares its registry with another', () => {
    it('can choose the names of its circuits', async () => {
      const { registry, search } = await setUp(sdk, { toolName: (tool) => `notes.${tool}` });
      await search();
      expect(registry.metrics().tools.map(({ tool }) => tool)).toEqual(['notes.search', 'notes']);
      registry.isolate('notes.search');
      // The model knows the tool by its own name.
      expect(await search()).toMatchObject({
        content: [{ text: expect.stringContaining('The tool "search" is unavailable') }],
        _meta: { 'toolfuse/denial': { tool: 'search' } },
      });
    });
  });

  describe('that hides open tools', () => {
    it('leaves open tools out of its list, and lists them again when they are half-open', async () => {
      const { world, client, clock, search } = await setUp(sdk, { hideOpen: true });
      const listed = async () => (await client.listTools()).tools.map(({ name }) => name);
      world.behave = 'throw';
      await search();
      await search();
      expect(await listed()).toEqual(['write', 'notes']);
      clock.advance(5_000);
      expect(await listed()).toEqual(['search', 'write', 'notes']);
    });

    it('lists nothing while the server is isolated', async () => {
      const { registry, client } = await setUp(sdk, { hideOpen: true });
      registry.isolate('notes');
      expect((await client.listTools()).tools).toEqual([]);
    });

    it('hides nothing by default', async () => {
      const { registry, client } = await setUp(sdk);
      registry.isolate('notes');
      expect((await client.listTools()).tools).toHaveLength(3);
    });
  });
});

describe('the options of guardMcpClient', () => {
  const registry = createToolRegistry();
  const client = newestSdk1.newClient();
  const guard = (options: object) => () => guardMcpClient(client, options as McpClientOptions);

  it.each([
    [{ server: 'x' }, 'guardMcpClient.registry is missing; it must be a registry made by createToolRegistry'],
    [
      { registry: {}, server: 'x' },
      'guardMcpClient.registry must be a registry made by createToolRegistry, got an object',
    ],
    [{ registry }, 'guardMcpClient.server is missing; it must be a name for the circuit of the server'],
    [{ registry, server: '' }, 'guardMcpClient.server must be a name for the circuit of the server, got ""'],
    [
      { registry, server: 'x', timeoutMs: -1 },
      'timeoutMs must be a finite number of milliseconds above 0, got -1',
    ],
    [{ registry, server: 'x', denied: 'trow' }, 'denied must be one of result, throw, got "trow"'],
    [
      { registry, server: 'x', resultErrors: true },
      'resultErrors must be one of tool, known, ignore, got true',
    ],
    [{ registry, server: 'x', hideOpen: 'yes' }, 'hideOpen must be true or false, got "yes"'],
    [{ registry, server: 'x', toolName: 'y' }, 'toolName must be a function, got "y"'],
    [
      { registry, server: 'x', hideopen: true },
      'guardMcpClient.hideopen is not a setting; the settings of guardMcpClient are registry,',
    ],
  ])('that are invalid are refused by name: %#', (options, message) => {
    expect(guard(options)).toThrow(message);
  });

  class OtherClient {
    callTool = async () => ({});
    listTools = async () => ({ tools: [] });
    ping = async () => {};
  }

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [{}, 'an object'],
    [{ callTool: 1 }, 'an object'],
    ['client', '"client"'],
    [new OtherClient(), 'an instance of OtherClient'],
    [newestSdk1.newServer(), 'an instance of McpServer'],
    [newestSdk2.newServer(), 'an instance of McpServer'],
  ])('do not accept %j as a client', (what, name) => {
    expect(() => guardMcpClient(what as never, { registry, server: 'x' })).toThrow(
      new TypeError(
        'guardMcpClient: client must be a Client of @modelcontextprotocol/client 2, or of @modelcontextprotocol/sdk from 1.10, ' +
          `got ${name}`,
      ),
    );
  });
});
