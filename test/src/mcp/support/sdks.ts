import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as client2 from '@modelcontextprotocol/client';
import * as client2Stdio from '@modelcontextprotocol/client/stdio';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import * as server2 from '@modelcontextprotocol/server';
import * as server2Stdio from '@modelcontextprotocol/server/stdio';
import * as lowestClient2 from 'mcp-client-lowest';
import * as lowestClient2Stdio from 'mcp-client-lowest/stdio';
import { Client as LowestClient } from 'mcp-sdk-lowest/client/index.js';
import { StdioClientTransport as LowestStdioClientTransport } from 'mcp-sdk-lowest/client/stdio.js';
import { StreamableHTTPClientTransport as LowestStreamableHTTPClientTransport } from 'mcp-sdk-lowest/client/streamableHttp.js';
import { InMemoryTransport as LowestInMemoryTransport } from 'mcp-sdk-lowest/inMemory.js';
import { McpServer as LowestMcpServer } from 'mcp-sdk-lowest/server/mcp.js';
import * as lowestServer2 from 'mcp-server-lowest';
import * as lowestServer2Stdio from 'mcp-server-lowest/stdio';
import type { GuardableClient, GuardableServer } from 'toolfuse/mcp';
import { z } from 'zod';

/** A client of any version. */
interface TestClient extends GuardableClient {
  connect(transport: object): Promise<void>;
  close(): Promise<void>;
  listTools(): Promise<{ tools: { name: string }[] }>;
}

/** A registered tool of a server of any version. */
interface TestTool {
  update(updates: { name?: string; callback?: never }): void;
  enable(): void;
  disable(): void;
  remove(): void;
}

/** A server of any version. */
export interface TestServer extends GuardableServer {
  connect(transport: object): Promise<void>;
  close(): Promise<void>;
}

/** A handler of a tool whose one argument is `text`. */
type TestHandler = (args: { text: string }, signal: AbortSignal) => unknown;

/** One end of a connection within this process. */
interface End {
  send(message: never): Promise<void>;
}

/** What the official SDK of one version has, for a connection of one era. */
export interface Sdk {
  /** `2.4.0, modern`. */
  readonly name: string;
  readonly era: 'legacy' | 'modern';
  newClient(): TestClient;
  newServer(): TestServer;
  /** The handler as this version passes it to a tool. */
  handler(handler: TestHandler): never;
  addTool(server: TestServer, name: string, handler: TestHandler): TestTool;
  call(
    client: TestClient,
    params: { name: string; arguments?: Record<string, unknown> },
    options?: object,
  ): Promise<Record<string, unknown>>;
  /** Connects a client to a server, in this process. @returns the client's end. */
  connect(server: TestServer, client: TestClient, prepare?: (near: End) => void): Promise<void>;
  /** The code of the client's error if a call took too long. */
  readonly timeoutCode: number | string;
  readonly StdioClientTransport: new (options: {
    command: string;
    args: string[];
    env: Record<string, string>;
    stderr: 'ignore';
  }) => object;
  readonly StreamableHTTPClientTransport: new (url: URL, options?: { fetch?: typeof fetch }) => object;
}

const require = createRequire(import.meta.url);

const folderOf = (name: string, file: string): string => {
  const entry = require.resolve(`${name}${file}`);
  return entry.slice(0, entry.indexOf('dist'));
};

const versionOf = (name: string, file = ''): string =>
  (require(join(folderOf(name, file), 'package.json')) as { version: string }).version;

const newest1 = {
  Client,
  InMemoryTransport,
  McpServer,
  StdioClientTransport,
  StreamableHTTPClientTransport,
  z,
};

/** Version 1 recognises schemas by their class, so each version needs the zod that it was installed with. */
const lowestZod = (await import(
  pathToFileURL(
    createRequire(join(folderOf('mcp-sdk-lowest', '/client/index.js'), 'package.json')).resolve('zod'),
  ).href.replace(/\.cjs$/, '.js')
)) as { z: typeof z };

/** The same parts of the lowest version, whose types differ only in private fields. */
const lowest1 = {
  Client: LowestClient,
  InMemoryTransport: LowestInMemoryTransport,
  McpServer: LowestMcpServer,
  StdioClientTransport: LowestStdioClientTransport,
  StreamableHTTPClientTransport: LowestStreamableHTTPClientTransport,
  z: lowestZod.z,
} as unknown as typeof newest1;

const about = { name: 'test', version: '1.0.0' };

function sdkOf1(name: string, parts: typeof newest1): Sdk {
  const handler: Sdk['handler'] = (given) =>
    ((args: { text: string }, { signal }: { signal: AbortSignal }) => given(args, signal)) as never;
  return {
    name,
    era: 'legacy',
    newClient: () => new parts.Client(about) as unknown as TestClient,
    newServer: () => new parts.McpServer(about) as unknown as TestServer,
    handler,
    addTool: (server, tool, given) =>
      (server as unknown as McpServer).tool(tool, { text: parts.z.string() }, handler(given)) as TestTool,
    call: (client, params, options) =>
      (client as unknown as Client).callTool(params, undefined, options) as Promise<Record<string, unknown>>,
    async connect(server, client, prepare) {
      const [near, far] = parts.InMemoryTransport.createLinkedPair();
      prepare?.(near);
      await Promise.all([server.connect(far), client.connect(near)]);
    },
    timeoutCode: -32_001,
    StdioClientTransport: parts.StdioClientTransport,
    StreamableHTTPClientTransport: parts.StreamableHTTPClientTransport,
  };
}

/** The client's and the server's parts of version 2. */
const newest2: Omit<typeof client2, keyof typeof server2> &
  typeof client2Stdio &
  typeof server2 &
  typeof server2Stdio = { ...client2, ...client2Stdio, ...server2, ...server2Stdio };

const lowest2 = {
  ...lowestClient2,
  ...lowestClient2Stdio,
  ...lowestServer2,
  ...lowestServer2Stdio,
} as unknown as typeof newest2;

function sdkOf2(name: string, parts: typeof newest2, era: Sdk['era']): Sdk {
  const handler: Sdk['handler'] = (given) =>
    ((args: { text: string }, { mcpReq }: { mcpReq: { signal: AbortSignal } }) =>
      given(args, mcpReq.signal)) as never;
  return {
    name: `${name}, ${era}`,
    era,
    newClient: () =>
      new parts.Client(about, {
        versionNegotiation: { mode: era === 'modern' ? { pin: '2026-07-28' } : 'legacy' },
      }) as unknown as TestClient,
    newServer: () => new parts.McpServer(about) as unknown as TestServer,
    handler,
    addTool: (server, tool, given) =>
      (server as unknown as server2.McpServer).registerTool(
        tool,
        { inputSchema: z.object({ text: z.string() }) },
        handler(given),
      ) as unknown as TestTool,
    call: (client, params, options) =>
      (client as unknown as client2.Client).callTool(params, options) as unknown as Promise<
        Record<string, unknown>
      >,
    async connect(server, client, prepare) {
      const [near, far] = parts.InMemoryTransport.createLinkedPair();
      prepare?.(near);
      if (era === 'legacy') await server.connect(far);
      else parts.serveStdio(() => server as unknown as server2.McpServer, { transport: far });
      await client.connect(near);
    },
    timeoutCode: 'REQUEST_TIMEOUT',
    StdioClientTransport: parts.StdioClientTransport,
    StreamableHTTPClientTransport: parts.StreamableHTTPClientTransport,
  };
}

export const newestSdk1 = sdkOf1(versionOf('@modelcontextprotocol/sdk', '/client/index.js'), newest1);
export const newestSdk2 = sdkOf2(versionOf('@modelcontextprotocol/client'), newest2, 'modern');

const lowestVersion2 = versionOf('mcp-client-lowest');

/** All of the lowest and of the newest release of version 2, for what only that version has. */
export const releasesOf2: readonly { readonly name: string; readonly parts: typeof newest2 }[] = [
  { name: lowestVersion2, parts: lowest2 },
  { name: versionOf('@modelcontextprotocol/client'), parts: newest2 },
];

/** The lowest supported release and the newest one of both versions of the SDK, in each era that it speaks. */
export const sdks: readonly Sdk[] = [
  sdkOf1(versionOf('mcp-sdk-lowest', '/client/index.js'), lowest1),
  newestSdk1,
  sdkOf2(lowestVersion2, lowest2, 'legacy'),
  sdkOf2(lowestVersion2, lowest2, 'modern'),
  sdkOf2(versionOf('@modelcontextprotocol/client'), newest2, 'legacy'),
  newestSdk2,
];
