import type { Readable, Writable } from 'node:stream';
import { LineReader } from './line-reader.ts';
import { LineWriter } from './line-writer.ts';
import type { Message } from './message.ts';
import type { Client, Session } from './session.ts';

export interface StdioClientOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** The longest line that is passed on, in bytes. */
  readonly maxMessageBytes: number;
  /** The client has gone, or its session is of no use any more. */
  readonly onEnd: () => void;
}

/** A client that has started the proxy, and speaks on its standard input and output. */
export class StdioClient implements Client {
  readonly #options: StdioClientOptions;
  readonly #writer: LineWriter;

  constructor(options: StdioClientOptions) {
    this.#options = options;
    this.#writer = new LineWriter(options.output);
  }

  /** Listens, on behalf of a session. */
  start(session: Session): void {
    const { input, output, maxMessageBytes, onEnd } = this.#options;
    const reader = new LineReader({
      maxBytes: maxMessageBytes,
      onLine: (line) => session.fromClient(line),
      onLongLine: (line) => session.longLineFromClient(line),
      together: (tellLines) => session.together(tellLines),
    });
    input.on('data', (chunk: Buffer) => reader.push(chunk));
    input.once('end', () => {
      reader.end();
      onEnd();
    });
    input.on('error', onEnd);
    output.on('drain', () => session.resume());
    // Nobody reads any more.
    output.on('error', onEnd);
  }

  write({ line }: Message): boolean {
    return this.#writer.write(line);
  }

  cork(): void {
    this.#writer.cork();
  }

  uncork(): void {
    this.#writer.uncork();
  }

  pause(): void {
    this.#options.input.pause();
  }

  resume(): void {
    this.#options.input.resume();
  }

  end(): void {
    this.#options.onEnd();
  }
}
