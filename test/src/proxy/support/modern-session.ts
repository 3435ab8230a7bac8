import { type CallToolResult, Client, type ClientOptions } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { hungMs } from '../../../support/hung.ts';
import { proxy } from './connections.ts';
import type { FaultServer } from './fault-server.ts';

export type Mode = 'legacy' | 'auto' | 'pinned';

/** How a client of version 2 of the SDK chooses its era. */
export const modeOptions: Readonly<Record<Mode, ClientOptions>> = {
  legacy: {},
  auto: { versionNegotiation: { mode: 'auto' } },
  pinned: { versionNegotiation: { mode: { pin: '2026-07-28' } } },
};

/** The client of version 2 of the SDK, and the proxy that it has started. */
export class ModernSession {
  readonly client: Client;
  readonly #transport: StdioClientTransport;
  #stderr = '';

  private constructor(server: FaultServer, mode: Mode, args: readonly string[], options: ClientOptions) {
    this.client = new Client(
      { name: 'tester', version: '1.0.0' },
      { capabilities: { elicitation: { form: {} } }, ...modeOptions[mode], ...options },
    );
    this.client.setRequestHandler('elicitation/create', () => ({
      action: 'accept',
      content: { name: 'Ada' },
    }));
    const [command, ...rest] = proxy(...args);
    this.#transport = new StdioClientTransport({
      command,
      args: rest,
      env: { PATH: process.env.PATH ?? '', XDG_RUNTIME_DIR: server.folder },
      stderr: 'pipe',
    });
    this.#transport.stderr?.on('data', (chunk) => {
      this.#stderr += chunk;
    });
  }

  /** Connects to a server behind the proxy, with short backoffs, for a short test. */
  static open(
    server: FaultServer,
    { mode = 'pinned', ...options }: ClientOptions & { readonly mode?: Mode } = {},
    ...args: readonly string[]
  ): Promise<ModernSession> {
    return ModernSession.#connect(server, mode, [...short, ...args, '--', ...server.command], options);
  }

  /** The same, with a server that is reached over HTTP. */
  static openUrl(
    server: FaultServer,
    url: string,
    { mode = 'pinned', ...options }: ClientOptions & { readonly mode?: Mode } = {},
    ...args: readonly string[]
  ): Promise<ModernSession> {
    return ModernSession.#connect(server, mode, [...short, ...args, '--url', url], options);
  }

  static async #connect(
    server: FaultServer,
    mode: Mode,
    args: readonly string[],
    options: ClientOptions,
  ): Promise<ModernSession> {
    const session = new ModernSession(server, mode, args, options);
    await session.client.connect(session.#transport, { timeout: hungMs });
    return session;
  }

  /** What the proxy has logged, and its servers. */
  get stderr(): string {
    return this.#stderr;
  }

  call(name: string, args: Record<string, unknown> = {}): Promise<CallToolResult> {
    return this.client.callTool({ name, arguments: args }, { timeout: hungMs });
  }

  /** The first text of an answer. */
  async say(name: string, args: Record<string, unknown> = {}): Promise<string> {
    return textOf(await this.call(name, args));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}

const short = ['--log', 'json', '--min-backoff', '200', '--max-backoff', '400'];

export const textOf = ({ content }: CallToolResult): string =>
  content[0]?.type === 'text' ? content[0].text : '';
