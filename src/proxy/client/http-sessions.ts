import { randomUUID } from 'node:crypto';
import type { McpProxy } from '../mcp-proxy.ts';
import type { Session } from '../session/session.ts';
import { Refusal } from './http-check.ts';
import { HttpClient } from './http-client.ts';

/** How many new clients may wait at a time until the servers of others have ended. */
const maxOpening = 20;

export interface HttpSessionsOptions {
  readonly proxy: McpProxy;
  /** How many sessions there can be at a time, those included whose servers are still ending. */
  readonly maxSessions: number;
  /** How long a client may stay silent before its session is ended, in ms. */
  readonly idleTimeoutMs: number;
  /** Whether a new client may take the place of one that is only idle: its own user may need it again. */
  readonly replacesIdle: boolean;
}

interface Entry {
  readonly client: HttpClient;
  readonly session: Session;
}

/** The sessions of clients that speak HTTP, each with a server of its own. */
export class HttpSessions {
  readonly #options: HttpSessionsOptions;
  readonly #entries = new Map<string, Entry>();
  /** The sessions whose servers have not ended yet. */
  readonly #ending = new Set<Promise<void>>();
  #opening = 0;
  readonly #sweep: NodeJS.Timeout;
  #isStopped = false;

  constructor(options: HttpSessionsOptions) {
    this.#options = options;
    this.#sweep = setInterval(() => this.#endIdle(), options.idleTimeoutMs / 10).unref();
  }

  /** How many servers run for clients, or are still ending. */
  get size(): number {
    return this.#entries.size + this.#ending.size;
  }

  /** The client of a session. */
  find(id: string): HttpClient | undefined {
    return this.#entries.get(id)?.client;
  }

  /** Opens a session, once there is room for its server. @throws Refusal if there is none. */
  async open(): Promise<HttpClient> {
    if (this.#opening >= maxOpening) throw this.#full();
    this.#opening++;
    try {
      while (this.size >= this.#options.maxSessions) await this.#makeRoom();
      return this.#start();
    } finally {
      this.#opening--;
    }
  }

  /** Opens no more. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#sweep);
  }

  endAll(): void {
    for (const { client } of this.#entries.values()) client.end();
  }

  #start(): HttpClient {
    if (this.#isStopped) throw new Refusal(503, 'the proxy is shutting down');
    const { proxy } = this.#options;
    const id = randomUUID();
    const client = new HttpClient({
      id,
      maxMessageBytes: proxy.maxMessageBytes,
      onEnd: () => this.#end(id),
    });
    const session = proxy.open(client);
    client.start(session);
    this.#entries.set(id, { client, session });
    return client;
  }

  /** Waits for the end of a server: of one that is ending already, or of the one that is needed least. */
  async #makeRoom(): Promise<void> {
    if (this.#isStopped) throw new Refusal(503, 'the proxy is shutting down');
    if (this.#ending.size === 0) {
      const least = this.#leastNeeded();
      if (least === undefined) throw this.#full();
      least.end();
    }
    await Promise.race(this.#ending);
  }

  /**
   * The session that can be ended for a new client, if any. Few clients say that they are done. But a client that only thinks for
   * a while must not lose its session to strangers: they could have any number of clients.
   */
  #leastNeeded(): HttpClient | undefined {
    const idle = [...this.#entries.values()].map(({ client }) => client).filter(({ isIdle }) => isIdle);
    const byAge = idle.sort((a, b) => a.heardAt - b.heardAt);
    const { replacesIdle } = this.#options;
    return (
      byAge.find(({ isUsed }) => !isUsed) ??
      byAge.find(({ hasLeft }) => hasLeft) ??
      (replacesIdle ? byAge[0] : undefined)
    );
  }

  #full(): Refusal {
    return new Refusal(503, `there are ${this.#options.maxSessions} sessions already (see --max-sessions)`);
  }

  #end(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    const ending = this.#options.proxy.close(entry.session).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  #endIdle(): void {
    const before = performance.now() - this.#options.idleTimeoutMs;
    for (const { client } of this.#entries.values()) {
      if (client.isIdle && client.heardAt < before) client.end();
    }
  }
}
