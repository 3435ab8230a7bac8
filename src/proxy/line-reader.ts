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
}

const newline = 0x0a;
const keptOfLongLine = 4_096;

/** Cuts a stream of bytes into lines, in bounded memory. */
export class LineReader {
  readonly #options: LineReaderOptions;
  #parts: Buffer[] = [];
  #length = 0;
  /** The ends of a line that is too long, while it goes on. */
  #long: { head: Buffer; tail: Buffer } | undefined;

  constructor(options: LineReaderOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(newline, from);
      if (at === -1) break;
      this.#end(chunk.subarray(from, at + 1));
      from = at + 1;
    }
    if (from < chunk.length) this.#add(chunk.subarray(from));
  }

  /** No more will come: what is left is a line. */
  end(): void {
    if (this.#length > 0) this.#end(Buffer.from('\n'));
  }

  #add(part: Buffer): void {
    this.#length += part.length;
    if (this.#long !== undefined) {
      this.#long.tail = Buffer.concat([this.#long.tail, part]).subarray(-keptOfLongLine);
      return;
    }
    this.#parts.push(part);
    if (this.#length <= this.#options.maxBytes) return;
    const all = Buffer.concat(this.#parts);
    this.#parts = [];
    // Copies: a part of a buffer would keep all of it.
    this.#long = {
      head: Buffer.from(all.subarray(0, keptOfLongLine)),
      tail: Buffer.from(all.subarray(-keptOfLongLine)),
    };
  }

  #end(part: Buffer): void {
    if (this.#length === 0 && part.length <= this.#options.maxBytes) {
      this.#options.onLine(part);
      return;
    }
    this.#add(part);
    const [parts, length, long] = [this.#parts, this.#length, this.#long];
    this.#parts = [];
    this.#length = 0;
    this.#long = undefined;
    if (long !== undefined) this.#options.onLongLine({ ...long, length });
    else this.#options.onLine(Buffer.concat(parts));
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
