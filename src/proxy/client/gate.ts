/** Who waits to be let in, and with how much. */
interface Waiting {
  readonly bytes: number;
  readonly letIn: () => void;
}

/** While it is open it lets in so much at a time, and at least one; all else waits, in the order it came. */
export class Gate {
  readonly #maxBytes: number;
  #bytes = 0;
  #isOpen = true;
  readonly #waiting = new Set<Waiting>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether nobody waits, and nobody is in. */
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
   * Resolves when it is let in, with what makes room for others again.
   *
   * @throws the reason of the signal, where nobody waits any more.
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
