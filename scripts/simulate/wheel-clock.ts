interface Timer {
  fn: (() => void) | undefined;
}

/**
 * Timers by due time, for very many of them: a list for each ms, so that setting one and firing one costs the same however many there
 * are. They are due at whole ms, so that many are due at once.
 */
export class WheelClock {
  #now = 0;
  readonly #due = new Map<number, Timer[]>();

  now = (): number => this.#now;
  wallNow = (): number => this.#now;

  setTimeout = (fn: () => void, ms: number): unknown => {
    const timer: Timer = { fn };
    const at = Math.ceil(this.#now + Math.max(0, ms));
    const others = this.#due.get(at);
    if (others === undefined) this.#due.set(at, [timer]);
    else others.push(timer);
    return timer;
  };

  clearTimeout = (timer: unknown): void => {
    if (timer !== undefined) (timer as Timer).fn = undefined;
  };

  /** Runs until an instant; promises settle between timers of different instants. */
  async runUntil(end: number): Promise<void> {
    for (let at = this.#now; at <= end; at += 1) {
      if (!this.#due.has(at)) continue;
      this.#now = at;
      // What is set meanwhile for this very ms comes after all that is due.
      for (let timers = this.#due.get(at); timers !== undefined; timers = this.#due.get(at)) {
        this.#due.delete(at);
        for (const timer of timers) timer.fn?.();
        // The stores and the members take a few turns of the microtask queue to answer each other.
        for (let turn = 0; turn < 12; turn += 1) await undefined;
      }
    }
    this.#now = end;
  }
}
