import type { ClientRequest } from '../../../../src/proxy/session/client-request.ts';
import { eraOf } from '../../../../src/proxy/wire/era.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';
import { readToolCall } from '../../../../src/proxy/wire/tool-call.ts';

/** A request of a client, with id 1. */
export function requestOf(method: string, params: object = {}): ClientRequest {
  const message = Message.of({ id: 1, method, params: { ...params } });
  const call = method === 'tools/call' ? readToolCall(message) : undefined;
  return {
    message,
    forServer: message,
    id: '1',
    method,
    era: eraOf(message),
    call,
    waitMs: 1_000,
    askedAt: 0,
    dueAt: 0,
  };
}

/** An answer of a server, to the request with id 1. */
export const answerOf = (result: object): Message => Message.answer('1', { result: result as never });
