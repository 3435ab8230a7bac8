import { itemsOf, MemberReader, skipSpace, skipValue } from './json-members.ts';
import { Line } from './line.ts';

/** A value that JSON can tell. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

const newline = Buffer.from('\n');

/** An id that can be written in no other way, as nearly all are. */
const plainId = /^(?:"[^"\\]*"|0|-?[1-9]\d*|null)$/;

/** What JSON-RPC takes for an id. */
const idText = /^(?:"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|null)$/;

/**
 * The JSON text of an id, or of a token, as we write it: the other side may have written `"a\/b"` for `"a/b"` and `2.0` for
 * `2`. A number that JavaScript cannot hold stays as it is.
 */
export function canonical(text: string): string {
  if (plainId.test(text)) return text;
  try {
    const value: unknown = JSON.parse(text);
    const isTooLarge = typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER;
    return isTooLarge ? text : JSON.stringify(value);
  } catch {
    return text;
  }
}

/**
 * One JSON-RPC message, a line, as the bytes that came: they are passed on as they are, and read only where somebody asks. A
 * message of a method or version to come passes as well as any other.
 */
export class Message {
  readonly line: Line;
  /** The JSON text of the id, so that `1` and `"1"` are told apart, in its canonical form; undefined for a notification. */
  readonly id: string | undefined;
  /** Undefined for a response. */
  readonly method: string | undefined;
  /** Whether it is the result of a tool that failed. */
  readonly isErrorResult: boolean;
  /** Where its parameters or its result begin; -1 where it has neither. */
  readonly #contentAt: number;

  private constructor(line: Line, parts: MessageParts) {
    this.line = line;
    this.id = parts.id;
    this.method = parts.method;
    this.isErrorResult = parts.isErrorResult;
    this.#contentAt = parts.contentAt;
  }

  /** @returns undefined for what is no JSON object, or has more behind it. */
  static read(line: Line): Message | undefined {
    const parts = readParts(line);
    return parts && new Message(line, parts);
  }

  /**
   * The messages of a line: one, or those of a batch, each as a line of its own, which means the same; undefined for what
   * is neither.
   */
  static readLine(line: Line): Message[] | undefined {
    const message = Message.read(line);
    if (message !== undefined) return [message];
    const items = itemsOf(line);
    if (items === undefined) return undefined;
    const { bytes } = line;
    const messages = items.map(({ start, end }) =>
      Message.read(new Line([Buffer.concat([bytes.subarray(start, end), newline])])),
    );
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
    const message = Message.read(Line.of(text));
    if (message === undefined) throw new TypeError('a message of our own is no JSON object');
    return message;
  }

  get isRequest(): boolean {
    return this.method !== undefined && this.id !== undefined;
  }

  /** Whether it answers that a request has failed. */
  get isError(): boolean {
    return this.isResponse && this.#contentAt === -1;
  }

  get isResponse(): boolean {
    return this.method === undefined && this.id !== undefined;
  }

  /** Walks through its parameters, or its result. */
  content(): MemberReader | undefined {
    return this.#contentAt === -1 ? undefined : new MemberReader(this.line, this.#contentAt);
  }

  /** The text that a member holds; undefined where it holds something else. */
  textOf({ start, end }: MemberReader): string | undefined {
    return textAt(this.line, start, end);
  }

  /** The id or token that a member holds, as JSON text. */
  idIn({ start, end }: MemberReader): string {
    return canonical(this.line.text('utf8', start, end));
  }

  /** The same, by the way to it; undefined where there is none. */
  idAt(...path: readonly string[]): string | undefined {
    const text = this.text(...path);
    return text === undefined ? undefined : canonical(text);
  }

  /** The JSON text of a value, by the way to it: `text('params', '_meta')`; undefined where there is none. */
  text(...path: readonly string[]): string | undefined {
    const found = this.#find(path);
    return found && this.line.text('utf8', found.start, found.end);
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

  #find(path: readonly string[]): { start: number; end: number } | undefined {
    let start = 0;
    let end = 0;
    for (const key of path) {
      const reader = new MemberReader(this.line, start);
      end = 0;
      // Of two members of one name the last one counts, as for JSON.parse.
      while (reader.next()) if (reader.isNamed(key)) ({ start, end } = reader);
      if (end === 0) return undefined;
    }
    return { start, end };
  }
}

interface MessageParts {
  id: string | undefined;
  method: string | undefined;
  isErrorResult: boolean;
  contentAt: number;
}

/** In one walk, since every message passes here: of a large one it is the most that is done. */
function readParts(line: Line): MessageParts | undefined {
  const parts: MessageParts = { id: undefined, method: undefined, isErrorResult: false, contentAt: -1 };
  const reader = new MemberReader(line);
  while (reader.nextKey()) {
    const { start } = reader;
    const isResult = reader.isNamed('result');
    if (isResult || reader.isNamed('params')) parts.contentAt = start;
    const end = isResult ? readResult(line, start, parts) : -1;
    if (!reader.skipTo(end === -1 ? skipValue(line, start) : end)) break;
    if (reader.isNamed('id')) parts.id = line.text('utf8', start, reader.end);
    else if (reader.isNamed('method')) parts.method = textAt(line, start, reader.end);
  }
  const isWhole = reader.objectEnd !== -1 && skipSpace(line, reader.objectEnd) === line.length;
  if (!isWhole) return undefined;
  if (parts.id === undefined) return parts;
  if (!idText.test(parts.id)) return undefined;
  parts.id = canonical(parts.id);
  return parts;
}

/** @returns where the result ends; -1 where it is no object. */
function readResult(line: Line, start: number, parts: MessageParts): number {
  const reader = new MemberReader(line, start);
  while (reader.next()) {
    if (reader.isNamed('isError'))
      parts.isErrorResult = line.text('latin1', reader.start, reader.end) === 'true';
  }
  return reader.objectEnd;
}

/** A text that is written at a place; undefined where something else stands there. */
function textAt(line: Line, start: number, end: number): string | undefined {
  const text = line.text('utf8', start, end);
  try {
    const value: unknown = text.includes('\\') ? JSON.parse(text) : text.slice(1, -1);
    return text.startsWith('"') ? (value as string) : undefined;
  } catch {
    return undefined;
  }
}
