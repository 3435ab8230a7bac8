import type { Message } from '../wire/message.ts';
import { ask, type HttpAnswer, type HttpRequest, letGo } from './http-request.ts';

export interface HttpServerOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const maxRedirections = 5;

/** The address of the same server that an answer sends on to, where the same is to be asked there. */
function redirectionOf({ status, headers }: HttpAnswer, from: string): string | undefined {
  const location = headers.get('location');
  if ((status !== 307 && status !== 308) || location === null || !URL.canParse(location, from))
    return undefined;
  const to = new URL(location, from);
  return to.origin === new URL(from).origin ? to.href : undefined;
}

/** The error that an answer stands for, where its status is that of one. */
export function httpError({ status, statusText, headers }: HttpAnswer, said = ''): Error {
  const location = headers.get('location');
  const where = status >= 300 && status < 400 && location !== null ? `, to ${location}` : '';
  const words = said === '' ? '' : `: ${said}`;
  return Object.assign(new Error(`HTTP ${status} ${statusText}`.trim() + where + words), { status, headers });
}

/** Together with the time that the last answers are given, less than it takes a client to kill the proxy. */
const farewellMs = 1_500;

/** The requests of HTTP that a session of MCP is made of. */
export class HttpSession {
  readonly #options: HttpServerOptions;
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

  async post(message: Message, signal: AbortSignal): Promise<HttpAnswer> {
    const answer = await this.#ask({
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: message.line.bytes,
      signal,
    });
    this.#id = answer.headers.get('mcp-session-id') ?? this.#id;
    return answer;
  }

  /** Asks for what the server says by itself, or said after an event. */
  get(lastId: string | undefined, signal: AbortSignal): Promise<HttpAnswer> {
    const headers = {
      accept: 'text/event-stream',
      ...(lastId !== undefined && { 'last-event-id': lastId }),
    };
    return this.#ask({ method: 'GET', headers, signal });
  }

  /** Says that the session is over, if the server would know which. */
  async end(): Promise<void> {
    if (!this.isNamed) return;
    const signal = AbortSignal.timeout(farewellMs);
    await this.#ask({ method: 'DELETE', headers: {}, signal }).then(letGo, () => {});
  }

  #headers(more: Readonly<Record<string, string>>): Record<string, string> {
    return {
      // Some servers refuse whoever does not say.
      'user-agent': 'toolfuse',
      ...this.#options.headers,
      ...more,
      'accept-encoding': 'identity',
      ...(this.#id !== undefined && { 'mcp-session-id': this.#id }),
      ...(this.version !== undefined && { 'mcp-protocol-version': this.version }),
    };
  }

  /** Goes where the server says that it is, but to no other: that is not to see what the headers hold. */
  async #ask(request: HttpRequest): Promise<HttpAnswer> {
    let url = this.#options.url;
    for (let redirections = 0; ; redirections++) {
      const answer = await ask(url, { ...request, headers: this.#headers(request.headers) });
      const next = redirectionOf(answer, url);
      if (next === undefined || redirections === maxRedirections) return answer;
      letGo(answer);
      url = next;
    }
  }
}
