import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { createToolRegistry } from 'toolfuse';
import {
  type DeniedResult,
  guardMcpClient,
  guardMcpServer,
  resultFailure,
  type ToolFailure,
} from 'toolfuse/mcp';
import { describe, expectTypeOf, it } from 'vitest';

const registry = createToolRegistry();

describe('a guarded client', () => {
  const client = new Client({ name: 'test', version: '1.0.0' });

  it('keeps its type', () => {
    expectTypeOf(guardMcpClient(client, { registry, server: 'x' })).toEqualTypeOf<Client>();
    class MyClient extends Client {
      mine = 1;
    }
    const mine = new MyClient({ name: 'test', version: '1.0.0' });
    expectTypeOf(guardMcpClient(mine, { registry, server: 'x' })).toEqualTypeOf<MyClient>();
  });

  it('accepts settings that exist, and no others', () => {
    // @ts-expect-error: the server's name is missing
    guardMcpClient(client, { registry });
    // @ts-expect-error: no such setting
    guardMcpClient(client, { registry, server: 'x', hide: true });
    // @ts-expect-error: not a client
    guardMcpClient({ callTool: async () => ({}) }, { registry, server: 'x' });
  });
});

describe('a guarded server', () => {
  const server = new McpServer({ name: 'test', version: '1.0.0' });

  it('keeps its type', () => {
    expectTypeOf(guardMcpServer(server, { registry })).toEqualTypeOf<McpServer>();
    // @ts-expect-error: not a server with tools
    guardMcpServer(server.server, { registry });
  });
});

describe('the API for authors of other guards', () => {
  it('fits the SDK', () => {
    expectTypeOf<DeniedResult>().toExtend<CallToolResult>();
    expectTypeOf(resultFailure({})).toEqualTypeOf<ToolFailure | null>();
  });
});
