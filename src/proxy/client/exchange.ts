import type { ServerResponse } from 'node:http';
import {
  HEADER_MISMATCH,
  INVALID_REQUEST,
  METHOD_NOT_FOUND,
  MISSING_CLIENT_CAPABILITY,
  PARSE_ERROR,
  UNSUPPORTED_VERSION,
} from '../../classify/rpc-codes.ts';
import type { Message } from '../wire/message.ts';
import { EventStream } from './event-stream.ts';

/** How long an answer may keep everybody waiting, in ms, until its client is told that it will come; and how often after that. */
const heartbeatMs = 15_000;

/** The HTTP status of an answer that is an error with this code. Any other one has 200. */
const statusOf: ReadonlyMap<unknown, number> = new Map([
  [PARSE_ERROR, 400],
  [INVALID_REQUEST, 400],
  [METHOD_NOT_FOUND, 404],
  [HEADER_MISMATCH, 400],
  [MISSING_CLIENT_CAPABILITY, 400],
  [UNSUPPORTED_VERSION, 400],
]);

export interface ExchangeEvents {
  /** It takes messages again. */
  readonly onDrain: () => void;
  /** The client has gone before it was answered. */
  readonly onGone: () => void;
}

/** The answer to one request over HTTP: a single message, or a stream where others come before it, or it takes long. */
export class Exchange {
  readonly #response: ServerResponse;
  readonly #events: ExchangeEvents;
  readonly #heartbeat: NodeJS.Timeout;
  #stream: EventStream | undefined;
  #isAnswered = false;

  constructor(response: ServerResponse, events: ExchangeEvents) {
    this.#response = response;
    this.#events = events;
    this.#heartbeat = setInterval(() => this.#open().beat(), heartbeatMs).unref();
    response.once('close', () => {
      clearInterval(this.#heartbeat);
      if (!this.#isAnswered) events.onGone();
    });
  }

  /** @returns false when it is full. */
  tell(message: Message): boolean {
    return this.#open().write(message);
  }

  /** @param failStatus The HTTP status of an error, if not the one that its code stands for. @returns false when it is full. */
  answer(message: Message, failStatus?: number): boolean {
    this.#isAnswered = true;
    clearInterval(this.#heartbeat);
    if (this.#response.destroyed) return true;
    if (this.#stream !== undefined) {
      const hasRoom = this.#stream.write(message);
      this.#stream.end();
      return hasRoom;
    }
    const code = message.isError ? message.value('error', 'code') : undefined;
    const status = code === undefined ? 200 : (failStatus ?? statusOf.get(code) ?? 200);
    this.#response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    for (const piece of message.line.pieces) this.#response.write(piece);
    this.#response.end();
    return true;
  }

  #open(): EventStream {
    this.#stream ??= new EventStream(
      this.#response,
      { 'x-accel-buffering': 'no' },
      { onDrain: this.#events.onDrain, onClose: () => {} },
    );
    return this.#stream;
  }
}
