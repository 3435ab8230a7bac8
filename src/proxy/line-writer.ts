import type { Writable } from 'node:stream';

/**
 * Writes lines to a stream. Those that are gathered, and stand side by side in memory as they came, go as one piece: a
 * hundred small writes cost more than all else that is done for a hundred small messages.
 */
export class LineWriter {
  readonly #stream: Writable;
  #isGathering = false;
  /** As many bytes more the stream takes before it is full. */
  #room = 0;
  /** The piece that was gathered and is not written yet: a part of this memory. */
  #memory: ArrayBufferLike | undefined;
  #start = 0;
  #end = 0;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** @returns false where the stream is full: it says by `drain` when it takes more. */
  write(line: Buffer): boolean {
    if (!this.#isGathering) return this.#stream.write(line);
    if (line.buffer !== this.#memory || line.byteOffset !== this.#end) {
      this.#writePiece();
      this.#memory = line.buffer;
      this.#start = line.byteOffset;
    }
    this.#end = line.byteOffset + line.length;
    this.#room -= line.length;
    return this.#room > 0;
  }

  /** Gathers what is written until `uncork`. */
  cork(): void {
    // Corked, the stream counts all that it is given, and is as full as it was said to be.
    this.#stream.cork();
    this.#isGathering = true;
    this.#room = this.#stream.writableHighWaterMark - this.#stream.writableLength;
  }

  uncork(): void {
    this.#writePiece();
    this.#isGathering = false;
    this.#stream.uncork();
  }

  #writePiece(): void {
    if (this.#memory === undefined) return;
    this.#stream.write(Buffer.from(this.#memory, this.#start, this.#end - this.#start));
    this.#memory = undefined;
  }
}
