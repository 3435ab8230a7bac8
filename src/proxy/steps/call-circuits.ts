import type { Permit } from 'toolfuse';
import { corrected } from '../../mcp/corrected-result.ts';
import { type AnswerReading, failureIn } from '../session/answer-failure.ts';
import { deniedAnswer } from '../session/answers.ts';
import { callKey } from '../session/call-key.ts';
import type { ClientRequest } from '../session/client-request.ts';
import type { SessionCircuits } from '../session/server-circuits.ts';
import type { Unanswered } from '../session/unanswered.ts';
import { type Json, Message } from '../wire/message.ts';
import type { OwnAnswer, Step } from './step.ts';

export interface CallCircuitsOptions extends AnswerReading {
  readonly circuits: SessionCircuits;
  /** The path into a tool's arguments that says which of its circuits a call needs; undefined for one circuit. */
  readonly keyOf?: ((tool: string) => string | undefined) | undefined;
  /** Whether the server answers a ping in time. */
  readonly ping: () => Promise<boolean>;
}

/** The longest call, or answer, whose content the guard against loops compares, in bytes. */
const maxCompared = 2 ** 20;

/** A call needs a permit of its tool's circuit, and settles it by how it ends. Any other answer shows that the server lives. */
export class CallCircuits implements Step {
  readonly #options: CallCircuitsOptions;
  readonly #permits = new Map<ClientRequest, Permit>();
  /** The calls of runs that are guarded against loops. */
  readonly #ofRuns = new WeakSet<ClientRequest>();

  constructor(options: CallCircuitsOptions) {
    this.#options = options;
  }

  request(request: ClientRequest): OwnAnswer | undefined {
    const { call } = request;
    if (call === undefined) return undefined;
    const { circuits, keyOf } = this.#options;
    const path = keyOf?.(call.tool);
    const key = path === undefined ? undefined : callKey(request.message, path);
    const run = circuits.runOf(request.message);
    if (run !== undefined) this.#ofRuns.add(request);
    const input = this.#compared(request, request.message, 'params', 'arguments');
    const permit = circuits.tryAcquire(call.tool, { key, run, input });
    if (!permit.admitted) return { answer: deniedAnswer(request, call, permit), denial: permit };
    this.#permits.set(request, permit);
    return undefined;
  }

  answer(request: ClientRequest, answer: Message): Message | undefined {
    const permit = this.#take(request);
    if (permit === undefined) {
      this.#options.circuits.serverAnswered();
      return undefined;
    }
    if (request.era === 'modern' && answer.isUnfinished) {
      // The server lives, and needs an input first: how the tool does is not known yet.
      permit.release();
      this.#options.circuits.serverAnswered();
      return undefined;
    }
    const failure = failureIn(request.call?.tool ?? '', answer, this.#options);
    if (failure === null) permit.success(this.#compared(request, answer, 'result'));
    else permit.failure(failure, { roundTrip: true });
    if (permit.correction === null || answer.isError) return undefined;
    const result = corrected(answer.value('result'), permit.correction) as Json;
    return Message.answer(request.id, { result });
  }

  /** What the guard against loops compares; undefined without it, or for what is too long. */
  #compared(request: ClientRequest, message: Message, ...path: string[]): Json | undefined {
    const isRead = this.#ofRuns.has(request) && message.line.length <= maxCompared;
    return isRead ? message.value(...path) : undefined;
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
