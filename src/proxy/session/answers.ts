import type { Denial } from 'toolfuse';
import { CONNECTION_CLOSED, UNSUPPORTED_VERSION } from '../../classify/rpc-codes.ts';
import { denialKey, deniedResult } from '../../mcp/denied-result.ts';
import { type Era, modernFields } from '../wire/era.ts';
import { type Json, Message } from '../wire/message.ts';
import { standardHeadersOf } from '../wire/standard-headers.ts';
import type { ToolCall } from '../wire/tool-call.ts';

type Data = { readonly [key: string]: Json };

/** The answer to a request that failed. Default code: the connection to the server is closed. */
export const errorAnswer = (
  id: string,
  message: string,
  data?: Data,
  code: number = CONNECTION_CLOSED,
): Message => {
  const answer = Message.answer(id, { error: { code, message, ...(data && { data }) } });
  own.add(answer);
  return answer;
};

/**
 * The answer to `server/discover` where the server could not be asked. A client on standard input takes most errors for the word
 * of a legacy server, and goes on in that era, for good. On this one it asks once more, and then gives up with these words. What
 * it names as supported is only what the client itself speaks.
 */
export function unknownEraAnswer({ id, message }: { id: string; message: Message }, why: string): Message {
  const requested = standardHeadersOf(message).version ?? null;
  return errorAnswer(
    id,
    `The server could not be asked which revisions of MCP it speaks: ${why}`,
    { supported: [requested], requested },
    UNSUPPORTED_VERSION,
  );
}

const own = new WeakSet<Message>();

/** Whether an error is the proxy's own: the server has not said it. */
export const isOwnAnswer = (answer: Message): boolean => own.has(answer);

/** What an answer has to know of its request. */
interface Asked {
  /** As JSON text. */
  readonly id: string;
  readonly method: string;
  readonly era: Era;
}

/** The answer to a request that the proxy answers by itself, as a client of the request's era reads it. */
export const resultAnswer = ({ id, method, era }: Asked, result: Data): Message =>
  Message.answer(id, { result: era === 'modern' ? { ...result, ...modernFields(method) } : result });

/** The answer to a call that a circuit refused. It is an error for a client that waits for a task, and would not understand a result. */
export function deniedAnswer(request: Asked, { isTask }: ToolCall, denial: Denial): Message {
  const result = deniedResult(denial);
  return isTask
    ? errorAnswer(request.id, result.content[0].text, result._meta[denialKey])
    : resultAnswer(request, result);
}

/** Why a call that was let through has no result. */
export type CallFault =
  | { readonly error: 'no_answer'; readonly why: string }
  | { readonly error: 'timeout'; readonly timeoutMs: number }
  | {
      readonly error: 'not_run';
      readonly why: string;
      /** What the user can do about it, where nobody else can. */
      readonly advice?: string;
      /** How soon another try is worth it, where that can be told. */
      readonly retryAfterSeconds?: number;
    };

const mayHaveRun =
  'It may have run, or in part: find out before you make a call again that must not be made twice.';

/** For a model: it would only try again, and again. */
const adviceWords = (advice: string | undefined): string =>
  advice === undefined
    ? ''
    : ` Only your user can mend this: tell them, and call no tool of this server until they have. ${advice}`;

const retryWords = (seconds: number | undefined): string =>
  seconds === undefined ? '' : ` Try again in ${seconds} s.`;

function wordsOf(tool: string, fault: CallFault): string {
  switch (fault.error) {
    case 'no_answer':
      return `The call of "${tool}" was sent, but no answer came (${fault.why}). ${mayHaveRun}`;
    case 'timeout':
      return `The call of "${tool}" was sent, but there was no answer within ${fault.timeoutMs / 1000} s, and it was given up. ${mayHaveRun}`;
    case 'not_run':
      return `The call of "${tool}" did not run: ${fault.why}.${adviceWords(fault.advice)}${retryWords(fault.retryAfterSeconds)}`;
  }
}

/** The answer to a call that was let through and has no result: words for a model, and the same as data in `_meta`. */
export function faultAnswer(request: Asked, { tool, isTask }: ToolCall, fault: CallFault): Message {
  const text = wordsOf(tool, fault);
  const data = { ...fault, tool, executed: fault.error === 'not_run' ? false : 'unknown' };
  if (isTask) return errorAnswer(request.id, text, data);
  return resultAnswer(request, {
    content: [{ type: 'text', text }],
    isError: true,
    _meta: { 'toolfuse/failure': data },
  });
}
