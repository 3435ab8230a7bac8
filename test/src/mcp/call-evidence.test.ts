import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  ListToolsRequestSchema,
  McpError,
  PingRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { createToolRegistry } from 'toolfuse';
import { guardMcpClient } from 'toolfuse/mcp';
import { afterEach, describe, expect, it } from 'vitest';
import { callEvidence } from '../../../src/mcp/call-evidence.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A guarded client of a hand-written server that may answer anything. */
async function setUp(onCall: () => unknown) {
  const server = new Server({ name: 'raw', version: '1.0.0' }, { capabilities: { tools: {} } });
  const outputSchema = {
    type: 'object' as const,
    properties: { sum: { type: 'number' } },
    required: ['sum'],
  };
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [
      { name: 'add', inputSchema: { type: 'object' }, outputSchema },
      { name: 'research', inputSchema: { type: 'object' }, execution: { taskSupport: 'required' } },
    ],
  }));
  server.setRequestHandler(CallToolRequestSchema, () => onCall() as { content: [] });
  const clock = new ManualClock();
  const registry = createToolRegistry({ clock, circuit: { failureThreshold: 1, minBackoffMs: 5_000 } });
  const client = guardMcpClient(new Client({ name: 'test', version: '1.0.0' }), { registry, server: 'raw' });
  const [near, far] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(far), client.connect(near)]);
  closing.push(() => client.close());
  await client.listTools();
  return { client, registry, clock, server, add: () => client.callTool({ name: 'add' }) };
}

describe('an answer that breaks the output schema of its tool', () => {
  it.each([
    ['no structured content', { content: [] }],
    ['structured content of another shape', { content: [], structuredContent: { sum: 'two' } }],
    ['no result of a tool call', { content: 'two' }],
  ])('counts against the tool, and the server lives: %s', async (_what, answer) => {
    const { registry, add } = await setUp(() => answer);
    await expect(add()).rejects.toThrow();
    expect(registry.openCircuits()).toEqual(['add']);
    expect(registry.diagnostics('add').lastErrorCategory).toBe('executionError');
  });

  it('also counts if the server does not validate its output', async () => {
    const { registry, server, add } = await setUp(() => ({ content: [] }));
    const { transport } = server;
    const hear = transport?.onmessage;
    if (transport === undefined) throw new Error('it was to be connected');
    transport.onmessage = (message, ...more) => {
      if ('method' in message && 'id' in message && message.method === 'tools/call') {
        transport.send({ jsonrpc: '2.0', id: message.id, result: { content: 'two' } });
      } else hear?.(message, ...more);
    };
    await expect(add()).rejects.toThrow();
    expect(registry.openCircuits()).toEqual(['add']);
    expect(registry.diagnostics('add').lastErrorCategory).toBe('executionError');
  });
});

describe('a JSON-RPC error', () => {
  it.each([
    [-32_603, 'the index is corrupt', 'serviceUnavailable'],
    [-32_000, 'no session', 'network'],
    [-32_001, 'too busy', 'timeout'],
  ])('of the server proves that it lives: %d %s', async (code, message, category) => {
    const { registry, add } = await setUp(() => {
      throw new McpError(code, message);
    });
    await expect(add()).rejects.toMatchObject({ code });
    expect(registry.openCircuits()).toEqual(['add']);
    expect(registry.diagnostics('add').lastErrorCategory).toBe(category);
  });

  it.each([
    [-32_601, 'no'],
    [-32_602, 'no'],
    // What a handler throws that is no McpError.
    [-32_603, 'file_path is required'],
    [-32_603, 'You must call open_file first'],
    [-32_603, 'Unknown tool: fly'],
  ])('that blames the caller does not count: %d %s', async (code, message) => {
    const { registry, add } = await setUp(() => {
      throw new McpError(code, message);
    });
    await expect(add()).rejects.toMatchObject({ code });
    expect(registry.openCircuits()).toEqual([]);
  });
});

describe('a call that the client itself refuses', () => {
  it('says nothing about the tool or the server, and frees the slot of a probe', async () => {
    const { client, registry, clock } = await setUp(() => ({ content: [] }));
    registry.recordFailure('raw', 'network');
    clock.advance(5_000);
    await expect(client.callTool({ name: 'research' })).rejects.toThrow('requires task-based execution');
    expect(registry.state('raw')).toBe('halfOpen');
    expect(registry.allowRequest('raw')).toBe(true);
    expect(registry.metrics().calls).toBe(0);
  });
});

describe('a server that does not support pings', () => {
  it('still counts as up', async () => {
    const { client, registry, server } = await setUp(() => new Promise(() => {}));
    server.setRequestHandler(PingRequestSchema, () => {
      throw new McpError(-32_601, 'Method not found');
    });
    await expect(client.callTool({ name: 'add' }, undefined, { timeout: 20 })).rejects.toThrow('timed out');
    expect(registry.openCircuits()).toEqual(['add']);
  });
});

describe('an error that is not from MCP', () => {
  it.each([undefined, null, 'Not connected', 5, new Error('Not connected'), { code: 503 }, { code: -1 }])(
    'is left to the registry: %s',
    (error) => {
      expect(callEvidence(error)).toEqual({ kind: 'other' });
    },
  );
});

it('of an error that cannot be read is nothing', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(callEvidence(proxy)).toEqual({ kind: 'other' });
  expect(callEvidence({ name: Object.create(null) })).toEqual({ kind: 'other' });
});
