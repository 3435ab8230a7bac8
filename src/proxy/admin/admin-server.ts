import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Registry } from 'prom-client';
import type { ToolRegistry } from 'toolfuse';
import { measureIn } from '../../prometheus/prometheus-metrics.ts';
import { checkSource, Refusal } from '../client/http-check.ts';
import { ofOneServer } from '../one-server.ts';
import type { Address } from '../options/kinds.ts';
import { isLoopback } from '../options/listen-key.ts';
import { type CircuitStatus, circuitsOf, statusOf } from '../status/proxy-status.ts';
import type { AdminKey } from './admin-key.ts';
import { act } from './circuit-action.ts';
import { EventFeed } from './event-feed.ts';
import { type ServerFigures, serverMetrics } from './server-metrics.ts';

const maxConnections = 64;
const maxBodyBytes = 4_096;
/** The most tools of a server that have a label of their own. */
const maxTools = 500;

/** What the pages for operators show of a proxy. */
interface Administered {
  readonly registry: ToolRegistry;
  /** What the server is called. */
  readonly name: string;
  /** The name of the server's own circuit; further sessions add `#2` and so on to it. */
  readonly circuit: string;
  /** Whether the proxy accepts no more clients. */
  readonly isEnding: () => boolean;
  readonly figures: () => ServerFigures;
}

export interface AdminServerOptions {
  readonly address: Address;
  readonly key: AdminKey;
  readonly proxy: Administered;
}

/** Serves metrics, health and circuits to operators. On this machine's own address, reading needs no key. */
export class AdminServer {
  readonly #options: AdminServerOptions;
  readonly #server: Server;
  readonly #register = new Registry();
  readonly #feed: EventFeed;
  readonly #stopMeasuring: () => void;

  constructor(options: AdminServerOptions) {
    this.#options = options;
    const { registry, name, circuit, figures } = options.proxy;
    this.#stopMeasuring = measureIn(this.#register, registry, {
      name,
      maxTools,
      ...ofOneServer(circuit),
    });
    serverMetrics(this.#register, name, figures);
    this.#feed = new EventFeed(registry);
    // How often Node checks for connections whose time has run out.
    const checking = { connectionsCheckingInterval: 1_000 };
    this.#server = createServer(checking, (request, response) => void this.#serve(request, response));
    this.#server.maxConnections = maxConnections;
    // Silent connections are closed soon, so that they do not use up the limit.
    this.#server.headersTimeout = 2_000;
    this.#server.requestTimeout = 10_000;
    this.#server.keepAliveTimeout = 2_000;
    this.#server.on('clientError', (_, socket) => socket.destroy());
    this.#server.on('connection', (socket) => socket.unref());
  }

  /** @returns The address. @throws Error if it cannot listen there. */
  listen(): Promise<string> {
    const { host, port } = this.#options.address;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.removeAllListeners('error').on('error', () => {});
        this.#server.unref();
        const bound = this.#server.address();
        const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
        resolve(`http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`);
      });
    });
  }

  close(): void {
    this.#stopMeasuring();
    this.#feed.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => response.destroy());
    try {
      checkSource(request.headers, this.#options.address.host);
      const path = (request.url ?? '').split('?', 1)[0] ?? '';
      this.#checkKey(request, path);
      const tool = /^\/circuits\/(.+)$/.exec(path)?.[1];
      if (request.method === 'POST' && tool !== undefined) {
        await this.#change(request, response, decoded(tool));
      } else if (request.method === 'GET' || request.method === 'HEAD') {
        await this.#read(request, response, path, tool === undefined ? undefined : decoded(tool));
      } else {
        throw new Refusal(
          405,
          'everything can be read with GET; circuits are changed by POST /circuits/TOOL',
        );
      }
    } catch (error) {
      const status = error instanceof Refusal ? error.status : 500;
      const why = error instanceof Error ? error.message : String(error);
      if (error instanceof Refusal)
        for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
      if (response.headersSent) response.destroy();
      else say(response, status, why);
    }
  }

  /** Changing needs the key; so does reading where other machines can reach the address. Health has no secrets. */
  #checkKey(request: IncomingMessage, path: string): void {
    const { key, address } = this.#options;
    const isFree =
      path === '/livez' || path === '/readyz' || (request.method !== 'POST' && isLoopback(address.host));
    if (isFree || key.isIn(request)) return;
    const why = 'the header authorization must be Bearer and the key, which --status shows';
    throw new Refusal(401, why, { 'www-authenticate': 'Bearer' });
  }

  async #read(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    tool: string | undefined,
  ): Promise<void> {
    const { proxy } = this.#options;
    if (tool !== undefined) return json(response, this.#circuit(tool));
    switch (path) {
      case '/metrics': {
        const text = await this.#register.metrics();
        response.writeHead(200, { 'content-type': this.#register.contentType, 'cache-control': 'no-store' });
        response.end(text);
        return;
      }
      case '/livez':
        return say(response, 200, 'ok');
      case '/readyz': {
        const why = this.#whyNotReady();
        return why === undefined ? say(response, 200, 'ok') : say(response, 503, why);
      }
      case '/circuits':
        return json(response, {
          server: proxy.name,
          circuit: proxy.circuit,
          openCount: proxy.registry.openCircuitCount(),
          openCircuits: proxy.registry.openCircuits(),
          circuits: circuitsOf(proxy.registry),
        });
      case '/events': {
        if (this.#feed.isFull) throw new Refusal(503, 'too many readers of events');
        const last = Number(request.headers['last-event-id']);
        this.#feed.add(response, Number.isSafeInteger(last) ? last : 0);
        return;
      }
      case '/':
        return say(response, 200, paths);
      default:
        throw new Refusal(404, `there is nothing here\n${paths}`);
    }
  }

  async #change(request: IncomingMessage, response: ServerResponse, tool: string): Promise<void> {
    const asked = await bodyOf(request);
    // A typing mistake must not begin a circuit.
    this.#circuit(tool);
    try {
      act(this.#options.proxy.registry, tool, asked);
    } catch (error) {
      throw new Refusal(400, (error as Error).message);
    }
    json(response, this.#circuit(tool));
  }

  /** @throws Refusal if there is no such tool. */
  #circuit(tool: string): CircuitStatus {
    const { registry } = this.#options.proxy;
    const exists = registry.knownTools().has(tool) || registry.circuits().some(({ id }) => id === tool);
    if (!exists) throw new Refusal(404, `there is no circuit ${JSON.stringify(tool.slice(0, 200))}`);
    return statusOf(registry, registry.diagnostics(tool));
  }

  #whyNotReady(): string | undefined {
    const { registry, circuit, isEnding } = this.#options.proxy;
    if (isEnding()) return 'the proxy is ending';
    const state = registry.state(circuit);
    return state === 'open' || state === 'isolated'
      ? `the server is not available: its circuit is ${state}`
      : undefined;
  }
}

const paths = `GET /metrics            for Prometheus
GET /livez              whether the proxy runs
GET /readyz             whether the server is available
GET /circuits           all circuits, as JSON
GET /circuits/TOOL      one circuit
GET /events             what happens to circuits, as server-sent events
POST /circuits/TOOL     {"action": "isolate", "forMs": 60000}; also release, close, disable, observe, enforce`;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal(400, 'the path is not encoded as a URL');
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new Refusal(415, 'the content type must be application/json');
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new Refusal(413, `the body may have at most ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new Refusal(400, 'the body must be JSON, such as {"action":"isolate"}');
  }
}

const safe = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...safe, 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { ...safe, 'content-type': 'application/json' });
  response.end(`${JSON.stringify(value, null, 2)}\n`);
}
