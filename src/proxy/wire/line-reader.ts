import { Line } from './line.ts';

/** What is kept of a line that is too long: its ends, which can tell which request it answers. */
export interface LongLine {
  readonly head: Buffer;
  readonly tail: Buffer;
  /** How long it was, in bytes. */
  readonly length: number;
}

export interface LineReaderOptions {
  /** The longest line that is passed on, in bytes. */
  readonly maxBytes: number;
  /** A line, with its end. */
  readonly onLine: (line: Line) => void;
  /** A longer one has ended. It was not kept. */
  readonly onLongLine: (line: LongLine) => void;
  /** Called around lines that came together, so that what becomes of them can go on together. */
  readonly together?: (tellLines: () => void) => void;
}

const newline = 0x0a;
const maxEndBytes = 4_096;

/** Pieces of a line that are no longer than this together are put together: each of them costs, however short it is. */
const maxJoinedBytes = 4_096;

/** Cuts a stream of bytes into lines, in bounded memory. */
export class LineReader {
  readonly #options: LineReaderOptions;
  /** What there is of a line whose end has not come yet. */
  #pieces: Buffer[] = [];
  #length = 0;
  /** The ends of a line that is too long, while it goes on. */
  #long: { head: Buffer; tail: Buffer } | undefined;

  constructor(options: LineReaderOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): void {
    const first = chunk.indexOf(newline);
    const { together } = this.#options;
    // A single line needs no company.
    if (together === undefined || first === -1 || chunk.indexOf(newline, first + 1) === -1)
      this.#cut(chunk, first);
    else together(() => this.#cut(chunk, first));
  }

  /** No more will come: what is left is a line. */
  end(): void {
    if (this.#length > 0) this.#end(Buffer.from('\n'));
  }

  #cut(chunk: Buffer, firstEnd: number): void {
    let from = 0;
    for (let at = firstEnd; at !== -1; at = chunk.indexOf(newline, from)) {
      this.#end(chunk.subarray(from, at + 1));
      from = at + 1;
    }
    if (from < chunk.length) this.#add(chunk.subarray(from));
  }

  #add(part: Buffer): void {
    const length = this.#length + part.length;
    if (this.#long !== undefined) {
      this.#long.tail = Buffer.concat([this.#long.tail, part]).subarray(-maxEndBytes);
    } else if (length > this.#options.maxBytes) {
      const all = Buffer.concat([...this.#pieces, part]);
      this.#pieces = [];
      // Copies: a part of a buffer would keep all of it.
      this.#long = {
        head: Buffer.from(all.subarray(0, maxEndBytes)),
        tail: Buffer.from(all.subarray(-maxEndBytes)),
      };
    } else {
      const last = this.#pieces.at(-1);
      if (last === undefined || last.length + part.length > maxJoinedBytes) this.#pieces.push(part);
      else this.#pieces[this.#pieces.length - 1] = Buffer.concat([last, part]);
    }
    this.#length = length;
  }

  #end(part: Buffer): void {
    if (this.#length === 0 && part.length <= this.#options.maxBytes) {
      this.#options.onLine(new Line([part]));
      return;
    }
    this.#add(part);
    const [[first, ...others], length, long] = [this.#pieces, this.#length, this.#long];
    this.#pieces = [];
    this.#length = 0;
    this.#long = undefined;
    if (long !== undefined) this.#options.onLongLine({ ...long, length });
    else if (first !== undefined) this.#options.onLine(new Line([first, ...others]));
  }
}
