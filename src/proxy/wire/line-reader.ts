import { Line } from './line.ts';

/** What is kept of a line that is too long: its two ends, which may show which request it answers. */
export interface LongLine {
  readonly head: Buffer;
  readonly tail: Buffer;
  /** The length of the whole line, in bytes. */
  readonly length: number;
}

export interface LineReaderOptions {
  /** The longest line that is passed on, in bytes. */
  readonly maxBytes: number;
  /** A line, including its line break. */
  readonly onLine: (line: Line) => void;
  /** A longer line has ended. It was not kept. */
  readonly onLongLine: (line: LongLine) => void;
  /** Called around lines that arrived together, so that they can be passed on together. */
  readonly together?: (tellLines: () => void) => void;
}

const newline = 0x0a;
const byteOrderMark = Buffer.from('\uFEFF');
const maxEndBytes = 4_096;

/** Adjacent pieces of a line are joined up to this size, since each piece has a cost, however short it is. */
const maxJoinedBytes = 4_096;

/** Cuts a stream of bytes into lines, in bounded memory. */
export class LineReader {
  readonly #options: LineReaderOptions;
  /** Whether no line has come yet. */
  #isFirst = true;
  /** The part of an unfinished line that has arrived. */
  #pieces: Buffer[] = [];
  #length = 0;
  /** The two ends of a line that is too long and has not ended yet. */
  #long: { head: Buffer; tail: Buffer } | undefined;

  constructor(options: LineReaderOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): void {
    const first = chunk.indexOf(newline);
    const { together } = this.#options;
    // A single line gains nothing from `together`.
    if (together === undefined || first === -1 || chunk.indexOf(newline, first + 1) === -1)
      this.#cut(chunk, first);
    else together(() => this.#cut(chunk, first));
  }

  /** The stream has ended: what is left is the last line. */
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
      // Copies, because a slice would keep the whole buffer in memory.
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
    if (this.#isFirst) {
      this.#endFirst(part);
      return;
    }
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

  /** Some programs on Windows begin what they write with a mark, which is no part of the first message. */
  #endFirst(part: Buffer): void {
    this.#isFirst = false;
    const all = [...this.#pieces, part];
    const mayBeMarked = this.#long === undefined && all[0]?.[0] === byteOrderMark[0];
    const line = mayBeMarked ? Buffer.concat(all) : undefined;
    if (line?.subarray(0, byteOrderMark.length).equals(byteOrderMark) === true) {
      this.#pieces = [];
      this.#length = 0;
      this.#end(line.subarray(byteOrderMark.length));
    } else this.#end(part);
  }
}
