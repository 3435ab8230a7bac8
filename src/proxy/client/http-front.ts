import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { CONNECTION_CLOSED } from '../../classify/rpc-codes.ts';
import type { McpProxy } from '../mcp-proxy.ts';
import type { Address } from '../options/kinds.ts';
import type { Session } from '../session/session.ts';
import { Line } from '../wire/line.ts';
import { Message } from '../wire/message.ts';
import { checkRequest, Refusal } from './http-check.ts';
import { HttpClient } from './http-client.ts';

/** How many clients are served at a time. Each has a server of its own. */
const defaultMaxSessions = 100;

/** How many of a client's messages may queue while its server reads nothing, and for how long (ms). */
const maxWaiting = 100;
const maxWaitMs = 60_000;

export interface HttpFrontOptions {
  readonly proxy: McpProxy;
  readonly address: Address;
  /** How long a client may stay silent before its session is ended, in ms. */
  readonly idleTimeoutMs: number;
  /** How many sessions there can be at a time. Default 100. */
  readonly maxSessions?: number;
}

interface Entry {
  readonly client: HttpClient;
  readonly session: Session;
}

/** Serves clients over Streamable HTTP at `/mcp`. Each has its own session and its own server; all share the circuits of the tools. */
export class HttpFront {
  readonly #proxy: McpProxy;
  readonly #address: Address;
  readonly #idleTimeoutMs: number;
  readonly #maxSessions: number;
  readonly #server: Server;
  readonly #entries = new Map<string, Entry>();
  readonly #sweep: NodeJS.Timeout;
  #isStopped = false;

  constructor({ proxy, address, idleTimeoutMs, maxSessions = defaultMaxSessions }: HttpFrontOptions) {
    this.#proxy = proxy;
    this.#address = address;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#maxSessions = maxSessions;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#sweep = setInterval(() => this.#endIdle(), idleTimeoutMs / 10).unref();
    proxy.onEnding(() => this.#stop());
    proxy.onEnd(() => this.#close());
  }

  /** @returns the URL that clients connect to. @throws Error if it cannot listen at the address. */
  listen(): Promise<string> {
    const { host, port } = this.#address;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        const bound = this.#server.address();
        const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
        resolve(`http://${host.includes(':') ? `[${host}]` : host}:${boundPort}/mcp`);
      });
    });
  }

  /** Accepts no more clients, whose servers would outlive the proxy. */
  #stop(): void {
    this.#isStopped = true;
    clearInterval(this.#sweep);
    this.#server.close();
  }

  #close(): void {
    for (const { client } of this.#entries.values()) client.end();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      checkRequest(request, this.#address.host);
      if (request.method === 'POST') await this.#post(request, response);
      else if (request.method === 'GET') this.#entryOf(request).client.listen(response);
      else if (request.method === 'DELETE') {
        this.#entryOf(request).client.end();
        response.writeHead(204).end();
      } else throw new Refusal(405, `the method ${request.method} is not supported`);
    } catch (error) {
      const status = error instanceof Refusal ? error.status : 500;
      const message = error instanceof Error ? error.message : String(error);
      if (!response.headersSent) response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: CONNECTION_CLOSED, message } }));
    }
  }

  async #post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A page of another site can post without a preflight request, but only content types other than JSON.
    if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')) {
      throw new Refusal(415, 'the content type must be application/json');
    }
    const isNamed = request.headers['mcp-session-id'] !== undefined;
    const done = isNamed ? await this.#admit(request, response) : undefined;
    try {
      const messages = Message.readLine(await this.#bodyOf(request));
      if (messages === undefined) throw new Refusal(400, 'the body is not a JSON-RPC message');
      const isNew = !isNamed && messages.some(({ method }) => method === 'initialize');
      const { client } = isNew ? this.#open() : this.#entryOf(request);
      client.post(messages, response);
    } finally {
      done?.();
    }
  }

  /** Leaves a body unread until the server has taken what was read before it. */
  async #admit(request: IncomingMessage, response: ServerResponse): Promise<() => void> {
    const { gate } = this.#entryOf(request).client;
    if (gate.waiting >= maxWaiting) throw new Refusal(503, 'too many messages wait for the server');
    const bytes = Number(request.headers['content-length'] ?? this.#proxy.maxMessageBytes);
    // While a large body is unread, nothing tells us that its client has gone. So the wait has a limit.
    const waiting = new AbortController();
    const timer = setTimeout(
      () => waiting.abort(new Refusal(503, 'the server accepts no messages')),
      maxWaitMs,
    );
    response.once('close', () => waiting.abort(new Error('the client has gone')));
    try {
      return await gate.enter(bytes, waiting.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  async #bodyOf(request: IncomingMessage): Promise<Line> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > this.#proxy.maxMessageBytes) {
        throw new Refusal(
          413,
          `a message may have at most ${this.#proxy.maxMessageBytes} bytes (see --max-message-mb)`,
        );
      }
      chunks.push(chunk);
    }
    return Line.of(Buffer.concat(chunks).toString('utf8'));
  }

  #open(): Entry {
    if (this.#isStopped) throw new Refusal(503, 'the proxy is shutting down');
    if (this.#entries.size >= this.#maxSessions) this.#makeRoom();
    const id = randomUUID();
    const { maxMessageBytes } = this.#proxy;
    const client = new HttpClient({ id, maxMessageBytes, onEnd: () => void this.#end(id) });
    const session = this.#proxy.open(client);
    client.start(session);
    const entry = { client, session };
    this.#entries.set(id, entry);
    return entry;
  }

  /** Ends the session that has been idle for longest: few clients say that they are done. */
  #makeRoom(): void {
    const idle = [...this.#entries.values()].map(({ client }) => client).filter((client) => client.isIdle);
    const [first] = idle.sort((a, b) => a.heardAt - b.heardAt);
    if (first === undefined) throw new Refusal(503, `there are ${this.#maxSessions} sessions already`);
    first.end();
  }

  #entryOf({ headers }: IncomingMessage): Entry {
    const id = headers['mcp-session-id'];
    if (typeof id !== 'string') throw new Refusal(400, 'the header mcp-session-id is missing');
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new Refusal(404, 'there is no such session');
    entry.client.heardAt = performance.now();
    return entry;
  }

  async #end(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    if (entry !== undefined) await this.#proxy.close(entry.session);
  }

  #endIdle(): void {
    const before = performance.now() - this.#idleTimeoutMs;
    for (const { client } of this.#entries.values()) {
      if (client.isIdle && client.heardAt < before) client.end();
    }
  }
}
