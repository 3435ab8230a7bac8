/**
 * The bytes of a line, in the pieces that they came in. They are not put together: to copy a large line into fresh memory
 * costs more than all else that is done for it.
 */
export class Line {
  readonly pieces: readonly Buffer[];
  readonly length: number;
  /** The piece that was looked at last, and where it begins and ends in the line. */
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

  /** A line of a text, whatever white space it was written with. */
  static of(text: string): Line {
    return new Line([Buffer.from(`${text.replace(/[\r\n]+/g, ' ')}\n`)]);
  }

  /** All of them in one. */
  get bytes(): Buffer {
    return this.pieces.length === 1 ? this.#piece : Buffer.concat(this.pieces, this.length);
  }

  /** @returns -1 behind the end. */
  at(index: number): number {
    if (index < this.#start || index >= this.#end) {
      if (index >= this.length) return -1;
      this.#seek(index);
    }
    return this.#piece[index - this.#start] as number;
  }

  /** @returns where the next such byte stands, or -1. */
  indexOf(byte: number, from: number): number {
    for (let at = from; at < this.length; at = this.#end) {
      this.#seek(at);
      const found = this.#piece.indexOf(byte, at - this.#start);
      if (found !== -1) return this.#start + found;
    }
    return -1;
  }

  /** What stands from one place to before another, or to the end of the line. */
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

  /** Makes the piece that holds this byte, which there must be, the one at hand. */
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
