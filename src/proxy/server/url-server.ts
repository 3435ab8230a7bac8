import type { Message } from '../wire/message.ts';
import { within } from '../within.ts';
import { type HttpAnswer, isOk, letGo, saidOf } from './http-request.ts';
import { type HttpServerOptions, HttpSession, httpError } from './http-session.ts';
import type { ServerConnection, ServerEnd, ServerEvents } from './server-connection.ts';
import { ServerStreams } from './server-streams.ts';

export interface UrlServerOptions extends HttpServerOptions {
  /** The longest message that is passed on, in bytes. */
  readonly maxMessageBytes: number;
}

/** How long a message waits for earlier notifications, so that it cannot overtake them. In ms. */
const turnMs = 3_000;

/** How long a server may take to accept a notification, in ms. */
const takenMs = 30_000;

/** How long the last answers may take when the session ends, in ms. A client that ends the proxy does not wait much longer. */
const graceMs = 1_500;

/** A message that waits to be sent, or for its answer. */
interface Exchange {
  readonly message: Message;
  readonly abort: AbortController;
  isSent: boolean;
}

/** A server that is reached by MCP's Streamable HTTP. */
export class UrlServer implements ServerConnection {
  readonly #session: HttpSession;
  readonly #streams: ServerStreams;
  readonly #events: ServerEvents;
  /** Exchanges in progress, each with a promise of its end. */
  readonly #exchanges = new Map<Exchange, Promise<void>>();
  #isOver = false;
  /** Settled when the next message may be sent; undefined if it may be sent at once. */
  #turn: Promise<unknown> | undefined;

  constructor(options: UrlServerOptions, events: ServerEvents) {
    const { maxMessageBytes } = options;
    this.#session = new HttpSession(options);
    this.#streams = new ServerStreams({ session: this.#session, maxMessageBytes, listener: events });
    this.#events = events;
  }

  write(message: Message): boolean {
    if (this.#isOver) return true;
    const exchange = { message, abort: new AbortController(), isSent: false };
    // A ping must find out whether the server is alive even while it accepts no notification.
    const turn = message.method === 'ping' ? undefined : this.#turn && within(turnMs, this.#turn);
    const done = (turn === undefined ? this.#post(exchange) : turn.then(() => this.#post(exchange))).finally(
      () => this.#exchanges.delete(exchange),
    );
    this.#exchanges.set(exchange, done);
    if (!message.isRequest) this.#holdUp(turn, done);
    if (message.method === 'notifications/cancelled') this.#giveUp(message, done);
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
    if (how === 'gently') await within(graceMs, Promise.all(this.#exchanges.values()));
    if (this.#isOver) return;
    this.#stop();
    if (how === 'gently') await this.#session.end();
  }

  #stop(): void {
    this.#isOver = true;
    for (const { abort } of this.#exchanges.keys()) abort.abort();
    this.#streams.stop();
  }

  #end(end: ServerEnd): void {
    if (this.#isOver) return;
    this.#stop();
    this.#events.onEnd(end);
  }

  /** Makes messages that are written after a notification wait for it. */
  async #holdUp(ownTurn: Promise<unknown> | undefined, done: Promise<void>): Promise<void> {
    const turn = Promise.resolve(ownTurn).then(() => within(turnMs, done));
    this.#turn = turn;
    await turn;
    if (this.#turn === turn) this.#turn = undefined;
  }

  /** The client cancels a request: its connection is closed once the server has heard of the cancellation. */
  async #giveUp(cancellation: Message, heard: Promise<void>): Promise<void> {
    const id = cancellation.idAt('params', 'requestId');
    for (const { message, abort, isSent } of this.#exchanges.keys()) {
      if (!message.isRequest || message.id !== id) continue;
      // Once for its turn, and once for its answer.
      if (isSent) await within(2 * turnMs, heard);
      abort.abort();
      return;
    }
  }

  async #post(exchange: Exchange): Promise<void> {
    const { message, abort } = exchange;
    const { signal } = abort;
    if (signal.aborted) return;
    exchange.isSent = true;
    const tooLate = (): void => abort.abort(new Error(`it was not accepted within ${takenMs / 1000} s`));
    const timer = message.isRequest ? undefined : setTimeout(tooLate, takenMs);
    try {
      const answer = await this.#session.post(message, signal);
      if (!isOk(answer)) await this.#refused(message, answer);
      else if (message.isRequest) await this.#streams.readAnswer(message, answer, signal);
      else {
        letGo(answer);
        if (message.method === 'notifications/initialized') void this.#streams.listen();
      }
    } catch (error) {
      if (!(message.isRequest && signal.aborted)) this.#undelivered(message, error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #refused(message: Message, answer: HttpAnswer): Promise<void> {
    const { status } = answer;
    const said = await saidOf(answer);
    // The specification asks for 404, but some servers, such as the SDK's examples, say it with 400.
    const isForgotten =
      this.#session.isNamed && (status === 404 || (status === 400 && /\bsession\b/i.test(said)));
    this.#undelivered(message, httpError(answer, said));
    if (isForgotten) this.#end({ why: `it has forgotten the session (HTTP ${status})`, isReplaced: true });
  }

  #undelivered(message: Message, error: unknown): void {
    if (!this.#isOver) this.#events.onUndelivered(message, error);
  }
}
