import type { ServerResponse } from 'node:http';
import type { Line } from '../wire/line.ts';
import type { Message } from '../wire/message.ts';

interface StreamEvents {
  /** The stream takes messages again. */
  readonly onDrain: () => void;
  /** The stream has ended, or the client has gone. */
  readonly onClose: () => void;
}

/** Sends messages to a client as server-sent events, until the client goes. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #onDrain: () => void;
  #isFull = false;
  #opening: NodeJS.Timeout | undefined;
  #beginning = '';

  /** @param holdMs How long its status may wait for the first event, in ms, so that it can still be refused. Default: not at all. */
  constructor(response: ServerResponse, headers: Record<string, string>, events: StreamEvents, holdMs = 0) {
    this.#response = response;
    this.#headers = headers;
    this.#onDrain = events.onDrain;
    if (holdMs === 0) this.#open();
    else this.#opening = setTimeout(() => this.#open(), holdMs).unref();
    response.on('drain', () => this.#empty());
    response.on('close', () => {
      clearTimeout(this.#opening);
      events.onClose();
      this.#empty();
    });
  }

  #open(): void {
    clearTimeout(this.#opening);
    if (this.#response.headersSent || !this.isOpen) return;
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      ...this.#headers,
    });
    if (this.#beginning === '') this.#response.flushHeaders();
    else this.#response.write(this.#beginning);
  }

  /** Answers with an error in place of the stream. @returns false where the stream has begun. */
  refuse(status: number, { line }: Message): boolean {
    clearTimeout(this.#opening);
    if (this.#response.headersSent) return false;
    this.#response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    for (const piece of line.pieces) this.#response.write(piece);
    this.#response.end();
    return true;
  }

  get isOpen(): boolean {
    return !this.#response.destroyed && !this.#response.writableEnded;
  }

  /** @param id By which the client can resume the stream after this event. @returns false when the stream is full. */
  write({ line }: Pick<Message, 'line'>, id?: string): boolean {
    if (!this.isOpen) return true;
    this.#open();
    this.#response.write(`${id === undefined ? '' : `id: ${id}\n`}event: message\ndata: `);
    for (const piece of piecesOf(line)) this.#response.write(piece);
    // The message brings its own line break; an empty line ends the event.
    this.#isFull = !this.#response.write('\n');
    return !this.#isFull;
  }

  /** Tells an id by which the client can resume the stream before anything has come. */
  begin(id: string): void {
    if (!this.isOpen) return;
    const event = `id: ${id}\ndata: \n\n`;
    if (this.#response.headersSent) this.#response.write(event);
    else this.#beginning = event;
  }

  /** Shows the client that the stream is alive. */
  beat(): void {
    if (!this.isOpen) return;
    this.#open();
    this.#response.write(': alive\n\n');
  }

  end(): void {
    this.#open();
    this.#response.end();
  }

  #empty(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#onDrain();
  }
}

const carriageReturn = 0x0d;
const space = 0x20;

/** Replaces carriage returns by spaces: between the members of JSON they mean the same, but in an event they end the line. */
function piecesOf(line: Line): readonly Buffer[] {
  const lineEnd = line.length - '\r\n'.length;
  let at = line.indexOf(carriageReturn, 0);
  if (at === -1 || at >= lineEnd) return line.pieces;
  const bytes = Buffer.from(line.bytes);
  for (; at !== -1 && at < lineEnd; at = bytes.indexOf(carriageReturn, at)) bytes[at] = space;
  return [bytes];
}
