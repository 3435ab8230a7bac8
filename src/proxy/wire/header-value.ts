const prefix = '=?base64?';
const suffix = '?=';

/** Base64 as RFC 4648 has it, with its padding. */
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** What a header can carry as it is: visible ASCII, with blanks inside. */
const plain = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;

const isEncoded = (text: string): boolean => text.startsWith(prefix) && text.endsWith(suffix);

/** A text as the value of one of MCP's headers: as it is, or as Base64 where a header could not carry it. */
export const headerValue = (text: string): string =>
  plain.test(text) && !isEncoded(text) ? text : `${prefix}${Buffer.from(text).toString('base64')}${suffix}`;

/** The text of such a value; undefined where it is not valid Base64 of UTF-8. */
export function textOfHeader(value: string): string | undefined {
  if (!isEncoded(value)) return value;
  const encoded = value.slice(prefix.length, -suffix.length);
  if (!base64.test(encoded)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64'));
  } catch {
    return undefined;
  }
}
