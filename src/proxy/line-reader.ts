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
  readonly onLine: (line: Buffer) => void;
  /** A longer one has ended. It was not kept. */
  readonly onLongLine: (line: LongLine) => void;
  /** Called around lines that came together, so that what becomes of them can go on together. */
  readonly together?: (tellLines: () => void) => void;
}

const newline = 0x0a;
const keptOfLongLine = 4_096;

/** The room for a line of several chunks, at first, and the most that is made on the chance. */
const firstRoom = 256 * 1024;
const mostRoom = 2 * 1024 * 1024;

/** Cuts a stream of bytes into lines, in bounded memory. */
export class LineReader {
  readonly #options: LineReaderOptions;
  /** What there is of a line whose end has not come yet. */
  #line: Buffer | undefined;
  #length = 0;
  /** As long lines are as the last one was, as a rule: then its chunks are copied once, while the next ones come. */
  #room = firstRoom;
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
      this.#long.tail = Buffer.concat([this.#long.tail, part]).subarray(-keptOfLongLine);
    } else if (length > this.#options.maxBytes) {
      const all = Buffer.concat([this.#line?.subarray(0, this.#length) ?? Buffer.alloc(0), part]);
      this.#line = undefined;
      // Copies: a part of a buffer would keep all of it.
      this.#long = {
        head: Buffer.from(all.subarray(0, keptOfLongLine)),
        tail: Buffer.from(all.subarray(-keptOfLongLine)),
      };
    } else {
      part.copy(this.#roomFor(length), this.#length);
    }
    this.#length = length;
  }

  /** A buffer that holds the line so far, and has room for so much. */
  #roomFor(length: number): Buffer {
    if (this.#line !== undefined && length <= this.#line.length) return this.#line;
    const line = Buffer.allocUnsafeSlow(Math.max(this.#room, length, 2 * this.#length));
    this.#line?.copy(line, 0, 0, this.#length);
    this.#line = line;
    return line;
  }

  #end(part: Buffer): void {
    if (this.#length === 0 && part.length <= this.#options.maxBytes) {
      this.#options.onLine(part);
      return;
    }
    this.#add(part);
    const [line, length, long] = [this.#line, this.#length, this.#long];
    this.#line = undefined;
    this.#length = 0;
    this.#long = undefined;
    if (long !== undefined) this.#options.onLongLine({ ...long, length });
    else if (line !== undefined) {
      this.#room = Math.min(Math.max(firstRoom, length), mostRoom);
      this.#options.onLine(line.subarray(0, length));
    }
  }
}

/** The id of the request that a long line answers, as JSON text, where its ends tell. */
export function idOfLongLine({ head, tail }: LongLine): string | undefined {
  const id = '("(?:[^"\\\\]|\\\\.)*"|-?\\d+)';
  const atHead = new RegExp(`^\\s*\\{(?:\\s*"jsonrpc"\\s*:\\s*"2\\.0"\\s*,)?\\s*"id"\\s*:\\s*${id}\\s*,`);
  // Before the last brace, and no brace between: it stands in the message itself.
  const atTail = new RegExp(`,\\s*"id"\\s*:\\s*${id}\\s*(?:,\\s*"jsonrpc"\\s*:\\s*"2\\.0"\\s*)?\\}\\s*$`);
  return (atHead.exec(head.toString('latin1')) ?? atTail.exec(tail.toString('latin1')))?.[1];
}
