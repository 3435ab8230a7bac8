import { AnswerFault, hasNotRun, isRefusal, reasonOf } from '../server/delivery-fault.ts';
import type { ServerEnd } from '../server/server-connection.ts';
import type { Message } from '../wire/message.ts';
import { errorAnswer, faultAnswer } from './answers.ts';
import type { PendingRequest } from './pending-requests.ts';

// How a request ends that the server has not answered: each tells the circuits, and gives what the client is told.

/** It has not reached the server, or not its answer the proxy. */
export function undelivered({ id, call }: PendingRequest, error: unknown): Message {
  const why = reasonOf(error);
  if (call === undefined) {
    return errorAnswer(id, `The server ${whatItDid(error)}: ${why}`);
  }
  call.permit.failure(error);
  return faultAnswer(call, { error: hasNotRun(error) ? 'not_run' : 'no_answer', why });
}

function whatItDid(error: unknown): string {
  if (error instanceof AnswerFault) return 'has not answered this';
  return isRefusal(error) ? 'has refused this' : 'could not be reached';
}

/** The server was lost before it has answered. */
export function lost({ id, call }: PendingRequest, { why, isReplaced = false }: ServerEnd): Message {
  if (call === undefined) return errorAnswer(id, `The server was lost before it answered: ${why}.`);
  if (isReplaced) call.permit.release();
  else call.permit.failure(Object.assign(new Error(why), { code: 'ECONNRESET' }));
  return faultAnswer(call, { error: 'no_answer', why });
}

/** It was answered, by what cannot be passed on: the server lives, and the tool is to blame. */
export function unpassable({ id, call }: PendingRequest, why: string): Message {
  if (call === undefined) return errorAnswer(id, why);
  call.permit.failure('executionError', { roundTrip: true });
  return faultAnswer(call, { error: 'no_answer', why });
}
