import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { hungMs } from '../../../support/hung.ts';
import { proxy } from './connections.ts';
import type { FaultServer } from './fault-server.ts';

const run = promisify(execFile);

/** The SDK's client, and the proxy that it has started. */
export class ProxySession {
  readonly client = new Client({ name: 'tester', version: '1.0.0' });
  readonly #transport: StdioClientTransport;
  readonly #env: Record<string, string>;
  #stderr = '';
  /** What `client.onerror` was called with. */
  readonly errors: Error[] = [];

  /** @param args The arguments of `toolfuse mcp`. */
  constructor(server: FaultServer, args: readonly string[]) {
    // The folder of the status socket, so that no other proxy is asked.
    this.#env = { PATH: process.env.PATH ?? '', XDG_RUNTIME_DIR: server.folder };
    const [command, ...rest] = proxy(...args);
    this.#transport = new StdioClientTransport({
      command,
      args: rest,
      env: this.#env,
      stderr: 'pipe',
      maxBufferSize: 100 * 1024 * 1024,
    });
    this.#transport.stderr?.on('data', (chunk) => {
      this.#stderr += chunk;
    });
    this.client.onerror = (error) => this.errors.push(error);
  }

  /** Connects to a server behind the proxy, with short backoffs, for a short test. */
  static async open(server: FaultServer, ...options: readonly string[]): Promise<ProxySession> {
    const session = new ProxySession(server, [...shortBackoffs, ...options, '--', ...server.command]);
    await session.client.connect(session.#transport);
    return session;
  }

  static async openUrl(
    server: FaultServer,
    url: string,
    ...options: readonly string[]
  ): Promise<ProxySession> {
    const session = new ProxySession(server, [...shortBackoffs, ...options, '--url', url]);
    await session.client.connect(session.#transport);
    return session;
  }

  connect(): Promise<void> {
    return this.client.connect(this.#transport);
  }

  get pid(): number {
    return this.#transport.pid ?? 0;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The most memory that the proxy has used, in MB. */
  get peakMb(): number {
    return peakMbOf(this.pid);
  }

  async call(name: string, args: Record<string, unknown> = {}, timeout = hungMs): Promise<CallToolResult> {
    return (await this.client.callTool({ name, arguments: args }, undefined, { timeout })) as CallToolResult;
  }

  /** The first text of an answer. */
  async say(name: string, args: Record<string, unknown> = {}): Promise<string> {
    return textOf(await this.call(name, args));
  }

  /** The state of each circuit, by its name: that of the server is called `server`. */
  async circuits(): Promise<Record<string, string>> {
    const [program, ...args] = proxy('--status', '--json');
    const { stdout } = await run(program, args, { env: this.#env });
    const [status] = JSON.parse(stdout) as {
      circuit: string;
      circuits: { tool: string; status: string }[];
    }[];
    if (status === undefined) throw new Error('--status knows no proxy');
    return Object.fromEntries(
      status.circuits.map(({ tool, status: state }) => [tool === status.circuit ? 'server' : tool, state]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}

/** The most memory that a process has used, in MB, as Linux tells it. */
export function peakMbOf(pid: number): number {
  const [, kb] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kb) / 1024;
}

const shortBackoffs = ['--log', 'json', '--min-backoff', '200', '--max-backoff', '400'];

export const textOf = ({ content }: CallToolResult): string =>
  content[0]?.type === 'text' ? content[0].text : '';

/** The data of a refusal, in an answer of the proxy. */
export const denialOf = ({ _meta }: CallToolResult): Record<string, unknown> | undefined =>
  _meta?.['toolfuse/denial'] as Record<string, unknown> | undefined;

/** The data of a call that was let through and has no result, in an answer of the proxy. */
export const failureOf = ({ _meta }: CallToolResult): Record<string, unknown> | undefined =>
  _meta?.['toolfuse/failure'] as Record<string, unknown> | undefined;
