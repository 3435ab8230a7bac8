import { adviceIn, hasNotRun, reasonOf } from '../server/delivery-fault.ts';
import { faultAnswer } from '../session/answers.ts';
import type { ClientRequest } from '../session/client-request.ts';
import type { Unanswered } from '../session/unanswered.ts';
import type { OwnAnswer, Step } from './step.ts';

/** How long calls are kept from a server that only its user can mend, in ms. Then one of them finds out whether it is mended. */
const holdMs = 30_000;

/** Keeps calls from a server that refuses all of them until its user does something: it wants a token, or its certificate is unknown. */
export class UserFirst implements Step {
  #held: { readonly until: number; readonly why: string; readonly advice: string } | undefined;

  request(request: ClientRequest): OwnAnswer | undefined {
    const { call } = request;
    if (call === undefined || this.#held === undefined) return undefined;
    const { until, why, advice } = this.#held;
    if (performance.now() < until) {
      return { answer: faultAnswer(request, call, { error: 'not_run', why, advice }) };
    }
    // One call at a time finds out.
    this.#held = { until: performance.now() + holdMs, why, advice };
    return undefined;
  }

  answer(): undefined {
    this.#held = undefined;
  }

  unanswered(_request: ClientRequest, unanswered: Unanswered): void {
    if (unanswered.how !== 'undelivered' || !hasNotRun(unanswered.error)) return;
    const { error } = unanswered;
    const advice = adviceIn(error);
    if (advice !== undefined)
      this.#held = { until: performance.now() + holdMs, why: reasonOf(error), advice };
  }
}
