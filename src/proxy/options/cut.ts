import { UsageError } from './usage-error.ts';

/** Cuts a text in two at the first, or the last, occurrence of a character. @throws UsageError if there is no first part. */
export function cut(
  text: string,
  at: string,
  complaint: string,
  from: 'first' | 'last' = 'first',
): [string, string] {
  const index = from === 'first' ? text.indexOf(at) : text.lastIndexOf(at);
  if (index < 1) throw new UsageError(complaint);
  return [text.slice(0, index), text.slice(index + 1)];
}
