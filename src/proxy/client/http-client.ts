import type { ServerResponse } from 'node:http';
import { UNSUPPORTED_VERSION } from '../../classify/rpc-codes.ts';
import { errorAnswer } from '../session/answers.ts';
import type { Session } from '../session/session.ts';
import type { Message } from '../wire/message.ts';
import type { Client } from './client.ts';
import { EventStream } from './event-stream.ts';
import { Gate } from './gate.ts';
import { Refusal } from './http-check.ts';
import { ResumableStream, readEventId } from './resumable-stream.ts';
import { SentEvents } from './sent-events.ts';

/** How many of the server's messages are kept for a client that does not listen yet. */
const maxUnheard = 100;

interface HttpClientOptions {
  readonly id: string;
  readonly maxMessageBytes: number;
  readonly onEnd: () => void;
}

/** How many streams are known, so that a client can resume them. */
const maxStreams = 1_000;

/** How long the answer to `initialize` may keep its HTTP status open, in ms: a client may take a longer silence for a dead server. */
const holdMs = 5_000;

/** From this revision on, clients understand an event without data, which lets them resume a stream that has brought nothing yet. */
const firstWithBeginning = '2025-11-25';

/** A request that waits for an answer. */
interface Awaited {
  readonly stream: ResumableStream;
  /** Where its client can still be refused a session. */
  readonly opening: EventStream | undefined;
  /** As JSON text. */
  readonly progressToken: string | undefined;
}

/** A client that speaks Streamable HTTP: each of its requests has a stream for its answer, and one more stream is for the rest. */
export class HttpClient implements Client {
  readonly id: string;
  /** When the client last showed that it is there, in ms of `performance.now()`. */
  heardAt = performance.now();
  /** Whether it has done anything in its session since it began it. */
  isUsed = false;
  /** Whether it has hung up before it had its answer, and was not heard of since. */
  hasLeft = false;
  /** Holds posts back while the server takes no messages. */
  readonly gate: Gate;
  readonly #onEnd: () => void;
  #session: Session | undefined;
  /** The requests that wait for an answer, by their ids. */
  readonly #awaited = new Map<string, Awaited>();
  /** How many of these requests each stream serves. */
  readonly #serves = new Map<ResumableStream, number>();
  /** The streams of requests, by their keys, with those that have ended. */
  readonly #streams = new Map<string, ResumableStream>();
  readonly #sent = new SentEvents();
  #lastStream = 0;
  /** The ids of requests, by their progress tokens. */
  readonly #requestOfToken = new Map<string, string>();
  readonly #listening = new ResumableStream('l', this.#sent);
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
    const isAwaited = [...this.#serves.keys()].some((stream) => stream.isOpen);
    return !isAwaited && !this.#listening.isOpen && this.gate.isFree;
  }

  /** The client has asked for something. */
  isHeard(response: ServerResponse): void {
    this.heardAt = performance.now();
    this.isUsed = true;
    this.hasLeft = false;
    response.once('close', () => {
      if (!response.writableFinished) this.hasLeft = true;
    });
  }

  /** Takes the messages of one POST. @param version The version of the protocol that its headers name. */
  post(messages: readonly Message[], response: ServerResponse, version?: string): void {
    const requests = messages.filter((message) => message.isRequest);
    if (requests.length === 0) response.writeHead(202).end();
    else this.#await(requests, response, version);
    for (const message of messages) {
      this.#session?.fromClient.onMessage(message);
      const cancelled = message.method === 'notifications/cancelled' && message.idAt('params', 'requestId');
      if (cancelled) this.#forget(cancelled);
    }
  }

  /**
   * The client opens the stream for messages that belong to no request, or resumes one that broke. A new connection replaces the
   * one before it.
   *
   * @param lastId The id of the last event that the client has got.
   * @throws Refusal if the stream of that event is over: there is nothing more to get.
   */
  listen(response: ServerResponse, lastId?: string): void {
    const last = lastId === undefined ? undefined : readEventId(lastId);
    if (last === undefined || last.key === this.#listening.key) {
      const connection = this.#connectionOn(response, () => {
        if (!this.#listening.isOpen) this.hasLeft = true;
      });
      this.#listening.connect(connection, last?.number);
      for (const message of this.#unheard.splice(0)) this.#listening.write(message);
      return;
    }
    const stream = this.#streams.get(last.key);
    if (stream?.hasMoreThan(last.number) !== true) throw new Refusal(405, 'that stream is over');
    stream.connect(this.#connectionOn(response), last.number);
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
    for (const stream of this.#serves.keys()) stream.end();
    this.#listening.end();
    this.#onEnd();
    this.gate.open();
  }

  /** The answers come on a stream. The client waits for them on, even if its connection breaks. */
  #await(requests: readonly Message[], response: ServerResponse, said: string | undefined): void {
    const ids = requests.map((request) => request.id as string);
    const stream = this.#openStream();
    const isOpening = requests.some(({ method }) => method === 'initialize');
    const connection = this.#connectionOn(response, undefined, isOpening ? holdMs : 0);
    stream.connect(connection);
    const opening = isOpening ? connection : undefined;
    const version = said ?? requests[0]?.value('params', 'protocolVersion');
    if (typeof version === 'string' && version >= firstWithBeginning) connection.begin(stream.lastId);
    // Two requests of a batch may have the same id.
    this.#serves.set(stream, new Set(ids).size);
    for (const request of requests) {
      const id = request.id as string;
      if (this.#awaited.get(id)?.stream !== stream) this.#forget(id);
      const progressToken = request.idAt('params', '_meta', 'progressToken');
      this.#awaited.set(id, { stream, opening, progressToken });
      if (progressToken !== undefined) this.#requestOfToken.set(progressToken, id);
    }
  }

  #answer(message: Message, id: string): boolean {
    this.heardAt = performance.now();
    const { stream, opening } = this.#awaited.get(id) ?? {};
    if (opening !== undefined && isVersionRefusal(message) && opening.refuse(400, message)) {
      // There was never a session.
      this.end();
      return true;
    }
    const hasRoom = stream?.write(message) ?? true;
    this.#forget(id);
    return hasRoom;
  }

  /** Nobody waits for the answer to a request any more. A stream ends with the last request that it serves. */
  #forget(id: string): void {
    const awaited = this.#awaited.get(id);
    if (awaited === undefined) return;
    const { stream, progressToken } = awaited;
    this.#awaited.delete(id);
    if (progressToken !== undefined && this.#requestOfToken.get(progressToken) === id)
      this.#requestOfToken.delete(progressToken);
    const left = (this.#serves.get(stream) ?? 1) - 1;
    if (left > 0) this.#serves.set(stream, left);
    else {
      this.#serves.delete(stream);
      stream.end();
    }
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
  #streamFor(message: Message): ResumableStream | undefined {
    const token =
      message.method === 'notifications/progress' ? message.idAt('params', 'progressToken') : undefined;
    const id = token === undefined ? undefined : this.#requestOfToken.get(token);
    const own = id === undefined ? undefined : this.#awaited.get(id)?.stream;
    if (own !== undefined) return own;
    const streams = [this.#listening, ...[...this.#serves.keys()].reverse()];
    return streams.find((stream) => stream.isOpen);
  }

  #openStream(): ResumableStream {
    const stream = new ResumableStream(`r${++this.#lastStream}`, this.#sent);
    this.#streams.set(stream.key, stream);
    if (this.#streams.size > maxStreams) {
      const [oldest = ''] = this.#streams.keys();
      this.#streams.delete(oldest);
    }
    return stream;
  }

  #connectionOn(response: ServerResponse, onClose = (): void => {}, holdStatusMs = 0): EventStream {
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
      holdStatusMs,
    );
  }
}

/** Whether a server refuses every session with this client: they have no revision in common. */
const isVersionRefusal = (answer: Message): boolean =>
  answer.isError && answer.value('error', 'code') === UNSUPPORTED_VERSION;
