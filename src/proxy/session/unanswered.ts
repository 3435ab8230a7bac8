import type { Denial } from 'toolfuse';
import {
  AnswerFault,
  adviceIn,
  hasNotRun,
  isRefusal,
  reasonOf,
  showsNoEra,
} from '../server/delivery-fault.ts';
import type { ServerEnd } from '../server/server-connection.ts';
import type { Message } from '../wire/message.ts';
import { errorAnswer, faultAnswer, unknownEraAnswer } from './answers.ts';
import type { ClientRequest } from './client-request.ts';

/** How a request ended without an answer of the server, or without one in time. */
export type Unanswered =
  /** A step of the proxy answered it. `denial`: why a circuit refused the call. */
  | { readonly how: 'refused'; readonly denial: Denial | undefined }
  /** The client cancelled it. `hasTimedOut`: because the client's own time limit had passed. */
  | { readonly how: 'cancelled'; readonly hasTimedOut: boolean }
  | { readonly how: 'timedOut'; readonly timeoutMs: number }
  /** The request did not reach the server, or its answer did not reach the proxy. */
  | { readonly how: 'undelivered'; readonly error: unknown }
  /** The server was lost. */
  | { readonly how: 'lost'; readonly end: ServerEnd }
  /** The answer is longer than the proxy passes on. */
  | { readonly how: 'tooLong'; readonly why: string }
  /** The server is not there, and the client was told what it answered last. */
  | { readonly how: 'remembered' }
  /** The session ended. */
  | { readonly how: 'closed' };

/** The ends that leave the client without any answer yet. */
export type Failed = Extract<Unanswered, { how: 'timedOut' | 'undelivered' | 'lost' | 'tooLong' | 'closed' }>;

/** What the client gets in place of the server's answer. */
export function answerInstead(request: ClientRequest, failed: Failed): Message {
  const { id, method, era, call } = request;
  switch (failed.how) {
    case 'timedOut':
      return call === undefined
        ? errorAnswer(id, `The server does not start: ${noAnswerWithin(method, failed.timeoutMs)}.`)
        : faultAnswer(request, call, { error: 'timeout', timeoutMs: failed.timeoutMs });
    case 'undelivered': {
      const { error } = failed;
      const why = reasonOf(error);
      const advice = adviceIn(error);
      if (call === undefined) {
        const words = advice === undefined ? why : `${why}. ${advice}`;
        if (method === 'server/discover' && era === 'modern' && showsNoEra(error))
          return unknownEraAnswer(request, words);
        return errorAnswer(id, `The server ${whatItDid(error)}: ${words}`);
      }
      return faultAnswer(
        request,
        call,
        hasNotRun(error)
          ? { error: 'not_run', why, ...(advice !== undefined && { advice }) }
          : { error: 'no_answer', why },
      );
    }
    case 'lost': {
      const { why } = failed.end;
      return call === undefined
        ? errorAnswer(id, `The server was lost before it answered: ${why}.`)
        : faultAnswer(request, call, { error: 'no_answer', why });
    }
    case 'closed': {
      const why = 'the session ended before its server answered';
      return call === undefined
        ? errorAnswer(id, `There is no answer: ${why}.`)
        : faultAnswer(request, call, { error: 'no_answer', why });
    }
    case 'tooLong':
      return call === undefined
        ? errorAnswer(id, failed.why)
        : faultAnswer(request, call, { error: 'no_answer', why: failed.why });
  }
}

/** What a server did that left a request unanswered for this long, in words. */
export const noAnswerWithin = (method: string, timeoutMs: number): string =>
  `it did not answer ${method} within ${timeoutMs / 1000} s`;

function whatItDid(error: unknown): string {
  if (error instanceof AnswerFault) return 'has not answered this';
  return isRefusal(error) ? 'has refused this' : 'could not be reached';
}
