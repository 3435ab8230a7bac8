import { createRequire } from 'node:module';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const program = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-filesystem/dist/index.js',
);

/** The real MCP server for the files of one folder, in a process of its own, and the client that talks to it. */
export class FileServer {
  condition: 'up' | 'hung' | 'dead' = 'dead';
  readonly #folder: string;
  #transport: StdioClientTransport | undefined;
  #client: Client | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get pid(): number | null {
    return this.#transport?.pid ?? null;
  }

  /** Starts it, or starts it again: a client that has lost its server cannot be connected anew. */
  async start(): Promise<void> {
    this.kill();
    this.#transport = new StdioClientTransport({
      command: process.execPath,
      args: [program, this.#folder],
      // What it says of itself would stand in the middle of the timeline.
      stderr: 'ignore',
    });
    this.#client = new Client({ name: 'toolfuse-demo', version: '1.0.0' });
    await this.#client.connect(this.#transport);
    this.condition = 'up';
  }

  async call(tool: string, input: Record<string, unknown>, timeoutMs: number): Promise<string> {
    if (this.#client === undefined) throw new Error('Not connected');
    const answer = await this.#client.callTool({ name: tool, arguments: input }, undefined, {
      timeout: timeoutMs,
    });
    const text = (answer.content as { text?: string }[]).map((part) => part.text ?? '').join('\n');
    // MCP reports what goes wrong inside a tool as a result.
    if (answer.isError) throw new Error(text);
    return text;
  }

  /** The process lives and its pipes are open, but it answers nothing. */
  hang(): void {
    this.#signal('SIGSTOP');
    this.condition = 'hung';
  }

  /** SIGKILL, since a process that hangs hears nothing else. Does nothing where none is running. */
  kill(): void {
    this.#signal('SIGKILL');
    this.condition = 'dead';
  }

  /** The polite end: it is told that there is nothing more to come, and leaves. */
  async stop(): Promise<void> {
    await this.#client?.close();
    this.condition = 'dead';
  }

  #signal(name: 'SIGSTOP' | 'SIGKILL'): void {
    try {
      if (this.pid !== null) process.kill(this.pid, name);
    } catch {
      // It has ended in this very moment.
    }
  }
}
