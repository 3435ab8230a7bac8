import type { Permit } from 'toolfuse';
import type { ResultErrors } from '../../mcp/result-errors.ts';
import { failureIn } from '../session/answer-failure.ts';
import { deniedAnswer } from '../session/answers.ts';
import type { ClientRequest } from '../session/client-request.ts';
import type { SessionCircuits } from '../session/server-circuits.ts';
import type { Unanswered } from '../session/unanswered.ts';
import type { Message } from '../wire/message.ts';
import type { OwnAnswer, Step } from './step.ts';

export interface CallCircuitsOptions {
  readonly circuits: SessionCircuits;
  readonly resultErrors: ResultErrors;
  /** Whether the server answers a ping in time. */
  readonly ping: () => Promise<boolean>;
}

/** A call needs a permit of its tool's circuit, and settles it by how it ends. Any other answer shows that the server lives. */
export class CallCircuits implements Step {
  readonly #options: CallCircuitsOptions;
  readonly #permits = new Map<ClientRequest, Permit>();

  constructor(options: CallCircuitsOptions) {
    this.#options = options;
  }

  request(request: ClientRequest): OwnAnswer | undefined {
    const { call } = request;
    if (call === undefined) return undefined;
    const permit = this.#options.circuits.tryAcquire(call.tool);
    if (!permit.admitted) return { answer: deniedAnswer(request, call, permit), denial: permit };
    this.#permits.set(request, permit);
    return undefined;
  }

  answer(request: ClientRequest, answer: Message): undefined {
    const permit = this.#take(request);
    if (permit === undefined) {
      this.#options.circuits.serverAnswered();
      return;
    }
    if (request.era === 'modern' && answer.isUnfinished) {
      // The server lives, and needs an input first: how the tool does is not known yet.
      permit.release();
      this.#options.circuits.serverAnswered();
      return;
    }
    const failure = failureIn(answer, this.#options.resultErrors);
    if (failure === null) permit.success();
    else permit.failure(failure, { roundTrip: true });
  }

  unanswered(request: ClientRequest, unanswered: Unanswered): void {
    const permit = this.#take(request);
    if (permit === undefined) return;
    switch (unanswered.how) {
      case 'refused':
      case 'closed':
      case 'remembered':
        permit.release();
        break;
      case 'cancelled':
        if (unanswered.hasTimedOut) void this.#settleByPing(permit);
        else permit.failure('cancelled');
        break;
      case 'timedOut':
        void this.#settleByPing(permit);
        break;
      case 'undelivered':
        permit.failure(unanswered.error);
        break;
      case 'lost': {
        const { why, isReplaced = false } = unanswered.end;
        if (isReplaced) permit.release();
        else permit.failure(Object.assign(new Error(why), { code: 'ECONNRESET' }));
        break;
      }
      case 'tooLong':
        // The server has answered, so it lives: the tool is to blame.
        permit.failure('executionError', { roundTrip: true });
        break;
    }
  }

  /** There was no answer in time. Is the tool slow, or does the server hang? */
  async #settleByPing(permit: Permit): Promise<void> {
    const isAlive = await this.#options.ping();
    if (this.#options.circuits.isOver) permit.release();
    else permit.failure('timeout', { roundTrip: isAlive, timedOut: true });
  }

  #take(request: ClientRequest): Permit | undefined {
    const permit = this.#permits.get(request);
    if (permit !== undefined) this.#permits.delete(request);
    return permit;
  }
}
