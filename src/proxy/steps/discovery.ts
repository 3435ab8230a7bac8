import { resultAnswer } from '../session/answers.ts';
import type { ClientRequest } from '../session/client-request.ts';
import type { Json, Message } from '../wire/message.ts';
import type { Step } from './step.ts';

/**
 * What the server said of itself last, for a modern client that asks while no server runs. An error would tell it that the
 * server is a legacy one, and it would go on in that era for good.
 */
export class Discovery implements Step {
  #known: { readonly [key: string]: Json } | undefined;

  answer({ method }: ClientRequest, answer: Message): undefined {
    if (method !== 'server/discover' || answer.isError) return;
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
