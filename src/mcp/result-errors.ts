import { read, readPath } from '../classify/read.ts';
import { denialKey } from './denied-result.ts';
import type { ResultErrors } from './result-error-policy.ts';
import { categoryOfResultText, maxTextLength } from './result-words.ts';
import { ToolFailure } from './tool-failure.ts';

/** The text of a result's first parts. Nothing about its shape is assumed, because a server may send anything. */
export function resultText(result: object): string {
  const content = read(result, 'content');
  let text = '';
  try {
    if (!Array.isArray(content)) return '';
    for (const part of content) {
      const words = read(part, 'text');
      if (typeof words === 'string') text += text === '' ? words : `\n${words}`;
      if (text.length > maxTextLength) break;
    }
  } catch {
    // The parts before say enough.
  }
  return text.slice(0, maxTextLength);
}

const isDenial = (result: unknown): boolean => readPath(result, ['_meta', denialKey]) !== undefined;

/**
 * Reads the result of a tool call: null for a success, otherwise an error with its category. It never throws.
 *
 * A mistake of the caller (invalid arguments, an unknown tool, a missing file) gets a category that does not count, and so
 * does the denial of another toolfuse behind this one. A result that names no cause is `executionError`; with `known`, that one
 * does not count either: its `counts` is false. A result that asks for an input is no failure, but no success either: see
 * `isInputRequired`.
 *
 * An outage that the text names goes first, then what validators and services say of a wrong call, then what else `categorize` knows.
 *
 * @example
 * const failure = resultFailure(result);
 * if (failure === null) permit.success();
 * else permit.failure(failure, { roundTrip: true }); // the server has answered
 */
export function resultFailure(result: unknown, policy: ResultErrors = 'tool'): ToolFailure | null {
  if (policy === 'ignore' || read(result, 'isError') !== true) return null;
  const text = resultText(result as object);
  const category = isDenial(result) ? 'circuitOpen' : categoryOfResultText(text);
  // Words that name no cause are read as `executionError`.
  return new ToolFailure(category, text, { counts: policy === 'tool' || category !== 'executionError' });
}
