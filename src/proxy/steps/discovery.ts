import { reasonOf, showsNoEra } from '../server/delivery-fault.ts';
import { errorAnswer, resultAnswer } from '../session/answers.ts';
import type { ClientRequest } from '../session/client-request.ts';
import type { Unanswered } from '../session/unanswered.ts';
import type { Json, Message } from '../wire/message.ts';
import type { OwnAnswer, Step } from './step.ts';

/**
 * Keeps a client that speaks both eras from going on in the legacy one only because its server could not be asked. What the
 * server said of itself last is told again while none runs; and where it was never reached, no session is begun with it.
 */
export class Discovery implements Step {
  #known: { readonly [key: string]: Json } | undefined;

  /** Why the server could not be asked what it speaks, in words. */
  #whyUnknown: string | undefined;

  request({ id, method, era }: ClientRequest): OwnAnswer | undefined {
    if (method !== 'initialize' || era === 'modern' || this.#whyUnknown === undefined) return undefined;
    const words = `The server could not be asked which revisions of MCP it speaks (${this.#whyUnknown}). Connect again once it can be reached.`;
    return { answer: errorAnswer(id, words) };
  }

  unanswered({ method }: ClientRequest, unanswered: Unanswered): void {
    if (method !== 'server/discover' || unanswered.how !== 'undelivered') return;
    if (showsNoEra(unanswered.error)) this.#whyUnknown = reasonOf(unanswered.error);
  }

  answer({ method }: ClientRequest, answer: Message): undefined {
    if (method !== 'server/discover') return;
    this.#whyUnknown = undefined;
    if (answer.isError) return;
    const result = answer.value('result');
    if (typeof result === 'object' && result !== null && !Array.isArray(result))
      this.#known = result as { readonly [key: string]: Json };
  }

  /** The answer to `server/discover`; undefined where the server has never given one, or for any other request. */
  recall(request: ClientRequest): Message | undefined {
    if (request.method !== 'server/discover' || this.#known === undefined) return undefined;
    return resultAnswer(request, this.#known);
  }
}
