import type { Writable } from 'node:stream';
import type { Line } from './line.ts';

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
  write({ pieces }: Line): boolean {
    let takesMore = true;
    if (this.#isGathering) for (const piece of pieces) takesMore = this.#gather(piece);
    else if (pieces.length === 1) takesMore = this.#stream.write(pieces[0]);
    else {
      // Corked, they go to the system in one call.
      this.#stream.cork();
      for (const piece of pieces) takesMore = this.#stream.write(piece);
      this.#stream.uncork();
    }
    return takesMore;
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

  #gather(piece: Buffer): boolean {
    if (piece.buffer !== this.#memory || piece.byteOffset !== this.#end) {
      this.#writePiece();
      this.#memory = piece.buffer;
      this.#start = piece.byteOffset;
    }
    this.#end = piece.byteOffset + piece.length;
    this.#room -= piece.length;
    return this.#room > 0;
  }

  #writePiece(): void {
    if (this.#memory === undefined) return;
    this.#stream.write(Buffer.from(this.#memory, this.#start, this.#end - this.#start));
    this.#memory = undefined;
  }
}
