import type { Message } from './message.ts';

export interface HttpServerOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const mostRedirections = 5;

/** A request to the server. */
interface Asked {
  readonly method?: string;
  readonly headers: Record<string, string>;
  readonly body?: Buffer;
  readonly signal?: AbortSignal;
}

/** The address of the same server that an answer sends on to, where the same is to be asked there. */
function redirectionOf({ status, headers }: Response, from: string): string | undefined {
  const location = headers.get('location');
  if ((status !== 307 && status !== 308) || location === null || !URL.canParse(location, from))
    return undefined;
  const to = new URL(location, from);
  return to.origin === new URL(from).origin ? to.href : undefined;
}

/** The error that an answer stands for, where its status is that of one. */
export function httpError({ status, statusText, headers }: Response): Error {
  const location = headers.get('location');
  const where = status >= 300 && status < 400 && location !== null ? `, to ${location}` : '';
  return Object.assign(new Error(`HTTP ${status} ${statusText}`.trim() + where), { status, headers });
}

const farewellMs = 2_000;

/** The requests of HTTP that a session of MCP is made of. */
export class HttpSession {
  readonly #options: HttpServerOptions;
  readonly #abort = new AbortController();
  #id: string | undefined;
  /** The version of the protocol, once it is agreed on. */
  version: string | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
  }

  /** Whether the server has given the session a name, by which it could forget it. */
  get isNamed(): boolean {
    return this.#id !== undefined;
  }

  async post(message: Message): Promise<Response> {
    const response = await this.#fetch({
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: message.line.bytes,
    });
    this.#id = response.headers.get('mcp-session-id') ?? this.#id;
    return response;
  }

  /** Asks for what the server says by itself, or said after an event. */
  get(lastId: string | undefined): Promise<Response> {
    const accept = 'text/event-stream';
    return this.#fetch({ headers: { accept, ...(lastId !== undefined && { 'last-event-id': lastId }) } });
  }

  /** Breaks off all that is under way. */
  abort(): void {
    this.#abort.abort();
  }

  /** Says that the session is over, if the server would know which. */
  async end(): Promise<void> {
    if (!this.isNamed) return;
    const signal = AbortSignal.timeout(farewellMs);
    await this.#fetch({ method: 'DELETE', headers: {}, signal }).catch(() => {});
  }

  #headers(more: Record<string, string>): Record<string, string> {
    return {
      ...this.#options.headers,
      ...more,
      ...(this.#id !== undefined && { 'mcp-session-id': this.#id }),
      ...(this.version !== undefined && { 'mcp-protocol-version': this.version }),
    };
  }

  /** Goes where the server says that it is, but to no other: that is not to see what the headers hold. */
  async #fetch({ headers, body, signal = this.#abort.signal, ...how }: Asked): Promise<Response> {
    let url = this.#options.url;
    for (let redirections = 0; ; redirections++) {
      const response = await fetch(url, {
        ...how,
        headers: this.#headers(headers),
        // A copy for each time, since `fetch` keeps it.
        ...(body !== undefined && { body: new Uint8Array(body) }),
        redirect: 'manual',
        signal,
      });
      const next = redirectionOf(response, url);
      if (next === undefined || redirections === mostRedirections) return response;
      await response.body?.cancel();
      url = next;
    }
  }
}
