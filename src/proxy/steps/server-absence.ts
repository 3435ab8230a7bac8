import { errorAnswer, faultAnswer } from '../session/answers.ts';
import type { ClientRequest } from '../session/client-request.ts';
import type { OwnAnswer, Step } from './step.ts';
import type { ToolList } from './tool-list.ts';

export interface ServerAbsenceOptions {
  /** Whether the server takes requests now. */
  readonly isReady: () => boolean;
  /** Starts the server, unless somebody else does. */
  readonly start: () => void;
  /** Why there is no server, in words. */
  readonly why: () => string;
  /** The list of tools as the server told it last. */
  readonly tools: ToolList;
}

/** Answers what the client asks while no server runs, and starts one. */
export class ServerAbsence implements Step {
  readonly #options: ServerAbsenceOptions;

  constructor(options: ServerAbsenceOptions) {
    this.#options = options;
  }

  request({ id, message, call }: ClientRequest): OwnAnswer | undefined {
    const { isReady, start, why, tools } = this.#options;
    if (isReady()) return undefined;
    start();
    if (call === undefined) {
      return { answer: tools.recall(message) ?? errorAnswer(id, `The server is not running: ${why()}.`) };
    }
    const starting = 'its server is being started, and may be there any moment';
    return { answer: faultAnswer(id, call, { error: 'not_run', why: starting }) };
  }
}
