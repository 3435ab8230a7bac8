/** How far back states are kept, in ms. */
export const keptMs = 24 * 3_600_000;

/** How many changes of state are kept of one actor. One that flaps has a shorter past. */
const maxSpans = 400;

/** A state, and when it began, in ms of the wall clock. */
export interface StateSpan {
  readonly state: string;
  readonly at: number;
}

/** The state of an actor while its process did not run, so that nothing is known. */
export const notRunning = '';

/** The states that one actor has been in, oldest first. Both their number and their age are bounded. */
export class StateSpans {
  readonly #spans: StateSpan[];

  constructor(past: readonly StateSpan[] = []) {
    this.#spans = past.slice(-maxSpans);
  }

  /** The last one has no end. */
  get all(): readonly StateSpan[] {
    return this.#spans;
  }

  get latest(): StateSpan | undefined {
    return this.#spans.at(-1);
  }

  /** It is in a state from now on. A wall clock that was set back does not put a state before the one that it follows. */
  push(state: string, now: number): void {
    const { latest } = this;
    if (latest?.state === state) return;
    const at = Math.max(now, latest?.at ?? now);
    this.#spans.push({ state, at });
    if (this.#spans.length > maxSpans) this.#spans.shift();
    // The state that reaches into the kept time stays.
    while (this.#spans.length > 1 && (this.#spans[1]?.at ?? at) < at - keptMs) this.#spans.shift();
  }

  /** The states in a period, clipped to it, each with its end. */
  between(
    from: number,
    to: number,
  ): { readonly state: string; readonly from: number; readonly to: number }[] {
    return this.#spans.flatMap(({ state, at }, index) => {
      const begins = Math.max(at, from);
      const ends = Math.min(this.#spans[index + 1]?.at ?? to, to);
      return state === notRunning || ends <= begins ? [] : [{ state, from: begins, to: ends }];
    });
  }
}
