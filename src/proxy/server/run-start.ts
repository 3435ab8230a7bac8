import { within } from '../within.ts';

/** How long a run that was asked nothing has to stay up, in ms, until it counts as running. */
const quietMs = 1_000;

/**
 * The start of a run that the proxy must ask nothing: its first message can decide its era for good, and some servers exit on
 * anything but `initialize`. So that message has to come from the client.
 */
export class RunStart {
  #wasAsked = false;
  #settle = (): void => {};
  readonly #settled = new Promise<void>((resolve) => {
    this.#settle = resolve;
  });

  /** The client has sent it a request. */
  asked(): void {
    this.#wasAsked = true;
  }

  /** It has answered the client, or is lost. */
  settle(): void {
    this.#settle();
  }

  /**
   * Resolves when it has answered, or was lost; or when it has stayed up for a while, and nothing was asked of it.
   *
   * @throws Error if it leaves the client's first request unanswered for this long (ms).
   */
  async comesUp(timeoutMs: number): Promise<void> {
    if (await within(Math.min(quietMs, timeoutMs), this.#settled)) return;
    if (this.#wasAsked && !(await within(timeoutMs - quietMs, this.#settled)))
      throw new Error(`it answered nothing within ${timeoutMs / 1000} s`);
  }
}
