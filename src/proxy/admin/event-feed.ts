import type { ServerResponse } from 'node:http';
import type { ToolRegistry } from 'toolfuse';

/** How many events are kept for a reader who reconnects. */
const maxKept = 200;
/** How many readers there may be. */
const maxReaders = 16;
/** A reader that leaves more than this unread is disconnected, in bytes. */
const maxUnreadBytes = 2 ** 18;
/** How often silent readers hear that the connection lives, in ms. */
const aliveMs = 15_000;

/** The events of a registry as server-sent events. A reader who was away gets those that are still kept. */
export class EventFeed {
  readonly #readers = new Set<ServerResponse>();
  readonly #kept: { readonly id: number; readonly text: string }[] = [];
  readonly #unsubscribe: () => void;
  readonly #timer: NodeJS.Timeout;
  #lastId = 0;

  constructor(registry: ToolRegistry) {
    const subscription = registry.on('*', (event) => {
      const { type, ...fields } = event;
      this.#lastId += 1;
      const time = new Date(registry.clock.wallNow()).toISOString();
      const text = `id: ${this.#lastId}\nevent: ${type}\ndata: ${JSON.stringify({ time, type, ...fields })}\n\n`;
      this.#kept.push({ id: this.#lastId, text });
      if (this.#kept.length > maxKept) this.#kept.shift();
      for (const reader of this.#readers) send(reader, text);
    });
    this.#unsubscribe = () => subscription.unsubscribe();
    this.#timer = setInterval(() => {
      for (const reader of this.#readers) send(reader, ': alive\n\n');
    }, aliveMs).unref();
  }

  get isFull(): boolean {
    return this.#readers.size >= maxReaders;
  }

  /** @param lastId The last event that the reader has; only later ones are sent again. */
  add(reader: ServerResponse, lastId: number): void {
    reader.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    reader.on('close', () => this.#readers.delete(reader));
    reader.on('error', () => reader.destroy());
    this.#readers.add(reader);
    send(reader, ': events of the circuits\n\n');
    for (const { id, text } of this.#kept) if (id > lastId) send(reader, text);
  }

  close(): void {
    this.#unsubscribe();
    clearInterval(this.#timer);
    for (const reader of this.#readers) reader.end();
  }
}

function send(reader: ServerResponse, text: string): void {
  if (reader.writableLength > maxUnreadBytes) reader.destroy();
  else reader.write(text);
}
