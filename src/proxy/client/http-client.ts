import type { ServerResponse } from 'node:http';
import { errorAnswer } from '../session/answers.ts';
import type { Session } from '../session/session.ts';
import type { Message } from '../wire/message.ts';
import type { Client } from './client.ts';
import { EventStream } from './event-stream.ts';
import { Gate } from './gate.ts';

/** How many of the server's messages are kept for a client that does not listen yet. */
const maxUnheard = 100;

interface HttpClientOptions {
  readonly id: string;
  readonly maxMessageBytes: number;
  readonly onEnd: () => void;
}

/** A client that speaks Streamable HTTP: each of its requests has a stream for its answer, and one more stream is for the rest. */
export class HttpClient implements Client {
  readonly id: string;
  /** When the client last showed that it is there, in ms of `performance.now()`. */
  heardAt = performance.now();
  /** Holds posts back while the server takes no messages. */
  readonly gate: Gate;
  readonly #onEnd: () => void;
  #session: Session | undefined;
  /** The streams of the requests that wait for an answer, by the requests' ids. */
  readonly #streams = new Map<string, EventStream>();
  /** The ids of requests, by their progress tokens. */
  readonly #requestOfToken = new Map<string, string>();
  #listening: EventStream | undefined;
  /** Messages of the server that no stream could take yet. */
  readonly #unheard: Message[] = [];

  constructor({ id, maxMessageBytes, onEnd }: HttpClientOptions) {
    this.id = id;
    this.gate = new Gate(maxMessageBytes);
    this.#onEnd = onEnd;
  }

  start(session: Session): void {
    this.#session = session;
  }

  /** Whether the client waits for nothing. A stream that it has dropped does not count. */
  get isIdle(): boolean {
    return this.#streams.size === 0 && this.#listening?.isOpen !== true && this.gate.isFree;
  }

  /** Takes the messages of one POST. */
  post(messages: readonly Message[], response: ServerResponse): void {
    const requests = messages.filter((message) => message.isRequest);
    if (requests.length === 0) response.writeHead(202).end();
    else this.#await(requests, response);
    for (const message of messages) {
      this.#session?.fromClient.onMessage(message);
      const cancelled = message.method === 'notifications/cancelled' && message.idAt('params', 'requestId');
      if (cancelled) this.#forget(cancelled);
    }
  }

  /** The client opens the stream for messages that belong to no request. After a lost connection the new stream replaces the old one. */
  listen(response: ServerResponse): void {
    this.#listening?.end();
    const stream = this.#streamOn(response, () => {
      if (this.#listening === stream) this.#listening = undefined;
    });
    this.#listening = stream;
    for (const message of this.#unheard.splice(0)) stream.write(message);
  }

  write(message: Message): boolean {
    if (message.isResponse) return this.#answer(message, message.id as string);
    const stream = this.#streamFor(message);
    if (stream !== undefined) return stream.write(message);
    this.#unheard.push(message);
    if (this.#unheard.length > maxUnheard) this.#dropUnheard();
    return true;
  }

  pause(): void {
    this.gate.close();
  }

  resume(): void {
    this.gate.open();
  }

  end(): void {
    for (const stream of new Set(this.#streams.values())) stream.end();
    this.#listening?.end();
    this.#onEnd();
    this.gate.open();
  }

  #await(requests: readonly Message[], response: ServerResponse): void {
    const ids = requests.map((request) => request.id as string);
    const stream = this.#streamOn(response, () => {
      for (const id of ids) if (this.#streams.get(id) === stream) this.#forget(id);
    });
    for (const request of requests) {
      const id = request.id as string;
      if (this.#streams.get(id) !== stream) this.#forget(id);
      this.#streams.set(id, stream);
      const token = request.idAt('params', '_meta', 'progressToken');
      if (token !== undefined) this.#requestOfToken.set(token, id);
    }
  }

  #answer(message: Message, id: string): boolean {
    this.heardAt = performance.now();
    const hasRoom = this.#streams.get(id)?.write(message) ?? true;
    this.#forget(id);
    return hasRoom;
  }

  /** Nobody waits for the answer to a request any more. A stream ends with the last request that it serves. */
  #forget(id: string): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#streams.delete(id);
    for (const [token, request] of this.#requestOfToken) {
      if (request === id) this.#requestOfToken.delete(token);
    }
    if (![...this.#streams.values()].includes(stream)) stream.end();
  }

  /** Drops the oldest notification, or else the oldest request, which is refused: otherwise the server would wait for ever. */
  #dropUnheard(): void {
    const at = this.#unheard.findIndex((message) => !message.isRequest);
    const [dropped] = this.#unheard.splice(Math.max(at, 0), 1);
    if (dropped?.isRequest !== true) return;
    const refusal = errorAnswer(dropped.id as string, 'The client does not listen to the server.');
    this.#session?.fromClient.onMessage(refusal);
  }

  /** The stream of the request that a message belongs to; if that is not known, the listening one, or else the newest. */
  #streamFor(message: Message): EventStream | undefined {
    const token =
      message.method === 'notifications/progress' ? message.idAt('params', 'progressToken') : undefined;
    const id = token === undefined ? undefined : this.#requestOfToken.get(token);
    const streams = [
      id === undefined ? undefined : this.#streams.get(id),
      this.#listening,
      ...[...this.#streams.values()].reverse(),
    ];
    return streams.find((stream) => stream?.isOpen === true);
  }

  #streamOn(response: ServerResponse, onClose: () => void): EventStream {
    return new EventStream(
      response,
      { 'mcp-session-id': this.id },
      {
        onDrain: () => this.#session?.resume(),
        onClose: () => {
          this.heardAt = performance.now();
          onClose();
        },
      },
    );
  }
}
