/** A message that waits to be let in. */
interface Waiting {
  readonly bytes: number;
  readonly letIn: () => void;
}

/**
 * Limits how many bytes of messages are in work at a time. While it is open, it lets in as many as fit, and always at least
 * one; the others wait in order of arrival.
 */
export class Gate {
  readonly #maxBytes: number;
  #bytes = 0;
  #isOpen = true;
  readonly #waiting = new Set<Waiting>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many messages wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether no message waits, and none is in work. */
  get isFree(): boolean {
    return this.#waiting.size + this.#bytes === 0;
  }

  open(): void {
    this.#isOpen = true;
    this.#letIn();
  }

  close(): void {
    this.#isOpen = false;
  }

  /**
   * Resolves when a message of this size is let in, with a function to call when it is done.
   *
   * @throws the signal's reason, if it is aborted first.
   */
  enter(bytes: number, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#waiting.delete(waiting);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        bytes,
        letIn: () => {
          signal.removeEventListener('abort', giveUp);
          resolve(() => this.#leave(bytes));
        },
      };
      signal.addEventListener('abort', giveUp);
      this.#waiting.add(waiting);
      this.#letIn();
    });
  }

  #leave(bytes: number): void {
    this.#bytes -= bytes;
    this.#letIn();
  }

  #letIn(): void {
    for (const waiting of this.#waiting) {
      const isFull = this.#bytes > 0 && this.#bytes + waiting.bytes > this.#maxBytes;
      if (!this.#isOpen || isFull) return;
      this.#waiting.delete(waiting);
      this.#bytes += waiting.bytes;
      waiting.letIn();
    }
  }
}
