import { errorAnswer, faultAnswer, unknownEraAnswer } from '../session/answers.ts';
import type { ClientRequest } from '../session/client-request.ts';
import { Message } from '../wire/message.ts';
import type { OwnAnswer, Step } from './step.ts';

export interface ServerAbsenceOptions {
  /** Whether the server takes requests now. */
  readonly isReady: () => boolean;
  /** Starts the server, unless somebody else does. */
  readonly start: () => void;
  /** Why there is no server, in words. */
  readonly why: () => string;
  /** How soon a call is worth another try, in ms. */
  readonly retryAfterMs: () => number;
  /** Whether a request can wait until the server is there. */
  readonly canWait: (request: ClientRequest) => boolean;
  /** What the server answered last, where the same answer still holds. */
  readonly recall: (request: ClientRequest) => Message | undefined;
}

/** Answers what the client asks while no server runs, and starts one. */
export class ServerAbsence implements Step {
  readonly #options: ServerAbsenceOptions;

  constructor(options: ServerAbsenceOptions) {
    this.#options = options;
  }

  request(request: ClientRequest): OwnAnswer | undefined {
    const { id, method, era, call } = request;
    const { isReady, start, why, recall, canWait, retryAfterMs } = this.#options;
    if (isReady()) return undefined;
    start();
    if (canWait(request)) return undefined;
    // A client that pings wants to know whether to go on with its session, and it can.
    if (method === 'ping' && era === 'legacy') return { answer: Message.answer(id, { result: {} }) };
    if (call === undefined) {
      const words = `The server is not running: ${why()}.`;
      const asksEra = method === 'server/discover' && era === 'modern';
      return {
        answer: recall(request) ?? (asksEra ? unknownEraAnswer(request, words) : errorAnswer(id, words)),
      };
    }
    const starting = 'its server is being started, and may be there any moment';
    const fault = {
      error: 'not_run',
      why: starting,
      retryAfterSeconds: Math.ceil(retryAfterMs() / 1_000),
    } as const;
    return { answer: faultAnswer(request, call, fault) };
  }
}
