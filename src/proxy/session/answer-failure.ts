import { answeredFailure } from '../../mcp/answered-failure.ts';
import type { ResultErrors } from '../../mcp/result-error-policy.ts';
import { resultFailure, resultText } from '../../mcp/result-errors.ts';
import { categoryOfResultText } from '../../mcp/result-words.ts';
import { ToolFailure } from '../../mcp/tool-failure.ts';
import type { Message } from '../wire/message.ts';
import type { FailurePatterns } from './failure-patterns.ts';

/** How answers are read. */
export interface AnswerReading {
  readonly resultErrors: ResultErrors;
  /** What failures look like that servers do not call so; undefined for none. */
  readonly patterns?: FailurePatterns | undefined;
}

/** The longest answers that are looked into for a failure which they do not call so, in bytes: a failure is short. */
const maxPatterned = 64 * 1024;
const maxErrorBody = 8 * 1024;

/** The beginning of a text that is an object with a member `error`, as it stands in a line of JSON. */
const errorBody = /"text"\s*:\s*"(?:\s|\\[nrt])*\{(?:\s|\\[nrt])*\\"error\\"/;

/** How a tool failed, by the answer to its call; null for a success. */
export function failureIn(tool: string, answer: Message, reading: AnswerReading): Error | null {
  const { resultErrors, patterns } = reading;
  if (answer.isError) {
    const message = String(answer.value('error', 'message'));
    return answeredFailure(
      Object.assign(new Error(message), { code: answer.value('error', 'code') }),
      message,
    );
  }
  if (answer.isErrorResult) return resultFailure(answer.value('result'), resultErrors);
  const { line } = answer;
  const isPatterned = line.length <= maxPatterned && patterns?.areFor(tool) === true;
  const isErrorBody =
    resultErrors !== 'ignore' &&
    line.length <= maxErrorBody &&
    errorBody.test(line.text('utf8', 0, line.length));
  if (!isPatterned && !isErrorBody) return null;
  const result = answer.value('result');
  const text = typeof result === 'object' && result !== null ? resultText(result) : '';
  // Who wrote the pattern knows that the tool has failed.
  if (isPatterned && patterns?.match(tool, text)) return new ToolFailure(categoryOfResultText(text), text);
  const error = isErrorBody ? errorAlone(text) : undefined;
  if (error === undefined) return null;
  const category = categoryOfResultText(error);
  // The tool has answered, and may well mean its caller: only what names the network and the like counts.
  return new ToolFailure(category, error, { counts: category !== 'executionError' });
}

/** The words of an error, where a text is a JSON object with no other member; undefined for any other text. */
function errorAlone(text: string): string | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const { error, ...others } = body as Readonly<Record<string, unknown>>;
  if (Object.keys(others).length > 0) return undefined;
  if (typeof error === 'string') return error === '' ? undefined : error;
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' && message !== '' ? message : undefined;
}
