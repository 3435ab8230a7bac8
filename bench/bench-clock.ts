/** A clock that stands still until it is moved, for actors of both sides: timers cost next to nothing on it. */
export class BenchClock {
  #now = 0;
  #ids = 0;
  readonly #timers = new Map<number, () => void>();

  readonly now = (): number => this.#now;

  readonly setTimeout = (fn: () => void): number => {
    this.#ids += 1;
    this.#timers.set(this.#ids, fn);
    return this.#ids;
  };

  readonly clearTimeout = (id: unknown): void => {
    this.#timers.delete(id as number);
  };

  /** Moves on, and fires every timer. */
  fire(ms: number): void {
    this.#now += ms;
    for (const [id, fn] of this.#timers) {
      this.#timers.delete(id);
      fn();
    }
  }
}
