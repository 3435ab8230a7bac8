import type { FleetParts } from './settings.ts';

/** Listens to the fleet's channel, so that news comes before the next poll. */
export class Listening {
  readonly #parts: FleetParts;
  readonly #onMessage: (message: string) => void;
  /** Stops listening; null while it is being begun. */
  #stop: (() => void) | null | undefined;
  #isOver = false;

  constructor(parts: FleetParts, onMessage: (message: string) => void) {
    this.#parts = parts;
    this.#onMessage = onMessage;
  }

  /** Begins, unless it has begun. If that fails, it can be tried again. */
  begin(): void {
    if (this.#stop !== undefined) return;
    this.#stop = null;
    const { line, keys } = this.#parts;
    void line.listen(keys.channel, this.#onMessage).then(
      (stop) => {
        this.#stop = stop;
        if (this.#isOver) stop();
      },
      () => {
        this.#stop = undefined;
      },
    );
  }

  end(): void {
    this.#isOver = true;
    this.#stop?.();
  }
}
