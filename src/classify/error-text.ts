import { textOf } from './read.ts';

const maxLength = 200;

/** Most messages are words with single spaces between them: to see that is much faster than to replace what is not there. */
const isOneLine = /^[!-~]+(?: [!-~]+)*$/;

/** The message of an error as people and models are shown it: one line, no control characters, cut; null for no message. */
export function errorText(error: unknown): string | null {
  const text = textOf(error);
  const line = isOneLine.test(text) ? text : text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  if (line === '') return null;
  return line.length > maxLength ? `${line.slice(0, maxLength - 1)}…` : line;
}
