import { denialKey } from './denied-result.ts';
import { categoryOfResultText } from './result-words.ts';
import { ToolFailure } from './tool-failure.ts';

/** What an `isError` result says of its tool: `tool`, by its words; `ignore`, nothing: a result like any other. */
export type ResultErrors = 'tool' | 'ignore';

/** How much of a result is read: what went wrong stands at the beginning. */
const longestText = 4_096;

/** The text of a result's first parts. Anything may come from a server, so nothing is taken for granted. */
function textOf(result: object): string {
  const { content } = result as { content?: unknown };
  if (!Array.isArray(content)) return '';
  let text = '';
  for (const part of content) {
    const words: unknown = (part as { text?: unknown } | null)?.text;
    if (typeof words === 'string') text += text === '' ? words : `\n${words}`;
    if (text.length > longestText) break;
  }
  return text.slice(0, longestText);
}

const isDenial = (result: object): boolean => {
  const { _meta } = result as { _meta?: unknown };
  return typeof _meta === 'object' && _meta !== null && denialKey in _meta;
};

/**
 * What the result of a tool call says of the tool: null for a success, else an error with its category, for
 * `permit.failure(error, { roundTrip: true })`. Whatever went wrong, the server has answered. Never throws.
 *
 * A mistake of the caller's (bad arguments, an unknown tool, a file that is not there) has a category that does not count;
 * neither does the denial of another toolfuse, behind this one. What names no cause is `executionError`.
 */
export function resultFailure(result: unknown, policy: ResultErrors = 'tool'): ToolFailure | null {
  if (policy === 'ignore' || typeof result !== 'object' || result === null) return null;
  if ((result as { isError?: unknown }).isError !== true) return null;
  const text = textOf(result);
  const category = isDenial(result) ? 'circuitOpen' : categoryOfResultText(text);
  return new ToolFailure(category, text);
}
