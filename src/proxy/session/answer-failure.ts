import { type ResultErrors, resultFailure } from '../../mcp/result-errors.ts';
import type { Message } from '../wire/message.ts';

/** How a tool failed, by the answer to its call; null for a success. */
export function failureIn(answer: Message, policy: ResultErrors): Error | null {
  if (answer.isError) {
    const message = String(answer.value('error', 'message'));
    return Object.assign(new Error(message), { code: answer.value('error', 'code') });
  }
  return answer.isErrorResult ? resultFailure(answer.value('result'), policy) : null;
}
