import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { Client as LowestClient } from 'mcp-sdk-lowest/client/index.js';
import { StdioClientTransport as LowestStdioClientTransport } from 'mcp-sdk-lowest/client/stdio.js';
import { StreamableHTTPClientTransport as LowestStreamableHTTPClientTransport } from 'mcp-sdk-lowest/client/streamableHttp.js';
import { InMemoryTransport as LowestInMemoryTransport } from 'mcp-sdk-lowest/inMemory.js';
import { McpServer as LowestMcpServer } from 'mcp-sdk-lowest/server/mcp.js';
import { z } from 'zod';

const newest = {
  Client,
  InMemoryTransport,
  McpServer,
  StdioClientTransport,
  StreamableHTTPClientTransport,
  z,
};

/** The parts of one version of the official SDK that the tests use. */
export type Sdk = typeof newest & { readonly version: string };

const require = createRequire(import.meta.url);

const folderOf = (name: string): string => {
  const entry = require.resolve(`${name}/client/index.js`);
  return entry.slice(0, entry.indexOf('dist'));
};

const versionOf = (name: string): string =>
  (require(join(folderOf(name), 'package.json')) as { version: string }).version;

/** The SDK recognises schemas by their class, so each version needs the zod that it was installed with. */
const lowestZod = (await import(
  pathToFileURL(createRequire(join(folderOf('mcp-sdk-lowest'), 'package.json')).resolve('zod')).href.replace(
    /\.cjs$/,
    '.js',
  )
)) as { z: typeof z };

/** The same parts of the lowest version, whose types differ only in private fields. */
const lowest = {
  Client: LowestClient,
  InMemoryTransport: LowestInMemoryTransport,
  McpServer: LowestMcpServer,
  StdioClientTransport: LowestStdioClientTransport,
  StreamableHTTPClientTransport: LowestStreamableHTTPClientTransport,
  z: lowestZod.z,
} as unknown as typeof newest;

/** The lowest supported version of the SDK, and the newest one. */
export const sdks: readonly Sdk[] = [
  { version: versionOf('mcp-sdk-lowest'), ...lowest },
  { version: versionOf('@modelcontextprotocol/sdk'), ...newest },
];
