import { type CallToolResult as CallToolResult2, Client as Client2 } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { McpServer as McpServer2 } from '@modelcontextprotocol/server';
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

  it('may be of version 2', () => {
    const modern = new Client2({ name: 'test', version: '1.0.0' });
    expectTypeOf(guardMcpClient(modern, { registry, server: 'x' })).toEqualTypeOf<Client2>();
  });

  it('accepts settings that exist, and no others', () => {
    // @ts-expect-error: the server's name is missing
    guardMcpClient(client, { registry });
    // @ts-expect-error: no such setting
    guardMcpClient(client, { registry, server: 'x', hide: true });
    // @ts-expect-error: not a client
    guardMcpClient({ callTool: async () => ({}) }, { registry, server: 'x' });
    // @ts-expect-error: a server
    guardMcpClient(new McpServer2({ name: 'test', version: '1.0.0' }), { registry, server: 'x' });
  });
});

describe('a guarded server', () => {
  const server = new McpServer({ name: 'test', version: '1.0.0' });

  it('keeps its type', () => {
    expectTypeOf(guardMcpServer(server, { registry })).toEqualTypeOf<McpServer>();
    // @ts-expect-error: not a server with tools
    guardMcpServer(server.server, { registry });
  });

  it('may be of version 2', () => {
    const modern = new McpServer2({ name: 'test', version: '1.0.0' });
    expectTypeOf(guardMcpServer(modern, { registry })).toEqualTypeOf<McpServer2>();
    // @ts-expect-error: not a server with tools
    guardMcpServer(modern.server, { registry });
    // @ts-expect-error: a client
    guardMcpServer(new Client2({ name: 'test', version: '1.0.0' }), { registry });
  });
});

describe('the API for authors of other guards', () => {
  it('fits the SDK', () => {
    expectTypeOf<DeniedResult>().toExtend<CallToolResult>();
    expectTypeOf<DeniedResult>().toExtend<CallToolResult2>();
    expectTypeOf(resultFailure({})).toEqualTypeOf<ToolFailure | null>();
  });
});
