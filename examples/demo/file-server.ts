import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const manifest = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-filesystem/package.json',
);

/** A running MCP server for the files of one folder, and the client that is connected to it. */
export interface FileServer {
  readonly client: Client;
  /** The real process, to be stopped and killed. */
  readonly pid: number;
}

/** Starts the server in a process of its own and connects to it over stdio. */
export async function startFileServer(folder: string): Promise<FileServer> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [join(dirname(manifest), 'dist/index.js'), folder],
    // What it prints about itself would stand in the middle of the timeline.
    stderr: 'ignore',
  });
  const client = new Client({ name: 'toolfuse-demo', version: '1.0.0' });
  await client.connect(transport);
  if (transport.pid === null) throw new Error('the server has no process');
  return { client, pid: transport.pid };
}
