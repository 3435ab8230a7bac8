import { read } from '../classify/read.ts';
import { INTERNAL_ERROR } from '../classify/rpc-codes.ts';
import { categoryOfResultText, maxTextLength } from './result-words.ts';
import { ToolFailure } from './tool-failure.ts';

/**
 * The failure of a call that a server answered with a JSON-RPC error. Servers that catch nothing of what their tools throw answer with
 * the code that stands for any error, and with the words that would be an `isError` result elsewhere: they are read likewise.
 */
export function answeredFailure<Answer>(error: Answer, message: string): Answer | ToolFailure {
  if (read(error, 'code') !== INTERNAL_ERROR) return error;
  const category = categoryOfResultText(message.slice(0, maxTextLength));
  // Where the words say nothing, the code is all that is known.
  return category === 'executionError' ? error : new ToolFailure(category, message, { cause: error });
}
