/** Timers by due time, in a binary heap: a clock for very many of them. They are due at whole ms, so that many are due at once. */
export class HeapClock {
  #now = 0;
  readonly #heap: { at: number; fn: (() => void) | undefined }[] = [];

  now = (): number => this.#now;
  wallNow = (): number => this.#now;

  setTimeout = (fn: () => void, ms: number): unknown => {
    const timer = { at: Math.ceil(this.#now + Math.max(0, ms)), fn };
    const heap = this.#heap;
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= timer.at) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = timer;
    return timer;
  };

  clearTimeout = (timer: unknown): void => {
    if (timer !== undefined) (timer as { fn: undefined }).fn = undefined;
  };

  /** Runs until an instant; promises settle between timers of different instants. */
  async runUntil(end: number): Promise<void> {
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      if (next.at > this.#now) {
        // The stores and the members take a few turns of the microtask queue to answer each other.
        for (let turn = 0; turn < 12; turn += 1) await undefined;
        if (this.#heap[0] !== next) continue;
        this.#now = next.at;
      }
      this.#pop();
      next.fn?.();
    }
    this.#now = end;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const right = heap[child + 1];
      if (right !== undefined && right.at < (heap[child]?.at ?? Infinity)) child += 1;
      const below = heap[child];
      if (below === undefined || below.at >= last.at) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}
