import type { CallToolResult, Client as NewestClient } from '@modelcontextprotocol/client';
import type { InputRequiredResult } from '@modelcontextprotocol/server';
import { CircuitOpenError, createToolRegistry, type ToolRegistryOptions } from 'toolfuse';
import { countWindow } from 'toolfuse/machines';
import { guardMcpClient, guardMcpServer, isInputRequired, type McpClientOptions } from 'toolfuse/mcp';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ManualClock } from '../../support/manual-clock.ts';
import { releasesOf2 } from './support/sdks.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const seat = z.object({ seat: z.string() });

type Parts = (typeof releasesOf2)[number]['parts'];
type Answer = CallToolResult | InputRequiredResult;

/** What a user does who is asked for an input. */
type User = () => Promise<Record<string, unknown>> | Record<string, unknown>;

const accepts: User = () => ({ action: 'accept', content: { seat: '12A' } });

interface World {
  readonly registry?: ToolRegistryOptions;
  readonly client?: Partial<Omit<McpClientOptions, 'registry'>>;
  /** Which of the two ends is guarded. Default: the client. */
  readonly guarded?: 'client' | 'server';
  readonly era?: 'legacy' | 'modern';
  readonly autoFulfill?: boolean;
  readonly maxRounds?: number;
  readonly timeoutMs?: number;
  /** What the tool does when it has the input. */
  readonly book?: (seat: string) => Answer;
  /** Whether the tool asks for an input in a way that does not exist. */
  readonly isGarbled?: boolean;
}

/** A server whose tool `book` asks for a seat before it books, and a client of it whose user answers. */
async function setUp(
  parts: Parts,
  {
    registry: registryOptions = {},
    client: clientOptions = {},
    guarded = 'client',
    era = 'modern',
    autoFulfill = true,
    maxRounds = 10,
    timeoutMs,
    book = (given) => ({ content: [{ type: 'text', text: `booked ${given}` }] }),
    isGarbled = false,
  }: World = {},
) {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 1, minBackoffMs: 1_000 },
    ...registryOptions,
  });
  const { inputRequired, acceptedContent } = parts;
  const user = { does: accepts };
  const server = new parts.McpServer({ name: 'flights', version: '1.0.0' });
  const limit = timeoutMs === undefined ? {} : { timeoutMs };
  if (guarded === 'server') guardMcpServer(server, { registry, ...limit });
  server.registerTool('book', { inputSchema: z.object({}) }, (_args, { mcpReq }) => {
    const given = acceptedContent(mcpReq.inputResponses, 'seat', seat);
    if (given !== undefined) return book(given.seat);
    const request = inputRequired.elicit({ message: 'Which seat?', requestedSchema: seat });
    return inputRequired({ inputRequests: { seat: request } });
  });
  server.registerPrompt('plan', {}, ({ mcpReq }) => {
    const given = acceptedContent(mcpReq.inputResponses, 'seat', seat);
    if (given !== undefined) {
      return { messages: [{ role: 'user', content: { type: 'text', text: `Plan for ${given.seat}` } }] };
    }
    const request = inputRequired.elicit({ message: 'Which seat?', requestedSchema: seat });
    return inputRequired({ inputRequests: { seat: request } });
  });
  const client = new parts.Client(
    { name: 'test', version: '1.0.0' },
    {
      capabilities: { elicitation: { form: {} } },
      versionNegotiation: { mode: era === 'modern' ? { pin: '2026-07-28' } : 'legacy' },
      inputRequired: { autoFulfill, maxRounds },
    },
  );
  client.setRequestHandler('elicitation/create', async () => (await user.does()) as { action: 'accept' });
  if (guarded === 'client') guardMcpClient(client, { registry, server: 'flights', ...clientOptions });
  const [near, far] = parts.InMemoryTransport.createLinkedPair();
  if (isGarbled) {
    const send = far.send.bind(far);
    far.send = (message) =>
      send(JSON.parse(JSON.stringify(message).replaceAll('elicitation/create', 'elicitation/invent')));
  }
  parts.serveStdio(() => server, { transport: far });
  await client.connect(near);
  closing.push(
    () => client.close(),
    () => registry.stop(),
  );
  const call = (options?: Parameters<NewestClient['callTool']>[1]) =>
    client.callTool({ name: 'book', arguments: {} }, options);
  const halfOpen = (name: string): void => {
    registry.recordFailure(name, 'timeout');
    clock.advance(registry.remainingBackoffMs(name) ?? 0);
    expect(registry.state(name)).toBe('halfOpen');
  };
  const counted = () =>
    registry.metrics().tools.map(({ tool, calls, failures }) => [tool, calls, failures] as const);
  return { registry, clock, client, user, call, halfOpen, counted };
}

const booked = { content: [{ type: 'text', text: 'booked 12A' }] };

describe.each(releasesOf2)('a call of SDK $name whose server asks for an input', ({ parts }) => {
  it('is one call of its tool, and two round trips to its server', async () => {
    const { call, counted } = await setUp(parts);
    expect(await call()).toMatchObject(booked);
    expect(counted()).toEqual([
      ['book', 1, {}],
      ['flights', 2, {}],
    ]);
  });

  it('holds no slot of a probe while its user thinks', async () => {
    const { registry, user, call, halfOpen } = await setUp(parts);
    halfOpen('book');
    user.does = () => {
      expect(registry.diagnostics('book')).toMatchObject({ status: 'halfOpen', probesInFlight: 0 });
      expect(registry.tryAcquire('book')).toMatchObject({ admitted: true, probe: true });
      registry.recordSuccess('book');
      return accepts();
    };
    expect(await call()).toMatchObject(booked);
    expect(registry.state('book')).toBe('closed');
  });

  it('proves that its server is up when it asks', async () => {
    const { registry, user, call, halfOpen } = await setUp(parts);
    halfOpen('flights');
    const states: string[] = [];
    user.does = () => {
      states.push(registry.state('flights'), registry.state('book'));
      return accepts();
    };
    await call();
    expect(states).toEqual(['closed', 'closed']);
  });

  it('says nothing about the tool before it has answered', async () => {
    const { registry, user, call, halfOpen } = await setUp(parts);
    halfOpen('book');
    const states: string[] = [];
    user.does = () => {
      states.push(registry.state('book'));
      return accepts();
    };
    await call();
    expect([...states, registry.state('book')]).toEqual(['halfOpen', 'closed']);
  });

  it('is not slow because its user is', async () => {
    const trip = countWindow({ size: 1, slowCallMs: 1_000, slowCallRate: 1 });
    const { registry, clock, user, call } = await setUp(parts, { registry: { circuit: { trip } } });
    user.does = () => {
      clock.advance(3_600_000);
      return accepts();
    };
    expect(await call()).toMatchObject(booked);
    expect(registry.openCircuits()).toEqual([]);
  });

  it('counts the failure of a later round against the tool', async () => {
    const failed: Answer = { isError: true, content: [{ type: 'text', text: 'HTTP 503' }] };
    const { registry, call } = await setUp(parts, { book: () => failed });
    expect(await call()).toMatchObject(failed);
    expect(registry.openCircuits()).toEqual(['book']);
  });

  it('is refused if its circuit opens while its user thinks', async () => {
    const { registry, user, call } = await setUp(parts);
    user.does = () => {
      registry.isolate('book');
      return accepts();
    };
    expect(await call()).toMatchObject({
      isError: true,
      _meta: { 'toolfuse/denial': { tool: 'book', reason: 'isolated' } },
    });
  });

  it('is refused with an error if so asked', async () => {
    const { registry, user, call } = await setUp(parts, { client: { denied: 'throw' } });
    user.does = () => {
      registry.isolate('flights');
      return accepts();
    };
    await expect(call()).rejects.toThrow(CircuitOpenError);
  });

  it.each<[string, User]>([
    [
      'whose user interface fails',
      () => {
        throw new Error('connect ECONNREFUSED 127.0.0.1:80');
      },
    ],
    ['whose user interface answers nonsense', () => ({ action: 'jump' })],
  ])('counts nothing against a tool %s', async (_what, does) => {
    const { registry, user, call, counted } = await setUp(parts);
    user.does = does;
    await expect(call()).rejects.toThrow();
    expect(registry.openCircuits()).toEqual([]);
    expect(counted()).toEqual([
      ['book', 0, {}],
      ['flights', 1, {}],
    ]);
  });

  it('is cancelled if its caller gives up meanwhile', async () => {
    const { registry, user, call } = await setUp(parts);
    const controller = new AbortController();
    user.does = () => {
      controller.abort('enough');
      return accepts();
    };
    await expect(call({ signal: controller.signal })).rejects.toThrow();
    expect(registry.metrics().failures).toEqual({ cancelled: 1 });
    expect(registry.openCircuits()).toEqual([]);
  });

  it('counts a request for an input that is not valid', async () => {
    const { registry, call } = await setUp(parts, { isGarbled: true });
    await expect(call()).rejects.toThrow("'elicitation/invent' is not an embedded request");
    expect(registry.openCircuits()).toEqual(['book']);
    expect(registry.diagnostics('book').lastErrorCategory).toBe('executionError');
  });

  it('counts a tool that never stops asking', async () => {
    const { registry, user, call } = await setUp(parts, { maxRounds: 2 });
    user.does = () => ({ action: 'decline' });
    await expect(call()).rejects.toMatchObject({ code: 'INPUT_REQUIRED_ROUNDS_EXCEEDED' });
    expect(registry.openCircuits()).toEqual(['book']);
  });

  it('is left to a caller who gets the inputs without the client', async () => {
    const { client, call, counted } = await setUp(parts);
    const answer = await call({ allowInputRequired: true });
    expect(isInputRequired(answer)).toBe(true);
    expect(counted()).toEqual([
      ['book', 0, {}],
      ['flights', 1, {}],
    ]);
    const inputResponses = { seat: await accepts() };
    const params = { name: 'book', arguments: {}, inputResponses } as { name: string };
    expect(await client.callTool(params)).toMatchObject(booked);
    expect(counted()[0]).toEqual(['book', 1, {}]);
  });

  it('counts nothing if the client gives no inputs', async () => {
    const { registry, call, counted } = await setUp(parts, { autoFulfill: false });
    await expect(call()).rejects.toMatchObject({ code: 'UNSUPPORTED_RESULT_TYPE' });
    expect(registry.openCircuits()).toEqual([]);
    expect(counted()).toEqual([
      ['book', 0, {}],
      ['flights', 1, {}],
    ]);
  });

  it('tells two calls apart that share their parameters', async () => {
    const { client, counted } = await setUp(parts);
    const params = { name: 'book', arguments: {} };
    expect(await Promise.all([client.callTool(params), client.callTool(params)])).toMatchObject([
      booked,
      booked,
    ]);
    expect(counted()).toEqual([
      ['book', 2, {}],
      ['flights', 4, {}],
    ]);
  });

  it('is no prompt, whose inputs are asked for as without a guard', async () => {
    const { client, registry } = await setUp(parts);
    expect(await client.getPrompt({ name: 'plan' })).toMatchObject({
      messages: [{ content: { text: 'Plan for 12A' } }],
    });
    expect(registry.metrics().calls).toBe(0);
  });
});

describe.each(
  releasesOf2.flatMap(({ name, parts }) =>
    (['legacy', 'modern'] as const).map((era) => ({ name, parts, era })),
  ),
)('a handler of SDK $name that asks for an input of a $era client', ({ parts, era }) => {
  it('has neither failed nor succeeded until it has it', async () => {
    const { registry, user, call, halfOpen } = await setUp(parts, { guarded: 'server', era });
    halfOpen('book');
    const states: unknown[] = [];
    user.does = () => {
      states.push(registry.state('book'), registry.diagnostics('book').probesInFlight);
      return accepts();
    };
    expect(await call()).toMatchObject(booked);
    expect([...states, registry.state('book')]).toEqual(['halfOpen', 0, 'closed']);
    // The first is the failure that opened the circuit.
    expect(registry.metrics().calls).toBe(2);
  });

  it('has the whole time limit for each round', async () => {
    const { registry, clock, user, call } = await setUp(parts, { guarded: 'server', era, timeoutMs: 1_000 });
    user.does = () => {
      clock.advance(3_600_000);
      return accepts();
    };
    expect(await call()).toMatchObject(booked);
    expect(registry.metrics().failures).toEqual({});
  });
});

describe.each(releasesOf2)('a refused call of SDK $name', ({ parts }) => {
  it.each([
    ['modern', 'complete'],
    ['legacy', undefined],
  ] as const)('is a valid result of the %s era', async (era, resultType) => {
    const registry = createToolRegistry();
    const server = guardMcpServer(new parts.McpServer({ name: 'notes', version: '1.0.0' }), { registry });
    server.registerTool('search', { outputSchema: z.object({ found: z.number() }) }, () => ({
      content: [],
      structuredContent: { found: 1 },
    }));
    registry.isolate('search');
    const client = new parts.Client(
      { name: 'test', version: '1.0.0' },
      { versionNegotiation: { mode: era === 'modern' ? { pin: '2026-07-28' } : 'legacy' } },
    );
    const [near, far] = parts.InMemoryTransport.createLinkedPair();
    const sent: { result?: { content?: unknown; resultType?: string } }[] = [];
    const send = far.send.bind(far);
    far.send = (message, ...more) => {
      sent.push(message as (typeof sent)[number]);
      return send(message, ...more);
    };
    parts.serveStdio(() => server, { transport: far });
    await client.connect(near);
    closing.push(() => client.close());
    // From now on, the client checks every answer against the tool's output schema.
    await client.listTools();
    expect(await client.callTool({ name: 'search' })).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: expect.stringContaining('The tool "search" is unavailable') }],
      _meta: { 'toolfuse/denial': { tool: 'search', executed: false } },
    });
    expect(sent.at(-1)?.result?.resultType).toBe(resultType);
  });
});

describe.each(releasesOf2)('servers of SDK $name that are made for each request', ({ parts }) => {
  it('share the circuits of one registry', async () => {
    const registry = createToolRegistry({ circuit: { failureThreshold: 2 } });
    let calls = 0;
    const handler = parts.createMcpHandler(() => {
      const server = guardMcpServer(new parts.McpServer({ name: 'notes', version: '1.0.0' }), { registry });
      server.registerTool('search', {}, () => {
        calls += 1;
        throw new Error('connect ECONNREFUSED 127.0.0.1:5432');
      });
      return server;
    });
    const fetch = (url: string | URL, init?: RequestInit) => handler.fetch(new Request(url, init));
    const client = new parts.Client(
      { name: 'test', version: '1.0.0' },
      { versionNegotiation: { mode: 'auto' } },
    );
    await client.connect(
      new parts.StreamableHTTPClientTransport(new URL('http://127.0.0.1/mcp'), {
        fetch: fetch as typeof globalThis.fetch,
      }),
    );
    closing.push(
      () => client.close(),
      () => handler.close(),
    );
    expect(client.getProtocolEra()).toBe('modern');
    for (let time = 0; time < 3; time++) await client.callTool({ name: 'search' });
    expect(calls).toBe(2);
    expect(registry.openCircuits()).toEqual(['search']);
  });
});
