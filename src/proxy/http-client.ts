import type { IncomingMessage, ServerResponse } from 'node:http';
import { EventStream } from './event-stream.ts';
import type { Message } from './message.ts';
import type { Client, Session } from './session.ts';

/** What the server says before the client listens is kept, up to so many messages. */
const kept = 100;

/** A client that speaks Streamable HTTP: each of its requests has a stream for what comes back, and one is for the rest. */
export class HttpClient implements Client {
  readonly id: string;
  /** When it was last heard of, in ms of `performance.now()`. */
  heardAt = performance.now();
  readonly #onEnd: () => void;
  #session: Session | undefined;
  /** The streams of the requests that wait for an answer, by their ids. */
  readonly #streams = new Map<string, EventStream>();
  /** The requests that the server tells the progress of, by token. */
  readonly #requestOfToken = new Map<string, string>();
  #listening: EventStream | undefined;
  readonly #unheard: Message[] = [];

  constructor(id: string, onEnd: () => void) {
    this.id = id;
    this.#onEnd = onEnd;
  }

  start(session: Session): void {
    this.#session = session;
  }

  get isIdle(): boolean {
    return this.#streams.size === 0 && this.#listening?.isOpen !== true;
  }

  /** Takes what the client has posted. */
  post(messages: readonly Message[], response: ServerResponse): void {
    const requests = messages.filter((message) => message.isRequest);
    if (requests.length === 0) response.writeHead(202).end();
    else {
      const stream = this.#streamOn(response);
      for (const request of requests) {
        this.#streams.set(request.id as string, stream);
        const token = request.text('params', '_meta', 'progressToken');
        if (token !== undefined) this.#requestOfToken.set(token, request.id as string);
      }
    }
    for (const message of messages) this.#session?.fromClient(message.line);
  }

  /** The client listens to what does not belong to a request. A second time, as after a lost connection, it is the last one that does. */
  listen(request: IncomingMessage, response: ServerResponse): void {
    this.#listening?.end();
    const stream = this.#streamOn(response);
    this.#listening = stream;
    request.on('close', () => {
      this.heardAt = performance.now();
      if (this.#listening === stream) this.#listening = undefined;
    });
    for (const message of this.#unheard.splice(0)) stream.write(message);
  }

  write(message: Message): boolean {
    if (message.isResponse) return this.#answer(message, message.id as string);
    const stream = this.#streamFor(message);
    if (stream !== undefined) return stream.write(message);
    this.#unheard.push(message);
    if (this.#unheard.length > kept) this.#unheard.shift();
    return true;
  }

  /** HTTP holds each client back by itself. */
  pause(): void {}

  resume(): void {}

  end(): void {
    for (const stream of new Set(this.#streams.values())) stream.end();
    this.#listening?.end();
    this.#onEnd();
  }

  #answer(message: Message, id: string): boolean {
    const stream = this.#streams.get(id);
    if (stream === undefined) return true;
    this.#streams.delete(id);
    for (const [token, request] of this.#requestOfToken) {
      if (request === id) this.#requestOfToken.delete(token);
    }
    const hasRoom = stream.write(message);
    if (![...this.#streams.values()].includes(stream)) stream.end();
    return hasRoom;
  }

  /** The stream of the request that a message belongs to; where that is not known, the one that listens, or the last one. */
  #streamFor(message: Message): EventStream | undefined {
    const token =
      message.method === 'notifications/progress' ? message.text('params', 'progressToken') : undefined;
    const id = token === undefined ? undefined : this.#requestOfToken.get(token);
    const streams = [
      id === undefined ? undefined : this.#streams.get(id),
      this.#listening,
      ...[...this.#streams.values()].reverse(),
    ];
    return streams.find((stream) => stream?.isOpen === true);
  }

  #streamOn(response: ServerResponse): EventStream {
    return new EventStream(response, { 'mcp-session-id': this.id }, () => this.#session?.resume());
  }
}
