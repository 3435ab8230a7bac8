import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { McpProxy } from '../mcp-proxy.ts';
import type { Message } from '../wire/message.ts';
import { Gate } from './gate.ts';
import { Refusal } from './http-check.ts';
import { LegacyServer } from './legacy-server.ts';
import { ModernRefusal } from './modern-check.ts';
import { legacyVersions } from './spoken-versions.ts';
import { StandAloneClient } from './stand-alone-client.ts';

export interface StandAloneRequestsOptions {
  readonly proxy: McpProxy;
  /** How long there may be no request before their server is ended, in ms. */
  readonly idleTimeoutMs: number;
}

/** The requests that stand alone. Their session, with its server, is opened for the first one, and ended when none comes for long. */
export class StandAloneRequests {
  /** Holds requests back while the server takes none. */
  readonly gate: Gate;
  readonly #options: StandAloneRequestsOptions;
  readonly #sweep: NodeJS.Timeout;
  readonly #legacy: LegacyServer;
  #client: StandAloneClient | undefined;
  #isStopped = false;

  constructor(options: StandAloneRequestsOptions) {
    this.#options = options;
    this.#legacy = new LegacyServer(options.proxy, options.idleTimeoutMs);
    this.gate = new Gate(options.proxy.maxMessageBytes);
    this.#sweep = setInterval(() => this.#endIdle(), options.idleTimeoutMs / 10).unref();
  }

  /** Takes a request whose headers have been checked. @throws Refusal */
  async post(request: Message, headers: IncomingHttpHeaders, response: ServerResponse): Promise<void> {
    if (this.#legacy.isKnown) throw ModernRefusal.version(request, legacyVersions);
    this.#client ??= this.#open();
    await this.#client.post(request, headers, response);
  }

  /** Takes no more. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#sweep);
  }

  end(): void {
    this.#client?.end();
  }

  #open(): StandAloneClient {
    if (this.#isStopped) throw new Refusal(503, 'the proxy is shutting down');
    const { proxy } = this.#options;
    const client: StandAloneClient = new StandAloneClient({
      gate: this.gate,
      legacy: this.#legacy,
      onEnd: () => {
        if (this.#client !== client) return;
        this.#client = undefined;
        void proxy.close(session);
      },
    });
    const session = proxy.open(client);
    client.start(session);
    return client;
  }

  #endIdle(): void {
    const before = performance.now() - this.#options.idleTimeoutMs;
    if (this.#client?.isIdle === true && this.#client.heardAt < before) this.#client.end();
  }
}
