import { plainValue } from './plain-value.ts';

/** What a value of JSON costs at most in V8's heap: each node, and each character of a text. In bytes. */
const bytesPerNode = 80;
const bytesPerCharacter = 2;

/** A value, and what it takes in memory. */
export interface Sized {
  readonly value: unknown;
  /** In bytes, rounded up generously. */
  readonly bytes: number;
}

/**
 * A copy of what somebody sent, cut to a bounded size as it would be to be shown. Nothing of the original stays in memory, not even as
 * the text that a part of it was cut from.
 */
export function boundedCopy(value: unknown): Sized {
  const text = JSON.stringify(plainValue(value)) ?? 'null';
  let nodes = 0;
  const copy: unknown = JSON.parse(text, (_key, each: unknown) => {
    nodes += 1;
    return each;
  });
  return { value: copy, bytes: nodes * bytesPerNode + text.length * bytesPerCharacter };
}

/** What the values of a text of JSON cost in memory before they are cut, in bytes; it is cheap to compute. */
export function costOfParsing(text: string): number {
  let nodes = 1;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    // Each comma, bracket or brace begins a node; those inside texts are counted too.
    if (code === 44 || code === 91 || code === 123) nodes += 1;
  }
  return nodes * bytesPerNode + text.length;
}
