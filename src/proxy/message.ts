import { itemsOf, type Member, membersOf, skipSpace, stringAt } from './json-members.ts';

/** A value that JSON can tell. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

const newline = Buffer.from('\n');

/** What JSON-RPC takes for an id. */
const idText = /^(?:"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|null)$/;

/**
 * One JSON-RPC message, a line, as the bytes that came: they are passed on as they are, and read only where somebody asks. A
 * message of a method or version to come passes as well as any other.
 */
export class Message {
  readonly bytes: Buffer;
  /** The JSON text of the id, so that `1` and `"1"` are told apart; undefined for a notification. */
  readonly id: string | undefined;
  /** Undefined for a response. */
  readonly method: string | undefined;
  readonly #members: readonly Member[];

  private constructor(bytes: Buffer, members: readonly Member[]) {
    this.bytes = bytes;
    this.#members = members;
    let id: string | undefined;
    let method: string | undefined;
    for (const { key, start, end } of members) {
      if (key === 'id') id = bytes.toString('latin1', start, end);
      else if (key === 'method' && bytes[start] === 0x22) method = stringAt(bytes, start, end);
    }
    this.id = id;
    this.method = method;
  }

  /** @returns undefined for what is no JSON object, or has more behind it. */
  static read(bytes: Buffer): Message | undefined {
    const object = membersOf(bytes);
    if (object === undefined || skipSpace(bytes, object.end) < bytes.length) return undefined;
    const message = new Message(bytes, object.members);
    return message.id === undefined || idText.test(message.id) ? message : undefined;
  }

  /**
   * The messages of a line: one, or those of a batch, each as a line of its own, which means the same; undefined for what
   * is neither.
   */
  static readLine(line: Buffer): Message[] | undefined {
    const message = Message.read(line);
    if (message !== undefined) return [message];
    const messages = itemsOf(line)?.map(({ start, end }) =>
      Message.read(Buffer.concat([line.subarray(start, end), newline])),
    );
    if (messages === undefined) return undefined;
    return messages.length > 0 && messages.every((each) => each !== undefined) ? messages : undefined;
  }

  /** A request or a notification of our own. */
  static of(content: { readonly [key: string]: Json | undefined }): Message {
    return Message.#made(JSON.stringify({ jsonrpc: '2.0', ...content }));
  }

  /** An answer of our own. The id is given as JSON text, and goes back to the letter. */
  static answer(id: string, content: { readonly result: Json } | { readonly error: Json }): Message {
    return Message.#made(`{"jsonrpc":"2.0","id":${id},${JSON.stringify(content).slice(1)}`);
  }

  /** Tells the other side that nobody waits for an answer any more. */
  static cancelled(id: string, reason: string): Message {
    return Message.#made(
      `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id},"reason":${JSON.stringify(reason)}}}`,
    );
  }

  static #made(text: string): Message {
    const message = Message.read(Buffer.from(`${text}\n`));
    if (message === undefined) throw new TypeError('a message of our own is no JSON object');
    return message;
  }

  get isRequest(): boolean {
    return this.method !== undefined && this.id !== undefined;
  }

  get isResponse(): boolean {
    return this.method === undefined && this.id !== undefined;
  }

  /** Whether there is such a member, as `result`. */
  has(key: string): boolean {
    return this.#members.some((member) => member.key === key);
  }

  /** The JSON text of a value, by the way to it: `text('params', '_meta')`; undefined where there is none. */
  text(...path: readonly string[]): string | undefined {
    const member = this.#find(path);
    return member && this.bytes.toString('utf8', member.start, member.end);
  }

  /** The same, parsed. */
  value(...path: readonly string[]): Json | undefined {
    const text = this.text(...path);
    try {
      return text === undefined ? undefined : (JSON.parse(text) as Json);
    } catch {
      return undefined;
    }
  }

  /** Whether the name of a member stands anywhere in it: a quick no, before anything is searched through. */
  mentions(key: string): boolean {
    return this.bytes.includes(`"${key}"`);
  }

  #find(path: readonly string[]): Member | undefined {
    let members: readonly Member[] | undefined = this.#members;
    let found: Member | undefined;
    for (const [depth, key] of path.entries()) {
      // Of two members of one name the last one counts, as for JSON.parse.
      found = members?.findLast((member) => member.key === key);
      if (found === undefined) return undefined;
      if (depth < path.length - 1) members = membersOf(this.bytes, found.start)?.members;
    }
    return found;
  }
}
