import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { CONNECTION_CLOSED, PARSE_ERROR } from '../../classify/rpc-codes.ts';
import type { McpProxy } from '../mcp-proxy.ts';
import type { Address } from '../options/kinds.ts';
import { defaultMaxSessions } from '../options/settings.ts';
import type { Line } from '../wire/line.ts';
import { Message, maxBatch } from '../wire/message.ts';
import { type BodyLimits, BodyRoom, readBody } from './body.ts';
import { answerPreflight, shareWith } from './cors.ts';
import type { Gate } from './gate.ts';
import { checkRequest, checkVersion, Refusal } from './http-check.ts';
import type { HttpClient } from './http-client.ts';
import { HttpKey } from './http-key.ts';
import { HttpSessions } from './http-sessions.ts';
import { checkModern, eraOfPost, ModernRefusal, namesModern } from './modern-check.ts';
import { StandAloneRequests } from './stand-alone-requests.ts';

/** How many connections there can be at a time, for each session. */
const connectionsPerSession = 20;

/** How many of a client's messages may queue while its server reads nothing, and for how long (ms). */
const maxWaiting = 100;
const maxWaitMs = 60_000;

/** How long the headers of a request may take, and its body, in ms. */
const headersMs = 10_000;
const bodyMs = 60_000;

/** The same for who has no session yet: such a client may send nothing but `initialize`. */
const strangerBodyMs = 10_000;
const maxStrangerBytes = 1024 * 1024;

/** How many bytes the bodies under way may have together: those of strangers, and all others. */
const strangersRoom = 8 * maxStrangerBytes;
const minRoom = 64 * 1024 * 1024;

export interface HttpFrontOptions {
  readonly proxy: McpProxy;
  readonly address: Address;
  /** How long a client may stay silent before its session is ended, in ms. */
  readonly idleTimeoutMs: number;
  /** How many sessions there can be at a time. Default 100. */
  readonly maxSessions?: number;
  /** The origins of pages that may use the proxy, beside those of this machine. Default: none. */
  readonly allowedOrigins?: readonly string[];
  /** The key that every client has to show. Default: none is needed. */
  readonly key?: string;
}

/**
 * Serves clients over Streamable HTTP at `/mcp`. Each legacy one has its own session and its own server; the requests of modern
 * ones stand alone, and share a server. All share the circuits of the tools.
 */
export class HttpFront {
  readonly #address: Address;
  readonly #allowed: ReadonlySet<string>;
  readonly #key: HttpKey | undefined;
  readonly #server: Server;
  readonly #sessions: HttpSessions;
  readonly #standAlone: StandAloneRequests;
  readonly #ofStrangers: BodyLimits;
  readonly #ofClients: BodyLimits;

  constructor(options: HttpFrontOptions) {
    const {
      proxy,
      address,
      idleTimeoutMs,
      maxSessions = defaultMaxSessions,
      key,
      allowedOrigins = [],
    } = options;
    const maxBytes = proxy.maxMessageBytes;
    this.#address = address;
    this.#allowed = new Set(allowedOrigins);
    this.#key = key === undefined ? undefined : new HttpKey(key);
    this.#sessions = new HttpSessions({ proxy, maxSessions, idleTimeoutMs, replacesIdle: key !== undefined });
    this.#standAlone = new StandAloneRequests({ proxy, idleTimeoutMs });
    this.#ofStrangers = {
      maxBytes: Math.min(maxStrangerBytes, maxBytes),
      room: new BodyRoom(strangersRoom),
      timeoutMs: strangerBodyMs,
    };
    this.#ofClients = { maxBytes, room: new BodyRoom(Math.max(minRoom, 3 * maxBytes)), timeoutMs: bodyMs };
    const limits = { headersTimeout: headersMs, requestTimeout: maxWaitMs + bodyMs };
    this.#server = createServer(limits, (request, response) => void this.#serve(request, response));
    this.#server.maxConnections = connectionsPerSession * maxSessions;
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
    this.#sessions.stop();
    this.#standAlone.stop();
    this.#server.close();
  }

  #close(): void {
    this.#sessions.endAll();
    this.#standAlone.end();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      checkRequest(request, this.#address.host, this.#allowed);
      if (request.method !== 'POST') checkVersion(request.headers);
      shareWith(request, response);
      if (request.method === 'OPTIONS') return answerPreflight(request, response);
      this.#key?.check(request);
      if (request.method === 'POST') await this.#post(request, response);
      else if (request.method === 'GET')
        this.#clientOf(request, response).listen(response, one(request.headers['last-event-id']));
      else if (request.method === 'DELETE') {
        this.#clientOf(request, response).end();
        response.writeHead(204).end();
      } else throw new Refusal(405, `the method ${request.method} is not supported`);
    } catch (error) {
      refuse(request, response, error);
    }
  }

  async #post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A page of another site can post without a preflight request, but only content types other than JSON.
    if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')) {
      throw new Refusal(415, 'the content type must be application/json');
    }
    const { headers } = request;
    const session = one(headers['mcp-session-id']);
    // A modern request stands alone, whatever a client still remembers of an earlier session.
    const standsAlone =
      namesModern(headers) && (session === undefined || this.#sessions.find(session) === undefined);
    if (standsAlone) await this.#answerAlone(request, response);
    else if (headers['mcp-session-id'] !== undefined) await this.#goOn(request, response);
    else await this.#begin(request, response);
  }

  /** A legacy client without a session can only begin one. Nothing else of it is read. */
  async #begin(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const message = readMessage(await readBody(request, this.#ofStrangers));
    const era = message === undefined ? 'legacy' : eraOfPost(message, request.headers);
    // It is modern by its body alone: its headers lack something, or it names a revision that there is not.
    if (era !== 'legacy') {
      const done = await this.#admit(this.#standAlone.gate, request, response);
      return this.#passOn(era, request, response).finally(done);
    }
    checkVersion(request.headers);
    if (message?.method !== 'initialize') throw new Refusal(400, 'the header mcp-session-id is missing');
    const client = await this.#sessions.open();
    client.post([message], response, one(request.headers['mcp-protocol-version']));
  }

  /** A modern request stands alone. */
  async #answerAlone(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const done = await this.#admit(this.#standAlone.gate, request, response);
    try {
      const body = await readBody(request, this.#ofClients);
      const message = readMessage(body);
      if (message === undefined) throw ModernRefusal.unreadable(body);
      const era = eraOfPost(message, request.headers);
      if (era === 'legacy') throw new Refusal(400, 'the header mcp-session-id is missing');
      await this.#passOn(era, request, response);
    } finally {
      done();
    }
  }

  async #passOn(
    modern: { readonly request: Message } | 'notification',
    { headers }: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    // What a notification cancels or reports belongs to a request whose stream says the same.
    if (modern === 'notification') return void response.writeHead(202).end();
    checkModern(modern.request, headers);
    await this.#standAlone.post(modern.request, headers, response);
  }

  async #goOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    checkVersion(request.headers);
    const done = await this.#admit(this.#clientOf(request, response).gate, request, response);
    try {
      const messages = Message.readLine(await readBody(request, this.#ofClients));
      if (messages === undefined) {
        throw new Refusal(400, `the body is not a JSON-RPC message, or a batch of 1 to ${maxBatch}`);
      }
      // The session may have ended meanwhile.
      this.#clientOf(request, response).post(
        messages,
        response,
        one(request.headers['mcp-protocol-version']),
      );
    } finally {
      done();
    }
  }

  /** Leaves a body unread until the server has taken what was read before it. */
  async #admit(gate: Gate, request: IncomingMessage, response: ServerResponse): Promise<() => void> {
    if (gate.waiting >= maxWaiting) throw new Refusal(503, 'too many messages wait for the server');
    const bytes = Number(request.headers['content-length'] ?? this.#ofClients.maxBytes);
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

  #clientOf({ headers }: IncomingMessage, response: ServerResponse): HttpClient {
    const id = headers['mcp-session-id'];
    if (typeof id !== 'string') throw new Refusal(400, 'the header mcp-session-id is missing');
    const client = this.#sessions.find(id);
    if (client === undefined) throw new Refusal(404, 'there is no such session');
    client.isHeard(response);
    return client;
  }
}

/** One message; undefined for a batch. @throws ModernRefusal for what is neither. */
function readMessage(body: Line): Message | undefined {
  const message = Message.read(body);
  if (message !== undefined) return message;
  const refusal = ModernRefusal.unreadable(body);
  if (refusal.code === PARSE_ERROR) throw refusal;
  return undefined;
}

const one = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : undefined;

/** How a refusal is told whose request is not known. */
const unnamed = { code: CONNECTION_CLOSED, data: undefined, id: 'null' };

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const { status, headers } = error instanceof Refusal ? error : new Refusal(500, '');
  const message = error instanceof Error ? error.message : String(error);
  if (!response.headersSent) {
    response.writeHead(status, {
      'content-type': 'application/json',
      // The rest of a body that is not wanted is not read either.
      ...(!request.complete && { connection: 'close' }),
      ...headers,
    });
  }
  const { code, data, id } = error instanceof ModernRefusal ? error : unnamed;
  const said = JSON.stringify({ code, message, ...(data !== undefined && { data }) });
  response.end(`{"jsonrpc":"2.0","id":${id},"error":${said}}`);
}
