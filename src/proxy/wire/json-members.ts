import type { Line } from './line.ts';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Scan this many bytes by hand before calling indexOf: indexOf has a high start-up cost but is faster per byte. */
const nearBytes = 256;

/** @returns the index of the next byte that is not white space. */
export function skipSpace(line: Line, from: number): number {
  let at = from;
  while (isSpace(line.at(at))) at++;
  return at;
}

/** @returns where the string that begins at `from` ends, or -1. */
function skipString(line: Line, from: number): number {
  let at = from + 1;
  while (at < line.length) {
    const near = Math.min(at + nearBytes, line.length);
    for (; at < near; at++) {
      const byte = line.at(at);
      if (byte === backslash) at++;
      else if (byte === quote) return at + 1;
    }
    const found = line.indexOf(quote, at);
    if (found === -1) return -1;
    let first = found;
    while (first > at && line.at(first - 1) === backslash) first--;
    if ((found - first) % 2 === 0) return found + 1;
    at = found + 1;
  }
  return -1;
}

/** @returns where the object or array that begins at `from` ends, or -1. Only brackets and strings are checked. */
function skipNested(line: Line, from: number): number {
  let depth = 0;
  for (let at = from; at < line.length; at++) {
    const byte = line.at(at);
    if (byte === quote) {
      at = skipString(line, at) - 1;
      if (at < 0) return -1;
    } else if (byte === openBrace || byte === openBracket) depth++;
    else if ((byte === closeBrace || byte === closeBracket) && --depth === 0) return at + 1;
  }
  return -1;
}

/** @returns where the value that begins at `from` ends, or -1. */
export function skipValue(line: Line, from: number): number {
  const first = line.at(from);
  if (first === quote) return skipString(line, from);
  if (first === openBrace || first === openBracket) return skipNested(line, from);
  let at = from;
  while (at < line.length) {
    const byte = line.at(at);
    if (byte === comma || byte === closeBrace || byte === closeBracket || isSpace(byte)) break;
    at++;
  }
  return at === from ? -1 : at;
}

/** Visits the members of a JSON object in order, without parsing their values. */
export class MemberReader {
  readonly #line: Line;
  #at: number;
  #keyStart = 0;
  #keyEnd = 0;
  /** Whether the current key holds escapes, so that its bytes cannot be compared directly. */
  #isEscaped = false;
  /** Where the value of the current member begins. */
  start = 0;
  /** Where the value of the current member ends. */
  end = 0;
  /** Where the object ends, once every member was visited; -1 until then, or if it is not a valid object. */
  objectEnd = -1;

  constructor(line: Line, from = 0) {
    this.#line = line;
    this.#at = skipSpace(line, from);
  }

  /** Moves to the next member. @returns whether there is one. */
  next(): boolean {
    return this.nextKey() && this.skipTo(skipValue(this.#line, this.start));
  }

  /** Moves to the next member without scanning its value: call `skipTo` with the end of the value afterwards. */
  nextKey(): boolean {
    const line = this.#line;
    // The first member follows the brace, every other one a comma.
    const isFirst = this.end === 0;
    let at = this.#at;
    const byte = line.at(at);
    if (byte === closeBrace && !isFirst) return this.#finish(at + 1);
    if (byte !== (isFirst ? openBrace : comma)) return false;
    at = skipSpace(line, at + 1);
    if (isFirst && line.at(at) === closeBrace) return this.#finish(at + 1);
    if (line.at(at) !== quote) return false;
    at = this.#readKey(at);
    if (at === -1) return false;
    at = skipSpace(line, at);
    if (line.at(at) !== colon) return false;
    this.start = skipSpace(line, at + 1);
    return true;
  }

  /** Says where the value of the current member ends; -1 if it does not. @returns whether it ends. */
  skipTo(end: number): boolean {
    this.end = end;
    if (end === -1) return false;
    this.#at = skipSpace(this.#line, end);
    return true;
  }

  /** Where the name of the current member begins. */
  get keyStart(): number {
    return this.#keyStart;
  }

  /** Whether the current member has this name. The name must be plain ASCII. */
  isNamed(name: string): boolean {
    if (this.#isEscaped) return this.key === name;
    const from = this.#keyStart + 1;
    if (this.#keyEnd - from - 1 !== name.length) return false;
    let index = 0;
    while (index < name.length && this.#line.at(from + index) === name.charCodeAt(index)) index++;
    return index === name.length;
  }

  /** The name of the current member; undefined if its escapes are invalid. */
  get key(): string | undefined {
    try {
      return JSON.parse(this.#line.text('utf8', this.#keyStart, this.#keyEnd)) as string;
    } catch {
      return undefined;
    }
  }

  #finish(at: number): false {
    this.objectEnd = at;
    return false;
  }

  /** @returns where the key that begins at `from` ends, or -1. */
  #readKey(from: number): number {
    const line = this.#line;
    this.#keyStart = from;
    this.#isEscaped = false;
    for (let at = from + 1; at < line.length; at++) {
      const byte = line.at(at);
      if (byte === quote) {
        this.#keyEnd = at + 1;
        return this.#keyEnd;
      }
      if (byte !== backslash) continue;
      this.#isEscaped = true;
      at++;
    }
    return -1;
  }
}

/**
 * Where each item of the array at `from` begins and ends.
 *
 * @param max The most items that are wanted.
 * @returns undefined if there is no valid array at `from`, or a longer one.
 */
export function itemsOf(line: Line, from = 0, max = Infinity): { start: number; end: number }[] | undefined {
  let at = skipSpace(line, from);
  if (line.at(at) !== openBracket) return undefined;
  const items: { start: number; end: number }[] = [];
  at = skipSpace(line, at + 1);
  if (line.at(at) === closeBracket) return items;
  for (;;) {
    const end = skipValue(line, at);
    if (end === -1 || items.length === max) return undefined;
    items.push({ start: at, end });
    at = skipSpace(line, end);
    if (line.at(at) === closeBracket) return items;
    if (line.at(at) !== comma) return undefined;
    at = skipSpace(line, at + 1);
  }
}
