import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  Client,
  type JSONRPCMessage,
  type McpSubscription,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect } from 'vitest';
import { hungMs } from '../../../support/hung.ts';
import type { EraServer } from './era-server.ts';
import type { CommandLine } from './raw-client.ts';

/** How a client chooses its era: as before, by a probe, or modern and nothing else. */
export type Mode = 'legacy' | 'auto' | 'pinned';

const negotiation = { legacy: 'legacy', auto: 'auto', pinned: { pin: '2026-07-28' } } as const;

/** What a client saw at each step of a session, in comparable form. */
export type Seen = Readonly<Record<string, string>>;

/** The steps of a session once it is connected. */
export const steps = [
  'connect',
  'the server that the client knows',
  'tools',
  'a call',
  'a call with structured content',
  'the era of a call',
  'an argument that is also a header',
  'a call that fails',
  'an unknown tool',
  'arguments that are not valid',
  'progress',
  'resources',
  'reading a resource',
  'an unknown resource',
  'templates',
  'prompts',
  'a prompt',
  'a completion',
  'an unknown method',
  'an input asked for',
  'an input asked for three times',
  'an input that is declined',
  'a resource that changes',
  'a list that changes',
  'a cancelled call',
  'a call after it',
] as const;

type Step = (typeof steps)[number];

export const overStdio = ([command, ...args]: CommandLine): Transport =>
  new StdioClientTransport({ command, args, env: { PATH: process.env.PATH ?? '' }, stderr: 'ignore' });

export const overHttp = (url: string): Transport => new StreamableHTTPClientTransport(new URL(url));

/** The error of JSON-RPC in the body of an HTTP answer; undefined if there is none. */
function rpcErrorIn(data: unknown): unknown {
  try {
    return JSON.parse((data as { text: string }).text).error;
  } catch {
    return undefined;
  }
}

/** Keeps what an error says, without its stack. Over HTTP, what the server said is in a body, which may be laid out in any way. */
function comparableError(error: unknown): unknown {
  const { name, code, message, data } = error as {
    name: string;
    code?: unknown;
    message: string;
    data?: object;
  };
  const said = rpcErrorIn(data);
  if (said !== undefined) return { error: said };
  return { error: { ...(code === undefined && { name }), code, message, ...(data && { data }) } };
}

/** One session of a client with a server, direct or through a proxy. */
class EraSession {
  readonly #client: Client;
  readonly #server: EraServer;
  readonly #messages: JSONRPCMessage[] = [];
  readonly #looking = new Set<() => void>();
  #subscription: McpSubscription | undefined;
  #action: 'accept' | 'decline' = 'accept';

  constructor(mode: Mode, server: EraServer) {
    this.#server = server;
    const listChanged = { tools: { onChanged: () => {}, autoRefresh: false } };
    this.#client = new Client(
      { name: 'era-session', version: '1.0.0' },
      {
        versionNegotiation: { mode: negotiation[mode] },
        capabilities: { elicitation: { form: {} } },
        listChanged,
      },
    );
    this.#client.setRequestHandler('elicitation/create', () =>
      this.#action === 'accept' ? { action: 'accept', content: { name: 'Ada' } } : { action: 'decline' },
    );
  }

  async run(transport: Transport): Promise<Seen> {
    const seen: Partial<Record<Step, string>> = {};
    try {
      seen.connect = await this.#outcome(async () => {
        await this.#client.connect(transport);
        this.#tap(transport);
        return [this.#client.getProtocolEra(), this.#client.getNegotiatedProtocolVersion()];
      });
      if (seen.connect.includes('"error"')) return seen as Seen;
      for (const step of steps) {
        if (step !== 'connect') seen[step] = await this.#outcome(() => this.#do(step));
      }
    } finally {
      await this.#client.close();
    }
    return seen as Seen;
  }

  async #outcome(act: () => unknown): Promise<string> {
    try {
      return JSON.stringify(await act());
    } catch (error) {
      return JSON.stringify(comparableError(error));
    }
  }

  /** Records what arrives, because the client loses progress that arrives together with the result. */
  #tap(transport: Transport): void {
    const hear = transport.onmessage;
    transport.onmessage = (message: JSONRPCMessage, ...more: []) => {
      this.#messages.push(message);
      for (const look of this.#looking) look();
      hear?.(message, ...more);
    };
  }

  #notified(method: string, from: number): JSONRPCMessage[] {
    return this.#messages.slice(from).filter((message) => 'method' in message && message.method === method);
  }

  /** Waits for a notification, and gives its parameters. */
  #notification(method: string, from: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const [found] = this.#notified(method, from);
        if (found === undefined) return;
        clearTimeout(timer);
        this.#looking.delete(look);
        resolve('params' in found ? found.params : undefined);
      };
      const timer = setTimeout(() => {
        this.#looking.delete(look);
        reject(new Error(`${method} did not come`));
      }, hungMs);
      this.#looking.add(look);
      look();
    });
  }

  #call(name: string, args: Record<string, unknown> = {}, options = {}) {
    return this.#client.callTool({ name, arguments: args }, options);
  }

  #do(step: Exclude<Step, 'connect'>): unknown {
    const client = this.#client;
    const from = this.#messages.length;
    switch (step) {
      case 'the server that the client knows':
        return [client.getServerVersion(), client.getServerCapabilities(), client.getInstructions()];
      case 'tools':
        return client.listTools();
      case 'a call':
        return this.#call('echo', { words: 'ünï \u2028 "x"' });
      case 'a call with structured content':
        return this.#call('add', { a: 1, b: 2 });
      case 'the era of a call':
        return this.#call('era');
      case 'an argument that is also a header':
        return this.#call('region', { region: 'eu' });
      case 'a call that fails':
        return this.#call('fail', { words: 'no such thing' });
      case 'an unknown tool':
        return this.#call('nope');
      case 'arguments that are not valid':
        return this.#call('echo', { words: 1 });
      case 'progress':
        return this.#progress(from);
      case 'resources':
        return client.listResources();
      case 'reading a resource':
        return client.readResource({ uri: 'note://of/Ada' });
      case 'an unknown resource':
        return client.readResource({ uri: 'note://nowhere' });
      case 'templates':
        return client.listResourceTemplates();
      case 'prompts':
        return client.listPrompts();
      case 'a prompt':
        return client.getPrompt({ name: 'greet', arguments: { name: 'Ada' } });
      case 'a completion':
        return client.complete({
          ref: { type: 'ref/prompt', name: 'greet' },
          argument: { name: 'name', value: 'A' },
        });
      case 'an unknown method':
        return client.request({ method: 'example.org/unknown' }, anything);
      case 'an input asked for':
        return this.#call('ask');
      case 'an input asked for three times':
        return this.#call('ask-thrice');
      case 'an input that is declined':
        this.#action = 'decline';
        return this.#call('ask');
      case 'a resource that changes':
        return this.#changedResource(from);
      case 'a list that changes':
        return this.#changedList(from);
      case 'a cancelled call':
        return this.#cancelled(from);
      case 'a call after it':
        return this.#call('echo', { words: 'still here' });
    }
  }

  async #progress(from: number): Promise<unknown> {
    const result = await this.#call('count', { to: 3 }, { onprogress: () => {} });
    const progress = this.#notified('notifications/progress', from).map(
      (message) => 'params' in message && { ...message.params, progressToken: '<token>' },
    );
    return [result, progress];
  }

  async #changedResource(from: number): Promise<unknown> {
    const uri = 'note://changing';
    if (this.#client.getProtocolEra() === 'modern') {
      this.#subscription = await this.#client.listen({ resourceSubscriptions: [uri] });
    } else await this.#client.subscribeResource({ uri });
    const result = await this.#call('change');
    const params = await this.#notification('notifications/resources/updated', from);
    const contents = await this.#client.readResource({ uri });
    await this.#subscription?.close();
    return [result, params, contents, await this.#subscription?.closed];
  }

  async #changedList(from: number): Promise<unknown> {
    const result = await this.#call('grow', { tool: 'grown' });
    const params = await this.#notification('notifications/tools/list_changed', from);
    const { tools } = await this.#client.listTools(undefined, { cacheMode: 'refresh' });
    return [result, params, tools.map(({ name }) => name), await this.#call('grown')];
  }

  async #cancelled(from: number): Promise<unknown> {
    const controller = new AbortController();
    const call = this.#call('hang', {}, { signal: controller.signal, onprogress: () => {} });
    const outcome = this.#outcome(() => call);
    await this.#notification('notifications/progress', from);
    controller.abort('enough');
    const file = join(this.#server.folder, 'cancelled');
    await expect.poll(() => existsSync(file)).toBe(true);
    return outcome;
  }
}

/** Takes any result. */
const anything = {
  '~standard': { version: 1, vendor: 'toolfuse', validate: (value: unknown) => ({ value }) },
} as const;

export const runSession = (mode: Mode, server: EraServer, transport: Transport): Promise<Seen> =>
  new EraSession(mode, server).run(transport);
