/** Counters of the guard against loops. */
export interface LoopMetrics {
  /** How many runs are guarded now. */
  readonly runs: number;
  /** How many answers carried a correction. */
  readonly warned: number;
  /** How many calls were refused as repetitions, or would have been if their tools did not only observe. */
  readonly denied: number;
  /** How often a run repeated itself so often that it should stop and ask. */
  readonly stopped: number;
}

/** Counts the events of runs, also of runs that are over. */
export class LoopCounts {
  #warned = 0;
  #denied = 0;
  #stopped = 0;

  add(type: string): void {
    if (type === 'loop.warned') this.#warned += 1;
    else if (type === 'loop.denied') this.#denied += 1;
    else if (type === 'loop.stopped') this.#stopped += 1;
  }

  of(runs: number): LoopMetrics {
    return { runs, warned: this.#warned, denied: this.#denied, stopped: this.#stopped };
  }
}
