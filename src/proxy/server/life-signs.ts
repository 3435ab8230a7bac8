import { isRefusal } from './delivery-fault.ts';

export interface LifeSignsOptions {
  /** Sends the server a ping. @throws Error if no answer comes in time, or the server cannot be reached. */
  readonly ask: (timeoutMs: number) => Promise<unknown>;
  /** How long the server may take to answer a ping, in ms. */
  readonly pingTimeoutMs: number;
  /** How long a run that is starting may take to answer its first ping, in ms. */
  readonly startTimeoutMs: number;
  /** Resolves when client and server agree on a session, which is a sign of life as well. */
  readonly begun: Promise<void>;
}

/** Finds out whether the server is alive. */
export class LifeSigns {
  readonly #options: LifeSignsOptions;
  #ping: Promise<boolean> | undefined;

  constructor(options: LifeSignsOptions) {
    this.#options = options;
  }

  /** Whether the server answers a ping in time. Callers that ask at the same time share one ping. */
  ping(): Promise<boolean> {
    this.#ping ??= succeeds(this.#hear(this.#options.pingTimeoutMs)).finally(() => {
      this.#ping = undefined;
    });
    return this.#ping;
  }

  /** Resolves at the first sign of life of a run that is starting. @throws Error if there is none in time. */
  first(): Promise<void> {
    return Promise.race([this.#hear(this.#options.startTimeoutMs), this.#options.begun]);
  }

  async #hear(timeoutMs: number): Promise<void> {
    try {
      await this.#options.ask(timeoutMs);
    } catch (error) {
      // A refusal is an answer, too.
      if (!isRefusal(error)) throw error;
    }
  }
}

/** Whether a promise is fulfilled. */
export const succeeds = (promise: Promise<unknown>): Promise<boolean> =>
  promise.then(
    () => true,
    () => false,
  );
