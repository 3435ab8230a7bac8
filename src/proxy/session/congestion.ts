export interface CongestionOptions {
  /** As long the server may take no messages before it is asked whether it lives, in ms. */
  readonly patienceMs: number;
  readonly isAlive: () => Promise<boolean>;
  readonly onDead: () => void;
}

/** A server that takes no messages any more: busy, or not there? Meanwhile the client is held back, and could wait for ever. */
export class Congestion {
  readonly #options: CongestionOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CongestionOptions) {
    this.#options = options;
  }

  /** It takes no more. */
  begin(): void {
    this.#timer ??= setTimeout(() => void this.#doubt(), this.#options.patienceMs).unref();
  }

  /** It takes messages again, or is gone. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #doubt(): Promise<void> {
    const doubted = this.#timer;
    const isAlive = await this.#options.isAlive();
    if (this.#timer !== doubted) return;
    this.end();
    if (isAlive) this.begin();
    else this.#options.onDead();
  }
}
