import type { ServerResponse } from 'node:http';
import type { Message } from './message.ts';

/** Messages to a client as server-sent events, until it goes. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #onDrain: () => void;
  #isFull = false;

  constructor(response: ServerResponse, headers: Record<string, string>, onDrain: () => void) {
    this.#response = response;
    this.#onDrain = onDrain;
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      ...headers,
    });
    response.flushHeaders();
    response.on('drain', () => this.#empty());
    response.on('close', () => this.#empty());
  }

  get isOpen(): boolean {
    return !this.#response.destroyed && !this.#response.writableEnded;
  }

  /** @returns false where it is full. */
  write({ line }: Message): boolean {
    if (!this.isOpen) return true;
    this.#response.write('event: message\ndata: ');
    for (const piece of line.pieces) this.#response.write(piece);
    // The event ends with an empty line, behind the line's own end.
    this.#isFull = !this.#response.write('\n');
    return !this.#isFull;
  }

  end(): void {
    this.#response.end();
  }

  #empty(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#onDrain();
  }
}
