/** How long a server must have said nothing before an unanswered ping counts, in ms. One that is busy with a call may say nothing for a while. */
const quietMs = 10_000;

/** How soon a server is pinged again, in ms, if the last ping has failed and the silence is not long yet. */
const pauseMs = 1_000;

export interface SilenceOptions {
  /** Whether the server is there to be asked. */
  readonly isReady: () => boolean;
  /** Whether the server answers a ping in time. */
  readonly ping: () => Promise<boolean>;
  /** The server says nothing at all, and leaves pings unanswered. */
  readonly onHung: () => void;
}

/** Finds a server that hangs by its silence: clients that give a call up say so in many words, or in none. */
export class Silence {
  readonly #options: SilenceOptions;
  #heardAt = 0;
  /** How many messages it has sent. */
  #heard = 0;
  #isDoubting = false;

  constructor(options: SilenceOptions) {
    this.#options = options;
  }

  /** The server has said something. */
  heard(): void {
    this.#heardAt = performance.now();
    this.#heard++;
  }

  /**
   * The client has given up a request. Unless the server has said anything since, it is asked whether it is alive.
   *
   * @param since When the server was asked, in ms of `performance.now()`; `-Infinity` if its silence was long enough already.
   */
  async doubt(since: number): Promise<void> {
    if (this.#isDoubting || this.#heardAt > since) return;
    this.#isDoubting = true;
    try {
      // The server is to hear of the cancellation first.
      await Promise.resolve();
      if (await this.#isHung(since)) this.#options.onHung();
    } finally {
      this.#isDoubting = false;
    }
  }

  async #isHung(since: number): Promise<boolean> {
    const { isReady, ping } = this.#options;
    const heard = this.#heard;
    while (isReady()) {
      if ((await ping()) || !isReady() || this.#heard !== heard) return false;
      if (performance.now() - since >= quietMs) return true;
      await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
    }
    return false;
  }
}
