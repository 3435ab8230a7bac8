import { type HttpAnswer, isOk, letGo } from './http-request.ts';
import { type HttpServerOptions, HttpSession, httpError } from './http-session.ts';
import type { Message } from './message.ts';
import type { ServerConnection, ServerEnd, ServerEvents } from './server-connection.ts';
import { ServerStreams } from './server-streams.ts';

export interface UrlServerOptions extends HttpServerOptions {
  /** The longest message that is passed on, in bytes. */
  readonly maxMessageBytes: number;
}

/** A server that is reached by MCP's Streamable HTTP. */
export class UrlServer implements ServerConnection {
  readonly #session: HttpSession;
  readonly #streams: ServerStreams;
  readonly #events: ServerEvents;
  readonly #abort = new AbortController();
  #isOver = false;
  /** Settled when the notifications before it have arrived: the server must not see a request overtake one. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: UrlServerOptions, events: ServerEvents) {
    const { maxMessageBytes } = options;
    const { onLine, onLongLine } = events;
    this.#session = new HttpSession(options);
    this.#streams = new ServerStreams({ session: this.#session, maxMessageBytes, onLine, onLongLine });
    this.#events = events;
  }

  write(message: Message): boolean {
    const sent = this.#turn.then(() => this.#post(message));
    if (!message.isRequest) this.#turn = sent;
    return true;
  }

  pause(): void {
    this.#streams.pause();
  }

  resume(): void {
    this.#streams.resume();
  }

  agreeOn(version: string): void {
    this.#session.version = version;
  }

  async close(how: 'gently' | 'now'): Promise<void> {
    if (this.#isOver) return;
    this.#stop();
    if (how === 'gently') await this.#session.end();
  }

  #stop(): void {
    this.#isOver = true;
    this.#abort.abort();
    this.#streams.stop();
  }

  #end(end: ServerEnd): void {
    if (this.#isOver) return;
    this.#stop();
    this.#events.onEnd(end);
  }

  async #post(message: Message): Promise<void> {
    try {
      const response = await this.#session.post(message, this.#abort.signal);
      if (!isOk(response)) await this.#refused(message, response);
      else if (message.isRequest) await this.#streams.readAnswer(message, response, this.#abort.signal);
      else {
        letGo(response);
        if (message.method === 'notifications/initialized') void this.#streams.listen();
      }
    } catch (error) {
      this.#undelivered(message, error);
    }
  }

  async #refused(message: Message, response: HttpAnswer): Promise<void> {
    letGo(response);
    const isForgotten = response.status === 404 && this.#session.isNamed;
    this.#undelivered(message, httpError(response));
    if (isForgotten) this.#end({ why: 'it has forgotten the session (HTTP 404)', isReplaced: true });
  }

  #undelivered(message: Message, error: unknown): void {
    if (!this.#isOver) this.#events.onUndelivered(message, error);
  }
}
