import { byStatus } from './http-status.ts';
import { hasForeignNumber, mailReplyOf } from './number-domain.ts';
import { read, readName, textOf } from './read.ts';
import { isRedisReply } from './redis-reply.ts';
import { isRpcAnswer } from './rpc-code.ts';
import { sqlStateOf } from './sql-state.ts';

/** How the MCP adapters of LangChain say that a tool ran and returned an error; what else they throw says other words. */
const returnedAnError = /^MCP tool '.{1,200}?' on server '.{1,200}?' returned an error: /s;

/**
 * Whether an error is the answer of a tool that ran and says that it failed, thrown by a client that makes errors of such
 * answers. Whatever its words name, the call made its round trip.
 */
export function isToolAnswer(error: unknown): boolean {
  if (read(error, 'isError') === true && Array.isArray(read(error, 'content'))) return true;
  return readName(error, 'name') === 'ToolException' && returnedAnError.test(textOf(error));
}

/** Whether an error is the answer of a server: it lives, whatever it thinks of the call. */
export function isAnswer(error: unknown): boolean {
  return (
    isRpcAnswer(error) ||
    byStatus(error) !== undefined ||
    isRedisReply(error) ||
    hasForeignNumber(error) ||
    mailReplyOf(error) !== undefined ||
    sqlStateOf(error) !== undefined ||
    isToolAnswer(error)
  );
}
