import { CircuitOpenError, createToolRegistry, type ToolRegistry } from 'toolfuse';
import { guardTools } from 'toolfuse/tools';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const dead = new Error('connect ECONNREFUSED 127.0.0.1:9');
const fail = async (): Promise<never> => {
  throw dead;
};

let registry: ToolRegistry;
beforeEach(() => {
  registry = createToolRegistry({ circuit: { failureThreshold: 1 } });
});
afterEach(() => registry.stop());

/** What a call ended with: its result, or its error. */
const outcomeOf = async (call: () => unknown): Promise<unknown> => {
  try {
    return await call();
  } catch (error) {
    return error;
  }
};

describe('a guarded record of tools', () => {
  it('passes on results and errors, and refuses calls once the circuit is open', async () => {
    const { search, read } = guardTools(
      { search: { execute: fail }, read: { execute: async (path: string) => `text of ${path}` } },
      { registry },
    );
    expect(await read.execute('a.md')).toBe('text of a.md');
    expect(await outcomeOf(search.execute)).toBe(dead);
    expect(await outcomeOf(search.execute)).toBeInstanceOf(CircuitOpenError);
    expect(await read.execute('b.md')).toBe('text of b.md');
  });

  it('may return a proxy that knows of nothing but texts', async () => {
    const remote = new Proxy({}, { get: (_, name) => ((name as string).startsWith('get') ? 1 : undefined) });
    const { connect } = guardTools({ connect: { execute: () => remote } }, { registry });
    expect(await connect.execute()).toBe(remote);
    expect(registry.diagnostics('connect').successes).toBe(1);
  });

  it('guards run as it does execute', async () => {
    const { search } = guardTools({ search: { run: fail } }, { registry });
    expect(await outcomeOf(search.run)).toBe(dead);
    expect(await outcomeOf(search.run)).toBeInstanceOf(CircuitOpenError);
  });

  it('counts a call once where a tool has both and one calls the other', async () => {
    const tool = {
      async execute(): Promise<string> {
        return this.run();
      },
      run: async () => 'done',
    };
    const { both } = guardTools({ both: tool }, { registry });
    expect(await both.execute()).toBe('done');
    expect(registry.metrics().calls).toBe(1);
  });

  it('keeps the prototype and the fields of a tool, and what its methods see as this', async () => {
    class Tool {
      readonly #hits = 4;
      readonly description = 'searches';
      get inputSchema(): string {
        return 'schema';
      }
      async execute(): Promise<number> {
        return this.#hits;
      }
    }
    const tool = new Tool();
    const { search } = guardTools({ search: tool }, { registry });
    expect(search).toBeInstanceOf(Tool);
    expect([search.description, search.inputSchema, await search.execute()]).toEqual([
      'searches',
      'schema',
      4,
    ]);
    expect(search).not.toBe(tool);
    expect(Object.hasOwn(tool, 'execute')).toBe(false);
  });

  it('shares the state of a tool, whoever changes it', async () => {
    class Counter {
      count = 0;
      add(): void {
        this.count += 1;
      }
      async execute(): Promise<number> {
        this.count += 10;
        return this.count;
      }
    }
    const tool = Object.seal(new Counter());
    const { counter } = guardTools({ counter: tool }, { registry });
    counter.add();
    await counter.execute();
    counter.count += 100;
    expect([tool.count, counter.count, { ...counter }.count]).toEqual([111, 111, 111]);
  });

  it('takes a frozen tool', async () => {
    const { search } = guardTools({ search: Object.freeze({ execute: async () => 'found' }) }, { registry });
    expect(await search.execute()).toBe('found');
  });

  it('passes another this on as it comes', async () => {
    const { who } = guardTools(
      {
        who: {
          async execute(this: unknown) {
            return this;
          },
        },
      },
      { registry },
    );
    const other = {};
    expect(await who.execute.call(other)).toBe(other);
    const { execute } = who;
    expect(await execute()).toBeUndefined();
  });

  it('keeps the name and the number of arguments of a function', () => {
    const { search } = guardTools(
      { search: { execute: async function find(_q: string, _n: number) {} } },
      { registry },
    );
    expect([search.execute.name, search.execute.length]).toEqual(['find', 2]);
  });

  it('has the same objects in place of tools that run elsewhere', () => {
    const tools = { client: { description: 'runs in a browser' }, none: undefined, text: 'text' };
    const guarded = guardTools(tools, { registry });
    expect(guarded).toEqual(tools);
    expect(guarded.client).toBe(tools.client);
  });

  it('guards a tool once however often it passes, and for each registry of its own', async () => {
    const other = createToolRegistry();
    const once = guardTools({ search: { execute: async () => 'found' } }, { registry });
    const twice = guardTools(once, { registry });
    expect(twice.search).toBe(once.search);
    const both = guardTools(twice, { registry: other });
    const again = guardTools(both, { registry });
    await again.search.execute();
    expect([registry.metrics().calls, other.metrics().calls]).toEqual([1, 1]);
    other.stop();
  });
});

describe('a guarded array of tools', () => {
  it('is an array, and names each circuit by its tool', async () => {
    const tools = guardTools(
      [
        { name: 'search', run: fail },
        { id: 'read', execute: fail },
      ],
      { registry },
    );
    expect(Array.isArray(tools)).toBe(true);
    await Promise.all([outcomeOf(tools[0]?.run as never), outcomeOf(tools[1]?.execute as never)]);
    expect(registry.openCircuits()).toEqual(['search', 'read']);
  });

  it('is refused where a tool to guard has no name', () => {
    expect(() => guardTools([{ execute: fail }], { registry })).toThrow(
      new TypeError(
        'guardTools: tools[0] has no name, got undefined; pass a record whose keys are the names',
      ),
    );
    expect(() => guardTools([{ type: 'web_search' }], { registry })).not.toThrow();
  });
});

describe('a guarded generator', () => {
  const read = async (parts: AsyncIterable<unknown>): Promise<unknown[]> => {
    const seen: unknown[] = [];
    for await (const part of parts) seen.push(part);
    return seen;
  };

  it('stays one, and succeeds at its end', async () => {
    const { write } = guardTools(
      {
        write: {
          async *execute(to: string) {
            yield 'a';
            yield to;
          },
        },
      },
      { registry },
    );
    const parts = write.execute('ab');
    expect(Symbol.asyncIterator in parts).toBe(true);
    await parts.next();
    expect(registry.metrics().successes).toBe(0);
    expect(await read(parts)).toEqual(['ab']);
    expect(registry.metrics().successes).toBe(1);
  });

  it('throws its refusal to who reads it, even where a plain function returns the stream', async () => {
    async function* parts() {
      yield 'a';
      throw dead;
    }
    const { write } = guardTools({ write: { execute: () => parts() } }, { registry });
    expect(await outcomeOf(() => read(write.execute()))).toBe(dead);
    expect(await outcomeOf(() => read(write.execute()))).toBeInstanceOf(CircuitOpenError);
  });

  it('ends no process with a refusal that nobody reads', async () => {
    const strays = vi.fn();
    process.on('unhandledRejection', strays);
    registry.isolate('write');
    guardTools({ write: { async *execute() {} } }, { registry }).write.execute();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', strays);
    expect(strays).not.toHaveBeenCalled();
  });

  it('is not asked whether it is a failure', async () => {
    const isFailure = vi.fn(() => true);
    const { write } = guardTools({ write: { async *execute() {} } }, { registry, isFailure });
    await read(write.execute());
    expect(isFailure).not.toHaveBeenCalled();
  });
});

describe('the signal of a framework', () => {
  it.each([
    ['abortSignal of the second argument', (signal: AbortSignal) => [{}, { abortSignal: signal }]],
    [
      'abortSignal of the context that VoltAgent gives its tools',
      (signal: AbortSignal) => [{}, { toolContext: { abortSignal: signal } }],
    ],
    ['signal of the second argument', (signal: AbortSignal) => [{}, { signal }]],
    ['signal of the third argument', (signal: AbortSignal) => [{}, undefined, { signal }]],
  ])('is found as the %s', async (_, argsWith) => {
    const controller = new AbortController();
    const execute = (..._args: unknown[]): Promise<never> => new Promise(() => {});
    const { hang } = guardTools({ hang: { execute } }, { registry });
    const call = outcomeOf(() => hang.execute(...argsWith(controller.signal)));
    controller.abort('enough');
    expect(await call).toBe('enough');
    expect(registry.metrics().failures).toEqual({ cancelled: 1 });
    expect(registry.state('hang')).toBe('closed');
  });

  it('is not looked for in the input, which a model writes', async () => {
    const { search } = guardTools({ search: { execute: async (_: object) => 'found' } }, { registry });
    expect(await search.execute({ signal: { aborted: true, addEventListener: () => {} } })).toBe('found');
  });
});

describe('an object with callTool', () => {
  const answer = { content: [{ type: 'text', text: 'found' }] };

  it('is guarded by the name in its first argument', async () => {
    const callTool = vi.fn(async (..._args: unknown[]) => answer);
    const { server } = guardTools({ server: { callTool } }, { registry, upstream: 'github' });
    await server.callTool('search', { q: 1 });
    await server.callTool({ name: 'read', arguments: {} });
    expect(callTool.mock.calls).toEqual([['search', { q: 1 }], [{ name: 'read', arguments: {} }]]);
    expect(registry.metrics().tools.map(({ tool, calls }) => [tool, calls])).toEqual([
      ['search', 1],
      ['github', 2],
      ['read', 1],
    ]);
  });

  it('keeps the state of a client that connects later, and its private fields', async () => {
    class Client {
      #transport: string | undefined;
      connect(to: string): void {
        this.#transport = to;
      }
      get isConnected(): boolean {
        return this.#transport !== undefined;
      }
      async callTool(_: { name: string }): Promise<string> {
        if (this.#transport === undefined) throw new Error('Not connected');
        return `answer of ${this.#transport}`;
      }
    }
    const { client } = guardTools({ client: new Client() }, { registry });
    client.connect('server');
    expect(client.isConnected).toBe(true);
    expect(client).toBeInstanceOf(Client);
    expect(client.connect).toBe(client.connect);
    expect(await client.callTool({ name: 'search' })).toBe('answer of server');
    expect(registry.metrics().successes).toBe(1);
  });

  it('may be frozen, or have fields that cannot be replaced', async () => {
    const plain = { name: 'files', callTool: async (_name: string) => answer };
    const fixed = Object.defineProperty({ ...plain }, 'callTool', { value: plain.callTool });
    for (const client of [Object.freeze({ ...plain }), fixed]) {
      const { guarded } = guardTools({ guarded: client }, { registry });
      expect(await guarded.callTool('search')).toBe(answer);
      expect(Object.keys(guarded)).toEqual(Object.keys(client));
      expect(guarded.name).toBe('files');
    }
    expect(registry.metrics().successes).toBe(2);
  });

  it('makes each call of an array by itself, in turn, and joins the parts', async () => {
    const callTool = async ([{ name }]: [{ name: string }]) => [
      {
        functionResponse: {
          name,
          response: name === 'search' ? { error: { isError: true, content: [] } } : answer,
        },
      },
    ];
    const [google] = guardTools([{ callTool }], { registry, denied: 'return' }) as unknown as [
      {
        callTool(
          calls: readonly object[],
        ): Promise<{ functionResponse: { name: string; response: object } }[]>;
      },
    ];
    const calls = [{ id: '1', name: 'search' }, { name: 'read' }];
    expect((await google.callTool(calls)).map(({ functionResponse }) => functionResponse.name)).toEqual([
      'search',
      'read',
    ]);
    expect(registry.state('search')).toBe('open');
    expect(await google.callTool(calls)).toEqual([
      {
        functionResponse: {
          id: '1',
          name: 'search',
          response: expect.objectContaining({ error: 'tool_unavailable' }),
        },
      },
      { functionResponse: { name: 'read', response: answer } },
    ]);
  });

  it('passes arguments that name no tool to the function, which knows what to say of them', async () => {
    const callTool = async (...args: unknown[]) => args;
    const { server } = guardTools({ server: { callTool } }, { registry });
    expect(await server.callTool(5)).toEqual([5]);
    expect(registry.metrics().calls).toBe(0);
  });
});

describe('a refusal that is returned', () => {
  beforeEach(() => registry.isolate('search'));

  it('is the facts as an object for execute, and a text for run', async () => {
    const { search } = guardTools({ search: { execute: fail, run: fail } }, { registry, denied: 'return' });
    expect(await search.execute()).toMatchObject({
      error: 'tool_unavailable',
      tool: 'search',
      executed: false,
    });
    expect(await search.run()).toMatch(/^The call did not run\. The tool "search"/);
  });

  it('is content for a server of OpenAI Agents, and a result for an MCP client', async () => {
    const callTool = async (_: unknown) => ({});
    const { server } = guardTools({ server: { callTool } }, { registry, denied: 'return' });
    expect(await server.callTool('search')).toEqual([
      { type: 'text', text: expect.stringContaining('did not run') },
    ]);
    expect(await server.callTool({ name: 'search' })).toMatchObject({ isError: true });
  });

  it('leaves other errors as they are', async () => {
    const { other } = guardTools({ other: { execute: fail } }, { registry, denied: 'return' });
    expect(await outcomeOf(other.execute)).toBe(dead);
  });
});

describe('the input of a call', () => {
  it('chooses the circuit of a tool that has one for each of its targets', async () => {
    const keyed = createToolRegistry({
      circuit: { failureThreshold: 1 },
      tools: { '*': { key: (input) => (input as { host: string }).host } },
    });
    const tools = guardTools(
      { execute: { execute: fail }, run: { run: fail }, server: { callTool: fail } },
      { registry: keyed },
    );
    const input = { host: 'a' };
    const calls: [string, (...args: never[]) => Promise<never>, readonly unknown[]][] = [
      ['execute', tools.execute.execute, [input]],
      ['run', tools.run.run, [input]],
      ['byName', tools.server.callTool, ['byName', input]],
      ['ofClient', tools.server.callTool, [{ name: 'ofClient', arguments: input }]],
      ['ofGoogle', tools.server.callTool, [[{ name: 'ofGoogle', args: input }]]],
    ];
    for (const [, call, args] of calls) await outcomeOf(() => call(...(args as never[])));
    expect(calls.map(([name]) => keyed.keys(name))).toEqual(calls.map(() => ['a']));
    keyed.stop();
  });
});

describe('the options of guardTools', () => {
  const tools = { search: { execute: fail } };

  it('name circuits and upstreams, each by a function of the name', async () => {
    const guarded = guardTools(tools, {
      registry,
      toolName: (name) => `gh.${name}`,
      upstream: (name) => `server of ${name}`,
    });
    await outcomeOf(guarded.search.execute);
    expect(registry.metrics().tools.map(({ tool }) => tool)).toEqual(['gh.search', 'server of search']);
  });

  it('let a tool have the name of its server', async () => {
    await outcomeOf(guardTools(tools, { registry, upstream: 'search' }).search.execute);
    expect(registry.openCircuits()).toEqual(['search']);
  });

  it.each([
    [{}, 'guardTools.registry must be a registry made by createToolRegistry, got undefined'],
    [{ registry: {} }, 'guardTools.registry must be a registry made by createToolRegistry, got an object'],
    [{ denied: 'result' }, 'guardTools.denied must be one of throw, return, got "result"'],
    [{ timeoutMs: 0 }, 'guardTools.timeoutMs must be a finite number of milliseconds above 0, got 0'],
    [
      { upstream: '' },
      'guardTools.upstream must be the name of a circuit, or a function that returns one, got ""',
    ],
    [{ timeout: 5 }, /^guardTools\.timeout is not a setting; the settings of guardTools are registry, /],
  ])('are refused where they are wrong: %j', (options, message) => {
    const given =
      'registry' in options || Object.keys(options).length === 0 ? options : { registry, ...options };
    expect(() => guardTools(tools, given as never)).toThrow(message);
  });

  it.each([[undefined], ['search'], [{ name: 'search', execute: fail }]])(
    'come with a record or an array of tools, not %j',
    (given) => {
      expect(() => guardTools(given as never, { registry })).toThrow(
        'guardTools: tools must be a record or an array of tools, as { search } or [search]',
      );
    },
  );
});

describe('a run that repeats itself', () => {
  beforeEach(() => {
    registry.stop();
    registry = createToolRegistry({ loops: true, circuit: { failureThreshold: 100 } });
  });
  const third = async (call: () => unknown): Promise<unknown> => {
    for (let made = 0; made < 2; made++) await outcomeOf(call);
    return outcomeOf(call);
  };
  const correction = /You are repeating yourself\. /;

  it.each([
    ['a text', 'none', (answer: unknown) => answer],
    [
      'an MCP result',
      { content: [{ type: 'text', text: 'none' }] },
      (answer: unknown) => (answer as { content: { text: string }[] }).content[1]?.text,
    ],
    [
      'content parts',
      [{ type: 'text', text: 'none' }],
      (answer: unknown) => (answer as { text: string }[])[1]?.text,
    ],
  ])('reads a correction at the end of %s', async (_, result, wordsIn) => {
    const { search } = guardTools(
      { search: { execute: async (_input: object) => result } },
      { registry, run: 'one' },
    );
    expect(wordsIn(await third(() => search.execute({ q: 'x' })))).toMatch(correction);
  });

  it('gets a value without a place for words as it is, and is refused after five', async () => {
    const hits = { hits: 0 };
    const { search } = guardTools(
      { search: { execute: async (_input: object) => hits } },
      { registry, run: 'one' },
    );
    const call = () => search.execute({ q: 'x' });
    expect(await third(call)).toBe(hits);
    expect([await call(), await call()]).toEqual([hits, hits]);
    expect(await outcomeOf(call)).toMatchObject({ denial: { reason: 'loop' } });
  });

  it('reads the words of an error with the correction; the error is the cause', async () => {
    const lost = new Error('no such branch');
    const execute = async (_input: object): Promise<never> => {
      throw lost;
    };
    const { search } = guardTools({ search: { execute } }, { registry, run: 'one' });
    expect(await third(() => search.execute({ q: 'x' }))).toMatchObject({
      message: expect.stringMatching(/^no such branch\n\nYou are repeating yourself\. /),
      cause: lost,
    });
  });

  it('is not known, and its calls are made, where the function that knows its name throws', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const run = ({ input }: { input: unknown }) => (input as { session: { id: string } }).session.id;
    const { search } = guardTools({ search: { execute: (_input: object) => 'none' } }, { registry, run });
    expect(await outcomeOf(() => search.execute({ q: 'x' }))).toBe('none');
    expect(await outcomeOf(() => search.execute({ session: { id: 'one' } }))).toBe('none');
    expect(registry.runs().map(({ id }) => id)).toEqual(['one']);
    expect(printed).toHaveBeenCalledExactlyOnceWith('toolfuse: run threw', expect.any(TypeError));
    printed.mockRestore();
  });

  it('reads the words of a thrown value that is not an Error', async () => {
    const mute: unknown = Object.create(null);
    const thrown = [undefined, null, mute, { message: 'no such branch' }];
    for (const [index, error] of thrown.entries()) {
      const { search } = guardTools(
        { search: { execute: (_input: object) => Promise.reject(error) } },
        { registry, run: `run of ${index}` },
      );
      expect(await third(() => search.execute({ q: 'x' }))).toMatchObject({
        message: expect.stringMatching(correction),
        cause: error,
      });
    }
  });

  it.each([
    ['its name', 'one', 1, /^one$/],
    [
      'a name for each call',
      ({ args }: { args: readonly unknown[] }) => (args[1] as { id: string }).id,
      2,
      /^[ab]$/,
    ],
    [
      'an object for each call',
      ({ args }: { args: readonly unknown[] }) => args[1] as object,
      2,
      /^run \d+$/,
    ],
    ['nothing', () => undefined, 0, /^$/],
    ['null, which is nothing either', () => null as never, 0, /^$/],
  ])('is known by %s', async (_, run, count, name) => {
    const execute = async (_input: object, _options: object): Promise<string> => 'none';
    const { search } = guardTools({ search: { execute } }, { registry, run });
    const [a, b] = [{ id: 'a' }, { id: 'b' }];
    for (const options of [a, b, a]) await search.execute({ q: 'x' }, options);
    const ids = registry.runs().map(({ id }) => id);
    expect(ids).toEqual(Array.from({ length: count }, () => expect.stringMatching(name)));
  });

  it.each([
    ['', (messages: readonly object[]) => ({ messages: [...messages] })],
    [
      ' in a context, as VoltAgent does',
      (messages: readonly object[]) => ({ toolContext: { messages: [...messages] } }),
    ],
  ])(
    'is the one from a message of the user to the next, where the framework passes its messages%s',
    async (_, optionsWith) => {
      const execute = async (_input: object, _options: object): Promise<string> => 'none';
      const { search } = guardTools({ search: { execute } }, { registry });
      const first = { role: 'user', content: 'go' };
      const call = (messages: readonly object[]) => search.execute({ q: 'x' }, optionsWith(messages));
      await call([first]);
      await call([first, { role: 'assistant', content: '' }]);
      expect(registry.runs()).toHaveLength(1);
      await call([first, { role: 'assistant', content: '' }, { role: 'user', content: 'go' }]);
      expect(registry.runs()).toHaveLength(2);
    },
  );

  it.each([[''], [7]])('cannot be named %j', (run) => {
    expect(() => guardTools({}, { registry, run: run as string })).toThrow(
      /guardTools\.run must be the name of a run/,
    );
  });
});
