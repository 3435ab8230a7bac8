/** What replaces a secret. */
const hidden = '***';

/** Parts of a header that are shorter than this are no secrets, but words. */
const minLength = 6;

/**
 * The values that no word may hold: those of the headers that the user gave, and the parts of them that a server may repeat, such
 * as a token without `Bearer`.
 */
export class Secrets {
  readonly #values: readonly string[];

  constructor(headers: Readonly<Record<string, string>>) {
    const values = Object.values(headers).flatMap((value) => [
      value,
      ...value.split(/[\s=:;,]+/),
      ...decoded(value),
    ]);
    this.#values = [...new Set(values)]
      .filter(({ length }) => length >= minLength)
      .sort((a, b) => b.length - a.length);
  }

  /** A text without the secrets. */
  hide(text: string): string {
    return this.#values.reduce((left, value) => left.replaceAll(value, hidden), text);
  }
}

/** User and password of basic authentication. */
function decoded(value: string): string[] {
  const [, basic] = /^Basic +([\w+/=-]+)$/i.exec(value.trim()) ?? [];
  if (basic === undefined) return [];
  const text = Buffer.from(basic, 'base64').toString('utf8');
  return [text, text.slice(text.indexOf(':') + 1)];
}

/** A URL as it may be shown: its query can hold a key, and so can a user name. */
export function shownUrl(text: string): string {
  if (!URL.canParse(text, 'http://x')) return hidden;
  const url = new URL(text, 'http://x');
  const query = url.search === '' ? '' : `?${hidden}`;
  return (URL.canParse(text) ? url.origin : '') + url.pathname + query;
}
