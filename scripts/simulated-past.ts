/** A past for the page of the inspector: an agent's tools over hours, in simulated time, up to now. */
import type { Clock } from 'toolfuse';

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** A clock that stands still until it is moved. */
export class SimulatedClock implements Clock {
  #now = 0;
  #timers = new Set<Timer>();

  readonly now = (): number => this.#now;

  readonly setTimeout = (fire: () => void, ms: number): Timer => {
    const timer = { at: this.#now + ms, fire };
    this.#timers.add(timer);
    return timer;
  };

  readonly clearTimeout = (timer: unknown): void => {
    this.#timers.delete(timer as Timer);
  };

  /** Moves on, and lets the timers fire that are due by then, each at its own instant. */
  moveTo(instant: number): void {
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= instant).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.fire();
    }
    this.#now = instant;
  }
}

/** Numbers from 0 to 1 that are the same in every run. */
export function evenChance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Lets time pass in steps until now, while the wall clock of the process says what time it would have been.
 *
 * @param step Called for each step with how long before now it is, in ms.
 */
export function livePast(
  clock: SimulatedClock,
  lastMs: number,
  stepMs: number,
  step: (beforeNowMs: number) => void,
): void {
  const wallClock = Date.now;
  const start = clock.now();
  const end = wallClock();
  try {
    for (let passed = stepMs; passed <= lastMs; passed += stepMs) {
      Date.now = () => end - lastMs + (clock.now() - start);
      clock.moveTo(start + passed);
      step(lastMs - passed);
    }
  } finally {
    Date.now = wallClock;
  }
}
