import type { IncomingMessage } from 'node:http';
import { Line } from '../wire/line.ts';
import { Refusal } from './http-check.ts';

/** Bytes are kept in blocks of at least this size: a chunk keeps the whole buffer that it arrived in, however short it is. */
const minBlockBytes = 4_096;
const maxBlockBytes = 1024 * 1024;

const [newline, carriageReturn, space] = [0x0a, 0x0d, 0x20];

/** How many bytes the bodies that are under way may hold together. */
export class BodyRoom {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws Refusal if there is no more room. */
  take(bytes: number): void {
    if (this.#bytes + bytes > this.#maxBytes) {
      throw new Refusal(503, `the requests under way have more than ${this.#maxBytes} bytes together`);
    }
    this.#bytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }
}

export interface BodyLimits {
  readonly maxBytes: number;
  /** Shared with other bodies. */
  readonly room: BodyRoom;
  /** How long the body may take to arrive, in ms. */
  readonly timeoutMs: number;
}

/**
 * Reads the body of a request, as one line.
 *
 * @throws Refusal as soon as a limit is passed. The rest of the body is not read.
 */
export function readBody(request: IncomingMessage, { maxBytes, room, timeoutMs }: BodyLimits): Promise<Line> {
  return new Promise((resolve, reject) => {
    const tooLong = (): Refusal =>
      new Refusal(413, `this message may have at most ${maxBytes} bytes (see --max-message-mb)`);
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLong();
    const blocks = new Blocks(room);
    const settle = (tell: () => void): void => {
      clearTimeout(timer);
      request.removeAllListeners('data').removeAllListeners('end').pause();
      blocks.giveBack();
      tell();
    };
    const refuse = (why: unknown): void => settle(() => reject(why));
    const timer = setTimeout(() => refuse(new Refusal(408, 'the body takes too long')), timeoutMs);
    request.on('data', (chunk: Buffer) => {
      if (blocks.length + chunk.length > maxBytes) return refuse(tooLong());
      try {
        blocks.add(chunk);
      } catch (error) {
        refuse(error);
      }
    });
    request.once('end', () => settle(() => resolve(blocks.toLine())));
    request.once('close', () => refuse(new Error('the client has gone')));
  });
}

/** The bytes of a body, copied together. Their line breaks become spaces, which in JSON mean the same. */
class Blocks {
  readonly #room: BodyRoom;
  readonly #full: Buffer[] = [];
  #block = Buffer.alloc(0);
  #used = 0;
  #held = 0;
  length = 0;

  constructor(room: BodyRoom) {
    this.#room = room;
  }

  /** @throws Refusal if there is no room. */
  add(chunk: Buffer): void {
    for (let from = 0; from < chunk.length; ) {
      if (this.#used === this.#block.length) this.#grow();
      const copied = chunk.copy(this.#block, this.#used, from);
      blank(this.#block.subarray(this.#used, this.#used + copied));
      this.#used += copied;
      from += copied;
    }
    this.length += chunk.length;
  }

  toLine(): Line {
    const last = this.#block.subarray(0, this.#used);
    return new Line([...this.#full, last, Buffer.from('\n')] as unknown as [Buffer, ...Buffer[]]);
  }

  giveBack(): void {
    this.#room.giveBack(this.#held);
    this.#held = 0;
  }

  /** Each block is as long as all before it, within limits. */
  #grow(): void {
    const bytes = Math.min(Math.max(this.length, minBlockBytes), maxBlockBytes);
    this.#room.take(bytes);
    this.#held += bytes;
    if (this.#used > 0) this.#full.push(this.#block);
    this.#block = Buffer.allocUnsafeSlow(bytes);
    this.#used = 0;
  }
}

function blank(bytes: Buffer): void {
  for (const lineBreak of [newline, carriageReturn]) {
    for (let at = bytes.indexOf(lineBreak); at !== -1; at = bytes.indexOf(lineBreak, at + 1))
      bytes[at] = space;
  }
}
