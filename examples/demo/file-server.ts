import { createRequire } from 'node:module';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const program = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-filesystem/dist/index.js',
);

/** The real MCP server for the files of one folder, in its own process, and a client that is connected to it. */
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

  /** Starts the server, or restarts it with a new client, because a client that lost its server cannot reconnect. */
  async start(): Promise<void> {
    this.kill();
    this.#transport = new StdioClientTransport({
      command: process.execPath,
      args: [program, this.#folder],
      // Its own output would interrupt the timeline.
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
    // MCP reports errors inside a tool as results.
    if (answer.isError) throw new Error(text);
    return text;
  }

  /** Makes the server hang: its process and pipes stay open, but it answers nothing. */
  hang(): void {
    this.#signal('SIGSTOP');
    this.condition = 'hung';
  }

  /** Kills the server with SIGKILL, because a hung process reacts to nothing else. Does nothing if none is running. */
  kill(): void {
    this.#signal('SIGKILL');
    this.condition = 'dead';
  }

  /** Ends the server gracefully, by closing its input. */
  async stop(): Promise<void> {
    await this.#client?.close();
    this.condition = 'dead';
  }

  #signal(name: 'SIGSTOP' | 'SIGKILL'): void {
    try {
      if (this.pid !== null) process.kill(this.pid, name);
    } catch {
      // The process has ended at this very moment.
    }
  }
}
