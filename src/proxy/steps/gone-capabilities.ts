import type { ClientRequest } from '../session/client-request.ts';
import type { Message } from '../wire/message.ts';
import type { OwnAnswer, Step } from './step.ts';

/** Answers what a client asks only since it was told from memory that the server can do it, and the server no longer can. */
export class GoneCapabilities implements Step {
  readonly #answerTo: (request: ClientRequest) => Message | undefined;

  /** @param answerTo The answer to such a request; undefined for any other one. */
  constructor(answerTo: (request: ClientRequest) => Message | undefined) {
    this.#answerTo = answerTo;
  }

  request(request: ClientRequest): OwnAnswer | undefined {
    const answer = request.call === undefined ? this.#answerTo(request) : undefined;
    return answer && { answer };
  }
}
