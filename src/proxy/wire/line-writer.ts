import type { Writable } from 'node:stream';
import type { Line } from './line.ts';

/**
 * Writes lines to a stream. While it is corked, lines that lie next to each other in memory are written as one piece: a
 * hundred small writes cost more than everything else that is done for a hundred small messages.
 */
export class LineWriter {
  readonly #stream: Writable;
  #isGathering = false;
  /** How many more bytes the stream takes before it is full. */
  #room = 0;
  /** The memory that holds the collected piece, which is not written yet. */
  #memory: ArrayBufferLike | undefined;
  #start = 0;
  #end = 0;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** @returns false when the stream is full. It emits `drain` when it takes more. */
  write({ pieces }: Line): boolean {
    let takesMore = true;
    if (this.#isGathering) for (const piece of pieces) takesMore = this.#gather(piece);
    else if (pieces.length === 1) takesMore = this.#stream.write(pieces[0]);
    else {
      // A corked stream hands them to the system in one call.
      this.#stream.cork();
      for (const piece of pieces) takesMore = this.#stream.write(piece);
      this.#stream.uncork();
    }
    return takesMore;
  }

  /** Collects what is written until `uncork`. */
  cork(): void {
    // A corked stream still counts the bytes that it is given, so `writableLength` stays correct.
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
