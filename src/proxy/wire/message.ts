import { itemsOf, MemberReader, skipSpace, skipValue } from './json-members.ts';
import { Line } from './line.ts';
import { canonical, isId } from './message-id.ts';

/** A value that JSON can express. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** How many messages a batch may have. Batches were part of a single revision, and nobody sends more than a few at a time. */
export const maxBatch = 1_000;

const newline = Buffer.from('\n');

/**
 * One JSON-RPC message, kept as the bytes that arrived. They are passed on unchanged and read only on demand, so messages of
 * methods and protocol versions that do not exist yet pass as well.
 */
export class Message {
  readonly line: Line;
  /** The canonical JSON text of the id, which keeps `1` and `"1"` apart; undefined for a notification. */
  readonly id: string | undefined;
  /** Undefined for a response. */
  readonly method: string | undefined;
  /** Whether it is the result of a tool that failed. */
  readonly isErrorResult: boolean;
  /** Whether it is a modern result that is not complete: the server needs an input first, or works on a task. */
  readonly isUnfinished: boolean;
  /** Where its parameters or its result begin; -1 if it has neither. */
  readonly #contentAt: number;

  private constructor(line: Line, parts: MessageParts) {
    this.line = line;
    this.id = parts.id;
    this.method = parts.method;
    this.isErrorResult = parts.isErrorResult;
    this.isUnfinished = parts.isUnfinished;
    this.#contentAt = parts.contentAt;
  }

  /** @returns undefined unless the line is exactly one JSON object. */
  static read(line: Line): Message | undefined {
    const parts = readParts(line);
    return parts && new Message(line, parts);
  }

  /**
   * The messages of a line: a single one, or those of a batch, each as a line of its own. Undefined if the line is neither a
   * message nor a batch of messages.
   */
  static readLine(line: Line): Message[] | undefined {
    const message = Message.read(line);
    if (message !== undefined) return [message];
    const items = itemsOf(line, 0, maxBatch);
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

  /** An answer of our own. The id is JSON text, and is written back unchanged. */
  static answer(id: string, content: { readonly result: Json } | { readonly error: Json }): Message {
    return Message.#made(`{"jsonrpc":"2.0","id":${id},${JSON.stringify(content).slice(1)}`);
  }

  /** Tells the other side that nobody is waiting for the answer to a request any more. */
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

  /** Whether it is the answer to a request that failed. */
  get isError(): boolean {
    return this.isResponse && this.#contentAt === -1;
  }

  get isResponse(): boolean {
    return this.method === undefined && this.id !== undefined;
  }

  /** A reader of the members of its parameters or its result; undefined if it has neither. */
  content(): MemberReader | undefined {
    return this.#contentAt === -1 ? undefined : new MemberReader(this.line, this.#contentAt);
  }

  /** The string value of a member; undefined for a value of another type. */
  textOf({ start, end }: MemberReader): string | undefined {
    return textAt(this.line, start, end);
  }

  /** The id or token that a member holds, as canonical JSON text. */
  idIn({ start, end }: MemberReader): string {
    return canonical(this.line.text('utf8', start, end));
  }

  /** The id or token at a path, as canonical JSON text; undefined if there is none. */
  idAt(...path: readonly string[]): string | undefined {
    const text = this.text(...path);
    return text === undefined ? undefined : canonical(text);
  }

  /** The JSON text of the value at a path, such as `text('params', '_meta')`; undefined if there is none. */
  text(...path: readonly string[]): string | undefined {
    const found = this.placeOf(...path);
    return found && this.line.text('utf8', found.start, found.end);
  }

  /** The value at a path, parsed; undefined if there is none. */
  value(...path: readonly string[]): Json | undefined {
    const text = this.text(...path);
    try {
      return text === undefined ? undefined : (JSON.parse(text) as Json);
    } catch {
      return undefined;
    }
  }

  /** Where the value at a path begins and ends in the line; undefined if there is none. */
  placeOf(...path: readonly string[]): { readonly start: number; readonly end: number } | undefined {
    let start = 0;
    let end = 0;
    for (const key of path) {
      const reader = new MemberReader(this.line, start);
      end = 0;
      // If two members have the same name, the last one counts, as in JSON.parse.
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
  isUnfinished: boolean;
  contentAt: number;
}

/** Reads everything in one pass: every message comes through here, and for a large one this is most of the work. */
function readParts(line: Line): MessageParts | undefined {
  const parts: MessageParts = {
    id: undefined,
    method: undefined,
    isErrorResult: false,
    isUnfinished: false,
    contentAt: -1,
  };
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
  if (!isId(parts.id)) return undefined;
  parts.id = canonical(parts.id);
  return parts;
}

/** @returns where the result ends; -1 if it is not an object. */
function readResult(line: Line, start: number, parts: MessageParts): number {
  const reader = new MemberReader(line, start);
  while (reader.next()) {
    if (reader.isNamed('isError'))
      parts.isErrorResult = line.text('latin1', reader.start, reader.end) === 'true';
    else if (reader.isNamed('resultType'))
      parts.isUnfinished = line.text('latin1', reader.start, reader.end) !== '"complete"';
  }
  return reader.objectEnd;
}

/** The string at this place; undefined for a value of another type. */
function textAt(line: Line, start: number, end: number): string | undefined {
  const text = line.text('utf8', start, end);
  try {
    const value: unknown = text.includes('\\') ? JSON.parse(text) : text.slice(1, -1);
    return text.startsWith('"') ? (value as string) : undefined;
  } catch {
    return undefined;
  }
}
