import { eraOf } from '../wire/era.ts';
import { headerValue } from '../wire/header-value.ts';
import type { Message } from '../wire/message.ts';
import { standardHeaders } from '../wire/standard-headers.ts';
import type { HttpAgents } from './http-agents.ts';
import { ask, type HttpAnswer, type HttpRequest, isOk, letGo } from './http-request.ts';
import { Secrets, shownUrl } from './secrets.ts';

export interface HttpServerOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Keeps the connections. Default: connections with the usual certificates. */
  readonly agents?: HttpAgents;
}

/** What the headers of a modern message repeat of it. */
type Headers = Readonly<Record<string, string>>;

/** How many redirections are followed for one request. */
const maxRedirections = 5;

/** Where a redirection leads, if the same request may be repeated there and it is the same server. */
function redirectionOf({ status, headers }: HttpAnswer, from: string): string | undefined {
  const location = headers.get('location');
  if ((status !== 307 && status !== 308) || location === null || !URL.canParse(location, from))
    return undefined;
  const to = new URL(location, from);
  return to.origin === new URL(from).origin ? to.href : undefined;
}

/** The error that an answer with an error status stands for. */
export function httpError({ status, statusText, headers }: HttpAnswer, said = ''): Error {
  const location = headers.get('location');
  const where = status >= 300 && status < 400 && location !== null ? `, to ${shownUrl(location)}` : '';
  const words = said === '' ? '' : `: ${said}`;
  return Object.assign(new Error(`HTTP ${status} ${statusText}`.trim() + where + words), { status, headers });
}

/** How long the server may take to end the session, in ms. With the time for the last answers, a client still does not kill the proxy. */
const farewellMs = 1_500;

/** The HTTP requests of one MCP session. */
export class HttpSession {
  readonly #options: HttpServerOptions;
  readonly #secrets: Secrets;
  #id: string | undefined;
  /** The version of the protocol, once it is agreed on. */
  version: string | undefined;
  /** The version of the last modern request. */
  #modernVersion: string | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#secrets = new Secrets(options.headers);
  }

  /** Whether the server has given the session an id, so that it can forget it. */
  get isNamed(): boolean {
    return this.#id !== undefined;
  }

  /** A text of the server without the secrets that it may repeat. */
  hideSecrets(text: string): string {
    return this.#secrets.hide(text);
  }

  /** @param argumentHeaders Headers that repeat arguments of a call. */
  async post(message: Message, signal: AbortSignal, argumentHeaders: Headers = {}): Promise<HttpAnswer> {
    const isBeginning = message.method === 'initialize';
    const answer = await this.#ask({
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(this.#modernHeaders(message, argumentHeaders) ?? this.#sessionHeaders(isBeginning)),
      },
      body: message.line.bytes,
      signal,
    });
    // A server may name sessions in other answers, too: even in a refusal, of a session that it never began.
    if (isBeginning && isOk(answer)) this.#id = answer.headers.get('mcp-session-id') ?? undefined;
    return answer;
  }

  /** The headers of a modern message; undefined for a legacy one. */
  #modernHeaders(message: Message, argumentHeaders: Headers): Headers | undefined {
    if (message.isRequest && eraOf(message) === 'modern') {
      const headers = standardHeaders(message);
      this.#modernVersion = headers['mcp-protocol-version'];
      return { ...headers, ...argumentHeaders };
    }
    // A notification has no envelope: it is of the era in which its client has asked so far.
    const isModern =
      message.id === undefined && this.version === undefined && this.#modernVersion !== undefined;
    return isModern
      ? { 'mcp-protocol-version': this.#modernVersion ?? '', 'mcp-method': headerValue(message.method ?? '') }
      : undefined;
  }

  #sessionHeaders(isBeginning = false): Headers {
    if (isBeginning) return {};
    return {
      ...(this.#id !== undefined && { 'mcp-session-id': this.#id }),
      ...(this.version !== undefined && { 'mcp-protocol-version': this.version }),
    };
  }

  /** Opens the stream of what the server sends by itself, or what it sent after an event. */
  get(lastId: string | undefined, signal: AbortSignal, onSent?: () => void): Promise<HttpAnswer> {
    const headers = {
      accept: 'text/event-stream',
      ...this.#sessionHeaders(),
      ...(lastId !== undefined && { 'last-event-id': lastId }),
    };
    return this.#ask({ method: 'GET', headers, signal, ...(onSent !== undefined && { onSent }) });
  }

  /** Tells the server that the session is over, if the session has an id. */
  async end(): Promise<void> {
    if (!this.isNamed) return;
    const signal = AbortSignal.timeout(farewellMs);
    await this.#ask({ method: 'DELETE', headers: this.#sessionHeaders(), signal }).then(letGo, () => {});
  }

  #headers(more: Readonly<Record<string, string>>): Record<string, string> {
    return {
      // Some servers refuse requests without a user agent.
      'user-agent': 'toolfuse',
      ...this.#options.headers,
      ...more,
      'accept-encoding': 'identity',
    };
  }

  /** Follows redirections within the same server only: no other server may see the headers, which can hold secrets. */
  async #ask(request: HttpRequest): Promise<HttpAnswer> {
    const { agents } = this.#options;
    let { url } = this.#options;
    for (let redirections = 0; ; redirections++) {
      const answer = await ask(url, {
        ...request,
        ...(agents !== undefined && { agents }),
        headers: this.#headers(request.headers),
      });
      const next = redirectionOf(answer, url);
      if (next === undefined || redirections === maxRedirections) return answer;
      letGo(answer);
      url = next;
    }
  }
}
