/**
 * The bytes of a line, in the pieces in which they arrived. The pieces are not joined: copying a large line costs more than
 * everything else that is done for it.
 */
export class Line {
  readonly pieces: readonly Buffer[];
  readonly length: number;
  /** The piece that was read last, and where it begins and ends in the line. */
  #piece: Buffer;
  #start = 0;
  #end: number;
  #index = 0;

  /** @param pieces At least one. */
  constructor(pieces: readonly [Buffer, ...(readonly Buffer[])]) {
    this.pieces = pieces;
    this.#piece = pieces[0];
    this.#end = this.#piece.length;
    let length = 0;
    for (const piece of pieces) length += piece.length;
    this.length = length;
  }

  /** A line made of a text, whose line breaks become spaces. */
  static of(text: string): Line {
    return new Line([Buffer.from(`${text.replace(/[\r\n]+/g, ' ')}\n`)]);
  }

  /** All bytes in one buffer. */
  get bytes(): Buffer {
    return this.pieces.length === 1 ? this.#piece : Buffer.concat(this.pieces, this.length);
  }

  /** @returns the byte at an index; -1 past the end. */
  at(index: number): number {
    if (index < this.#start || index >= this.#end) {
      if (index >= this.length) return -1;
      this.#seek(index);
    }
    return this.#piece[index - this.#start] as number;
  }

  /** @returns the index of the next occurrence of a byte, or -1. */
  indexOf(byte: number, from: number): number {
    for (let at = from; at < this.length; at = this.#end) {
      this.#seek(at);
      const found = this.#piece.indexOf(byte, at - this.#start);
      if (found !== -1) return this.#start + found;
    }
    return -1;
  }

  /** The text from one index up to, but not including, another, or to the end of the line. */
  text(encoding: 'utf8' | 'latin1', from: number, before: number): string {
    const end = Math.min(before, this.length);
    const parts: Buffer[] = [];
    for (let at = from; at < end; at = this.#end) {
      this.#seek(at);
      parts.push(this.#piece.subarray(at - this.#start, end - this.#start));
    }
    const [first] = parts;
    return (parts.length === 1 && first !== undefined ? first : Buffer.concat(parts)).toString(encoding);
  }

  /** Moves to the piece that holds this index. The index must be within the line. */
  #seek(index: number): void {
    while (index < this.#start) {
      this.#take(this.#index - 1);
      this.#end = this.#start;
      this.#start -= this.#piece.length;
    }
    while (index >= this.#end) {
      this.#take(this.#index + 1);
      this.#start = this.#end;
      this.#end += this.#piece.length;
    }
  }

  #take(index: number): void {
    this.#index = index;
    this.#piece = this.pieces[index] as Buffer;
  }
}
