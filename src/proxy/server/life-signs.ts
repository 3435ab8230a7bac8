import type { Message } from '../wire/message.ts';
import { isRefusal } from './delivery-fault.ts';

export interface LifeSignsOptions {
  /** Asks the server something that every server answers. @throws Error if no answer comes in time, or the server cannot be reached. */
  readonly ask: (timeoutMs: number) => Promise<unknown>;
  /** How long the server may take to answer, in ms. */
  readonly timeoutMs: number;
}

/** Finds out whether the server is alive. */
export class LifeSigns {
  readonly #options: LifeSignsOptions;
  #asking: Promise<boolean> | undefined;

  constructor(options: LifeSignsOptions) {
    this.#options = options;
  }

  /** Whether the server answers in time. Callers that ask at the same time share one question. */
  ping(): Promise<boolean> {
    this.#asking ??= this.#hear().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #hear(): Promise<boolean> {
    const { ask, timeoutMs } = this.#options;
    try {
      await ask(timeoutMs);
      return true;
    } catch (error) {
      // A refusal is an answer, too.
      return isRefusal(error);
    }
  }
}

/** Whether a request may be the question whether the server is alive: its answer is short, and nothing may hold it up. */
export const asksForLife = ({ method }: Message): boolean =>
  method === 'ping' || method === 'server/discover';

/** Whether a promise is fulfilled. */
export const succeeds = (promise: Promise<unknown>): Promise<boolean> =>
  promise.then(
    () => true,
    () => false,
  );
