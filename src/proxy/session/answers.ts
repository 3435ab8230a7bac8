import { CircuitOpenError, type Denial } from 'toolfuse';
import { type Json, Message } from '../wire/message.ts';

/** JSON-RPC's code of a request that no server has answered; the official clients use it for a lost connection. */
const connectionClosed = -32_000;

type Data = { readonly [key: string]: Json };

/** A tool call of the client, as far as an answer needs to know it. */
export interface AskedCall {
  /** The id, as JSON text. */
  readonly id: string;
  readonly tool: string;
  /** Whether the client waits for a task: then a result of the tool would not be understood, and an error is. */
  readonly isTask: boolean;
}

/** The answer of a request that has failed. */
export const errorAnswer = (id: string, message: string, data?: Data, code = connectionClosed): Message =>
  Message.answer(id, { error: { code, message, ...(data && { data }) } });

/** An answer in words that a model can act on, and the same as data: in `_meta`, which no client validates. */
function callAnswer({ id, isTask }: AskedCall, text: string, metaKey: string, data: Data): Message {
  if (isTask) return errorAnswer(id, text, data);
  return Message.answer(id, {
    result: { content: [{ type: 'text', text }], isError: true, _meta: { [metaKey]: data } },
  });
}

/** The answer of a call that was refused. */
export function deniedAnswer(call: AskedCall, denial: Denial): Message {
  const { text, data } = new CircuitOpenError(denial).toModel();
  return callAnswer(call, text, 'toolfuse/denial', data);
}

/** Why a call that was let through has no result. */
export type CallFault =
  | { readonly error: 'no_answer'; readonly why: string }
  | { readonly error: 'timeout'; readonly timeoutMs: number }
  | { readonly error: 'not_run'; readonly why: string };

const mayHaveRun =
  'It may have run, or in part: find out before you make a call again that must not be made twice.';

function wordsOf(tool: string, fault: CallFault): string {
  switch (fault.error) {
    case 'no_answer':
      return `The call of "${tool}" was sent, but no answer came (${fault.why}). ${mayHaveRun}`;
    case 'timeout':
      return `The call of "${tool}" was sent, but there was no answer within ${fault.timeoutMs / 1000} s, and it was given up. ${mayHaveRun}`;
    case 'not_run':
      return `The call of "${tool}" did not run: ${fault.why}.`;
  }
}

/** The answer of a call that was let through and has no result. */
export const faultAnswer = (call: AskedCall, fault: CallFault): Message =>
  callAnswer(call, wordsOf(call.tool, fault), 'toolfuse/failure', {
    ...fault,
    tool: call.tool,
    executed: fault.error === 'not_run' ? false : 'unknown',
  });
