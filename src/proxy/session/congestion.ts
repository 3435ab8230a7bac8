export interface CongestionOptions {
  /** How long the server may accept no messages before it is pinged, in ms. */
  readonly patienceMs: number;
  readonly isAlive: () => Promise<boolean>;
  readonly onDead: () => void;
}

/** Watches a server that accepts no messages: is it busy, or dead? Without an answer its client could wait for ever. */
export class Congestion {
  readonly #options: CongestionOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CongestionOptions) {
    this.#options = options;
  }

  /** The server accepts no more messages. */
  begin(): void {
    this.#timer ??= setTimeout(() => void this.#doubt(), this.#options.patienceMs).unref();
  }

  /** The server accepts messages again, or is gone. */
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
