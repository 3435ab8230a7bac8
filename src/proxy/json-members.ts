/** Where a member's value stands in the bytes of a JSON object. */
export interface Member {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** As many bytes of a string are read one by one before its end is searched for: a search is dear, and then fast. */
const nearBytes = 256;

/** @returns where the next byte that is no white space stands. */
export function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at++;
  return at;
}

/** @returns where the string that begins at `from` ends, or -1. */
function skipString(bytes: Buffer, from: number): number {
  let at = from + 1;
  while (at < bytes.length) {
    const near = Math.min(at + nearBytes, bytes.length);
    for (; at < near; at++) {
      const byte = bytes[at];
      if (byte === backslash) at++;
      else if (byte === quote) return at + 1;
    }
    const found = bytes.indexOf(quote, at);
    if (found === -1) return -1;
    let first = found;
    while (first > at && bytes[first - 1] === backslash) first--;
    if ((found - first) % 2 === 0) return found + 1;
    at = found + 1;
  }
  return -1;
}

/** @returns where the object or array that begins at `from` ends, or -1. Only its brackets and strings are looked at. */
function skipNested(bytes: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) {
      at = skipString(bytes, at) - 1;
      if (at < 0) return -1;
    } else if (byte === openBrace || byte === openBracket) depth++;
    else if ((byte === closeBrace || byte === closeBracket) && --depth === 0) return at + 1;
  }
  return -1;
}

/** @returns where the value that begins at `from` ends, or -1. */
function skipValue(bytes: Buffer, from: number): number {
  const first = bytes[from];
  if (first === quote) return skipString(bytes, from);
  if (first === openBrace || first === openBracket) return skipNested(bytes, from);
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === comma || byte === closeBrace || byte === closeBracket || isSpace(byte)) break;
    at++;
  }
  return at === from ? -1 : at;
}

/** The text of a string at a place, which costs no parsing where nothing in it is escaped. */
export function stringAt(bytes: Buffer, start: number, end: number): string {
  const hasEscape = bytes.subarray(start, end).includes(backslash);
  return hasEscape
    ? String(JSON.parse(bytes.toString('utf8', start, end)))
    : bytes.toString('utf8', start + 1, end - 1);
}

/**
 * The members of the object that begins at `from`, in order, without reading what is in them: a message of a megabyte
 * costs a search for its ends, and no parsing.
 *
 * @returns undefined where no such object stands there.
 */
export function membersOf(bytes: Buffer, from = 0): { members: Member[]; end: number } | undefined {
  let at = skipSpace(bytes, from);
  if (bytes[at] !== openBrace) return undefined;
  const members: Member[] = [];
  at = skipSpace(bytes, at + 1);
  if (bytes[at] === closeBrace) return { members, end: at + 1 };
  for (;;) {
    if (bytes[at] !== quote) return undefined;
    const keyEnd = skipString(bytes, at);
    if (keyEnd === -1) return undefined;
    const key = stringAt(bytes, at, keyEnd);
    at = skipSpace(bytes, keyEnd);
    if (bytes[at] !== colon) return undefined;
    const start = skipSpace(bytes, at + 1);
    const end = skipValue(bytes, start);
    if (end === -1) return undefined;
    members.push({ key, start, end });
    at = skipSpace(bytes, end);
    if (bytes[at] === closeBrace) return { members, end: at + 1 };
    if (bytes[at] !== comma) return undefined;
    at = skipSpace(bytes, at + 1);
  }
}

/**
 * Where the items of the array that begins at `from` stand.
 *
 * @returns undefined where no such array stands there.
 */
export function itemsOf(bytes: Buffer, from = 0): { start: number; end: number }[] | undefined {
  let at = skipSpace(bytes, from);
  if (bytes[at] !== openBracket) return undefined;
  const items: { start: number; end: number }[] = [];
  at = skipSpace(bytes, at + 1);
  if (bytes[at] === closeBracket) return items;
  for (;;) {
    const end = skipValue(bytes, at);
    if (end === -1) return undefined;
    items.push({ start: at, end });
    at = skipSpace(bytes, end);
    if (bytes[at] === closeBracket) return items;
    if (bytes[at] !== comma) return undefined;
    at = skipSpace(bytes, at + 1);
  }
}
