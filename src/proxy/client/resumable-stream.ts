import type { Message } from '../wire/message.ts';
import type { EventStream } from './event-stream.ts';
import type { SentEvents } from './sent-events.ts';

/** The id of an event: the key of its stream, and its number in it. */
const eventId = /^([a-z]\d*)-(\d{1,15})$/;

export function readEventId(id: string): { readonly key: string; readonly number: number } | undefined {
  const [, key, number] = eventId.exec(id) ?? [];
  return key === undefined ? undefined : { key, number: Number(number) };
}

/** A stream of events that outlives its connections: the next one brings what the one before it did not. */
export class ResumableStream {
  readonly key: string;
  readonly #sent: SentEvents;
  #connection: EventStream | undefined;
  #number = 0;
  #isEnded = false;

  constructor(key: string, sent: SentEvents) {
    this.key = key;
    this.#sent = sent;
  }

  /** Whether a client is connected to it. */
  get isOpen(): boolean {
    return this.#connection?.isOpen === true;
  }

  /** Whether a client that has got this event would get anything more. */
  hasMoreThan(number: number): boolean {
    return !this.#isEnded || this.#sent.after(this.key, number).length > 0;
  }

  /** The id of its last event. */
  get lastId(): string {
    return `${this.key}-${this.#number}`;
  }

  /** Goes on over a connection. @param number The last event that its client has got; all, if undefined. */
  connect(connection: EventStream, number = this.#number): void {
    this.#connection?.end();
    this.#connection = connection;
    for (const { line, number: each } of this.#sent.after(this.key, number))
      connection.write({ line }, `${this.key}-${each}`);
    if (this.#isEnded) connection.end();
  }

  /** @returns false when its connection is full. What is written without a connection waits for the next one. */
  write({ line }: Message): boolean {
    this.#number++;
    this.#sent.keep(this.key, this.#number, line);
    return this.#connection?.write({ line }, this.lastId) ?? true;
  }

  end(): void {
    this.#isEnded = true;
    this.#connection?.end();
  }
}
