import { HEADER_MISMATCH } from '../../classify/rpc-codes.ts';
import { envelopeOf } from '../wire/envelope.ts';
import { type Era, eraOf } from '../wire/era.ts';
import type { Json, Message } from '../wire/message.ts';
import { within } from '../within.ts';
import { adviceFor } from './advice.ts';
import { isOpen } from './answer-kind.ts';
import { hasForgotten } from './forgotten-session.ts';
import { type HttpAnswer, isOk, letGo } from './http-request.ts';
import { type HttpServerOptions, HttpSession, httpError } from './http-session.ts';
import { asksForLife } from './life-signs.ts';
import { OwnRequests } from './own-requests.ts';
import { ServerRefusal } from './refusal.ts';
import type { ServerConnection, ServerEnd, ServerEvents } from './server-connection.ts';
import { ServerStreams } from './server-streams.ts';
import type { ToolHeaders } from './tool-headers.ts';

export interface UrlServerOptions extends HttpServerOptions {
  /** The longest message that is passed on, in bytes. */
  readonly maxMessageBytes: number;
  /** Which arguments of the server's tools headers repeat. */
  readonly toolHeaders: ToolHeaders;
}

/** How long a message waits for earlier notifications, so that it cannot overtake them. In ms. */
const turnMs = 3_000;

/** How long messages wait at the most for the server's own stream, in ms. */
const listenMs = 1_000;

/** How long a server may take to accept a notification, in ms. */
const takenMs = 30_000;

/** How long the last answers may take when the session ends, in ms. A client that ends the proxy does not wait much longer. */
const graceMs = 1_500;

/** How long requests under way may still be answered, or refused, once the session is known to be forgotten, in ms. */
const settleMs = 1_000;

/** A message that waits to be sent, or for its answer. */
interface Exchange {
  readonly message: Message;
  readonly era: Era;
  readonly abort: AbortController;
  isSent: boolean;
  /** Whether it was sent twice, because the first time headers were missing. */
  isRepeated: boolean;
}

/** A server that is reached by MCP's Streamable HTTP. */
export class UrlServer implements ServerConnection {
  readonly #session: HttpSession;
  readonly #streams: ServerStreams;
  readonly #toolHeaders: ToolHeaders;
  readonly #own = new OwnRequests();
  readonly #events: ServerEvents;
  /** Exchanges in progress, each with a promise of its end. */
  readonly #exchanges = new Map<Exchange, Promise<void>>();
  /** The ids of modern requests for the list of tools. */
  readonly #lists = new Set<string>();
  readonly #url: string;
  /** Whether the server offers the transport that came before Streamable HTTP. */
  #isOldTransport = false;
  #isOver = false;
  /** What the server has refused, once it has forgotten the session. */
  #refusal: { readonly ids: Set<string>; readonly error: Error } | undefined;
  /** Settled when the next message may be sent; undefined if it may be sent at once. */
  #turn: Promise<unknown> | undefined;

  constructor(options: UrlServerOptions, events: ServerEvents) {
    const { maxMessageBytes, toolHeaders } = options;
    this.#session = new HttpSession(options);
    this.#url = options.url;
    const listener = { ...events, onMessage: (message: Message) => this.#receive(message) };
    this.#streams = new ServerStreams({ session: this.#session, maxMessageBytes, listener });
    this.#toolHeaders = toolHeaders;
    this.#events = events;
  }

  write(message: Message): boolean {
    if (this.#isOver) return true;
    if (this.#refusal !== undefined) {
      // The next run gets it.
      if (message.isRequest) this.#refusal.ids.add(message.id as string);
      return true;
    }
    const era = message.isRequest ? eraOf(message) : 'legacy';
    const exchange = { message, era, abort: new AbortController(), isSent: false, isRepeated: false };
    if (message.method === 'notifications/cancelled' && this.#hangUp(message)) return true;
    // A question whether the server is alive must reach it even while it accepts no notification.
    const turn = asksForLife(message) ? undefined : this.#turn && within(turnMs, this.#turn);
    if (era === 'modern' && message.method === 'tools/list') this.#lists.add(message.id ?? '');
    const done = (turn === undefined ? this.#post(exchange) : turn.then(() => this.#post(exchange))).finally(
      () => {
        this.#exchanges.delete(exchange);
        this.#lists.delete(message.id ?? '');
      },
    );
    this.#exchanges.set(exchange, done);
    if (!message.isRequest) this.#holdUp(turn, done);
    if (message.method === 'notifications/cancelled') this.#giveUp(message, done);
    return true;
  }

  /** Closes the connection of a modern request, which is how a client cancels it. @returns false for any other request. */
  #hangUp(cancellation: Message): boolean {
    const id = cancellation.idAt('params', 'requestId');
    const exchanges = [...this.#exchanges.keys()];
    const exchange = exchanges.find(({ message, era }) => era === 'modern' && message.id === id);
    exchange?.abort.abort();
    return exchange !== undefined;
  }

  /** Passes on what the server says. A list of tools may ask for headers. */
  #receive(message: Message): void {
    const isList = message.isResponse && !message.isError && this.#lists.has(message.id ?? '');
    const seen = isList ? this.#toolHeaders.learn(message) : message;
    if (message.isResponse && this.#own.owns(message.id ?? '')) this.#own.resolve(message.id ?? '', seen);
    else this.#events.onMessage(seen);
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
    // A subscription ends only with its connection.
    const ending = [...this.#exchanges].filter(([{ message }]) => message.method !== 'subscriptions/listen');
    if (how === 'gently') await within(graceMs, Promise.all(ending.map(([, done]) => done)));
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
    if (this.#refusal !== undefined && message.isRequest) {
      this.#refusal.ids.add(message.id as string);
      return;
    }
    exchange.isSent = true;
    const tooLate = (): void => abort.abort(new Error(`it was not accepted within ${takenMs / 1000} s`));
    const timer = message.isRequest ? undefined : setTimeout(tooLate, takenMs);
    const sentAt = performance.now();
    try {
      const headers = exchange.era === 'modern' ? this.#toolHeaders.of(message) : {};
      const answer = await this.#session.post(message, signal, headers);
      if (!isOk(answer)) await this.#refused(exchange, answer);
      else if (message.isRequest) await this.#streams.readAnswer(message, answer, signal);
      else {
        letGo(answer);
        if (message.method === 'notifications/initialized') await this.#listen(performance.now() - sentAt);
      }
    } catch (error) {
      if (!(message.isRequest && signal.aborted)) this.#undelivered(message, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Messages that are written meanwhile wait: what a server says before it is listened to is lost. */
  async #listen(tookMs: number): Promise<void> {
    await within(listenMs, new Promise<void>((resolve) => void this.#streams.listen(tookMs, resolve)));
  }

  async #refused(exchange: Exchange, answer: HttpAnswer): Promise<void> {
    const { message, era } = exchange;
    const { status } = answer;
    const wasNamed = this.#session.isNamed && era === 'legacy';
    const refusal = await ServerRefusal.read(answer);
    const said = this.#session.hideSecrets(refusal.said);
    const failure = httpError(answer, said);
    failure.message = this.#session.hideSecrets(failure.message);
    if (wasNamed && hasForgotten(status, said)) {
      this.#forgotten(message, failure, status);
      return;
    }
    const error = message.id === undefined ? undefined : refusal.answerTo(message.id, era);
    if (error === undefined) {
      await this.#lookForOldTransport(exchange, status);
      this.#undelivered(message, failure);
    } else {
      if (await this.#repeats(exchange, error)) return this.#post(exchange);
      if (!this.#isOver && !exchange.abort.signal.aborted) this.#receive(error);
    }
  }

  /** A server that takes no POST may speak the transport that came before, and offers its stream right away. */
  async #lookForOldTransport({ message, abort }: Exchange, status: number): Promise<void> {
    if (message.method !== 'initialize' || ![400, 404, 405, 501].includes(status)) return;
    const answer = await this.#session.get(undefined, abort.signal).catch(() => undefined);
    if (answer === undefined) return;
    this.#isOldTransport = isOpen(answer);
    answer.body.destroy();
  }

  /** The session is lost. What else is under way is refused likewise, or answered. */
  #forgotten(message: Message, error: Error, status: number): void {
    if (this.#refusal === undefined) {
      const refused = { ids: new Set<string>(), error };
      this.#refusal = refused;
      const why = `it has forgotten the session (HTTP ${status})`;
      void within(settleMs, Promise.all(this.#exchanges.values())).then(() =>
        this.#end({ why, isReplaced: true, refused }),
      );
    }
    if (message.isRequest) this.#refusal.ids.add(message.id as string);
    else this.#undelivered(message, error);
  }

  /**
   * Whether to send a call again: it was refused for its headers, and what headers it needs was not known, since the client has
   * not asked for the list of tools; or the list has changed.
   */
  async #repeats(exchange: Exchange, error: Message): Promise<boolean> {
    const { message, isRepeated } = exchange;
    if (isRepeated || message.method !== 'tools/call' || error.value('error', 'code') !== HEADER_MISMATCH)
      return false;
    exchange.isRepeated = true;
    const before = JSON.stringify(this.#toolHeaders.of(message));
    const list = (cursor: Json | undefined): Promise<Message> => {
      const params = { _meta: envelopeOf(message) ?? {}, ...(cursor !== undefined && { cursor }) };
      return this.#own.ask((request) => this.write(request), 'tools/list', params, takenMs);
    };
    await this.#toolHeaders.lookUp(list).catch(() => {});
    return JSON.stringify(this.#toolHeaders.of(message)) !== before && !exchange.abort.signal.aborted;
  }

  #undelivered(message: Message, error: unknown): void {
    if (this.#isOver) return;
    if (message.id !== undefined && this.#own.owns(message.id)) this.#own.reject(message.id, error as Error);
    else {
      const advice = adviceFor(error, { url: this.#url, isOldTransport: this.#isOldTransport });
      if (advice !== undefined && error instanceof Error) Object.assign(error, { advice });
      this.#events.onUndelivered(message, error);
    }
  }
}
