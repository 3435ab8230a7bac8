import type { ProxyLog } from '../log.ts';
import type { ClientRequest } from '../session/client-request.ts';
import type { Unanswered } from '../session/unanswered.ts';
import type { Step } from './step.ts';

/** Logs calls that were denied, and calls that timed out. */
export class CallLog implements Step {
  readonly #log: ProxyLog;

  constructor(log: ProxyLog) {
    this.#log = log;
  }

  unanswered({ call }: ClientRequest, unanswered: Unanswered): void {
    if (call === undefined) return;
    const { tool } = call;
    if (unanswered.how === 'refused' && unanswered.denial !== undefined) {
      const { reason, retryAfterMs } = unanswered.denial;
      this.#log.tell('call.denied', { tool, reason, retryAfterMs: retryAfterMs && Math.ceil(retryAfterMs) });
    } else if (unanswered.how === 'timedOut') {
      this.#log.tell('call.timedOut', { tool, timeoutMs: unanswered.timeoutMs });
    }
  }
}
