import { type ResultErrors, resultFailure } from '../mcp/result-errors.ts';
import type { Message } from './message.ts';

export const resultErrorPolicies: readonly ResultErrors[] = ['tool', 'ignore'];

/** What an answer to a tool call says of the tool: how it failed, or null for a success. */
export function failureIn(answer: Message, policy: ResultErrors): Error | null {
  if (answer.isError) {
    const message = String(answer.value('error', 'message'));
    return Object.assign(new Error(message), { code: answer.value('error', 'code') });
  }
  return isError(answer) ? resultFailure(answer.value('result'), policy) : null;
}

/** From this length on, in bytes, a search for a name is quicker than a walk. */
const longAnswer = 4_096;

function isError(answer: Message): boolean {
  if (answer.bytes.length > longAnswer && !answer.mentions('isError')) return false;
  const result = answer.content();
  let found = false;
  while (result?.next()) if (result.isNamed('isError')) found = answer.jsonOf(result) === 'true';
  return found;
}
