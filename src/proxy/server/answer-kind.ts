import { AnswerFault } from './delivery-fault.ts';
import { type HttpAnswer, isOk } from './http-request.ts';

const typeOf = ({ headers }: HttpAnswer): string => headers.get('content-type') ?? '';
export const isStream = (answer: HttpAnswer): boolean => /^text\/event-stream\b/i.test(typeOf(answer));
export const isJson = (answer: HttpAnswer): boolean => /^application\/json\b/i.test(typeOf(answer));
/** Whether the server gave the stream that it was asked for. */
export const isOpen = (answer: HttpAnswer): boolean => isOk(answer) && isStream(answer);

/** The fault of an answer that is neither a stream nor JSON. */
export const wrongType = (answer: HttpAnswer): AnswerFault =>
  AnswerFault.nonsense(`it answered with content type ${JSON.stringify(typeOf(answer))}`);

/** Client errors that may not come again if the request is repeated. */
const passing = new Set([408, 409, 423, 425, 429]);

/** Whether a stream that was refused may be given another time. */
export const mayPass = ({ status }: HttpAnswer): boolean =>
  passing.has(status) || (status >= 500 && status !== 501);
