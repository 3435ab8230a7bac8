import { Line } from '../wire/line.ts';

/** How many events are kept for a session, and how many bytes they may have together. */
const maxEvents = 1_000;
const maxBytes = 4 * 1024 * 1024;

interface Sent {
  /** The key of the stream. */
  readonly stream: string;
  readonly number: number;
  readonly line: Line;
}

/** What was sent last in a session, for a client whose connection broke: it may not have got all of it. */
export class SentEvents {
  readonly #events: Sent[] = [];
  #bytes = 0;

  keep(stream: string, number: number, { bytes, length }: Line): void {
    if (length > maxBytes) return;
    // A copy, because a slice would keep the whole buffer that it arrived in.
    this.#events.push({ stream, number, line: new Line([Buffer.from(bytes)]) });
    this.#bytes += length;
    while (this.#events.length > maxEvents || this.#bytes > maxBytes) {
      this.#bytes -= this.#events.shift()?.line.length ?? 0;
    }
  }

  /** The events of a stream after one of them. */
  after(stream: string, number: number): readonly Sent[] {
    return this.#events.filter((event) => event.stream === stream && event.number > number);
  }
}
