import { reasonOf } from '../server/delivery-fault.ts';
import type { ServerLink } from '../server/server-link.ts';
import type { SessionCircuits } from './server-circuits.ts';

/** How soon a server is tried again whose client waits for it, in ms, while its circuit is closed; and the most that this grows to. */
const firstRetryMs = 1_000;
const maxRetryMs = 30_000;

export interface ServerStartsOptions {
  readonly link: Pick<ServerLink, 'isReady' | 'isReviving' | 'revive'>;
  readonly circuits: Pick<SessionCircuits, 'mayStart' | 'serverAnswered' | 'serverFailed'>;
  /** Whether the client has begun its session without the server, or waits for a call. */
  readonly isWaitedFor: () => boolean;
  /** The server did not come up. */
  readonly onFailed: (error: unknown) => void;
}

/** Starts the server of a session again: at once, or later for a client that waits, unless its circuit decides when. */
export class ServerStarts {
  readonly #options: ServerStartsOptions;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = firstRetryMs;

  constructor(options: ServerStartsOptions) {
    this.#options = options;
  }

  /** Starts the server, unless it is being started or its circuit decides when. */
  begin(): void {
    const { link, circuits } = this.#options;
    if (link.isReviving || !circuits.mayStart) return;
    this.follow(link.revive());
  }

  /** The server is being started. Its circuit hears how that ends. */
  follow(starting: Promise<void>): void {
    const { circuits, onFailed } = this.#options;
    starting.then(
      () => circuits.serverAnswered(),
      (error: unknown) => {
        circuits.serverFailed(reasonOf(error));
        onFailed(error);
        this.beginSoon();
      },
    );
  }

  /** Starts the server later, for a client that waits for it, as long as its circuit leaves that to us. */
  beginSoon(): void {
    if (!this.#options.isWaitedFor() || this.#retry !== undefined) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      if (!this.#options.link.isReady) this.begin();
    }, this.#retryMs).unref();
    this.#retryMs = Math.min(2 * this.#retryMs, maxRetryMs);
  }

  /** The server is there: after its next loss it is tried again as soon as after the first. */
  succeeded(): void {
    this.#retryMs = firstRetryMs;
  }

  end(): void {
    clearTimeout(this.#retry);
  }
}
