import type { Readable, Writable } from 'node:stream';
import type { Session } from '../session/session.ts';
import { LineReader } from '../wire/line-reader.ts';
import { LineWriter } from '../wire/line-writer.ts';
import type { Message } from '../wire/message.ts';
import { tellMessages } from '../wire/message-listener.ts';
import type { Client } from './client.ts';

export interface StdioClientOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** The longest line that is passed on, in bytes. */
  readonly maxMessageBytes: number;
  /** The client will send nothing more. It may still read answers. */
  readonly onInputEnd: () => void;
  /** The client has gone, or its session is over. */
  readonly onEnd: () => void;
}

/** How much of a paused client's input is read ahead, in bytes: a stream that is not read does not tell that it has ended. */
const maxHeldBytes = 4 * 1024 * 1024;

/** The client that started the proxy, and speaks on its standard input and output. */
export class StdioClient implements Client {
  readonly #options: StdioClientOptions;
  readonly #writer: LineWriter;
  #reader: LineReader | undefined;
  #isPaused = false;
  /** What was read ahead since the client was paused. */
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(options: StdioClientOptions) {
    this.#options = options;
    this.#writer = new LineWriter(options.output);
  }

  /** Starts to read, for a session. */
  start(session: Session): void {
    const { input, output, maxMessageBytes, onInputEnd, onEnd } = this.#options;
    this.#reader = new LineReader({
      maxBytes: maxMessageBytes,
      onLine: (line) => tellMessages(line, session.fromClient),
      onLongLine: (line) => session.fromClient.onLongLine(line),
      together: (tellLines) => session.together(tellLines),
    });
    input.on('data', (chunk: Buffer) => this.#take(chunk));
    input.once('end', () => {
      // Nothing more will come, so what was read ahead is passed on now.
      for (const chunk of this.#held.splice(0)) this.#reader?.push(chunk);
      this.#reader?.end();
      onInputEnd();
    });
    input.on('error', onEnd);
    output.on('drain', () => session.resume());
    // The client has stopped reading.
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

  /** Passes nothing on. A little is still read, to notice the end of the input. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    while (!this.#isPaused) {
      const chunk = this.#held.shift();
      if (chunk === undefined) break;
      this.#heldBytes -= chunk.length;
      this.#reader?.push(chunk);
    }
    if (this.#heldBytes < maxHeldBytes) this.#options.input.resume();
  }

  #take(chunk: Buffer): void {
    if (!this.#isPaused) {
      this.#reader?.push(chunk);
      return;
    }
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes >= maxHeldBytes) this.#options.input.pause();
  }

  end(): void {
    this.#options.onEnd();
  }
}
