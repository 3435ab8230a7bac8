import { UsageError } from './usage-error.ts';

/** The two parts of a text, around the first or the last of a sign. @throws UsageError where there is no first part. */
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
