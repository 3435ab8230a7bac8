import type { Clock } from 'toolfuse';

interface Timer {
  readonly id: number;
  readonly dueAt: number;
  readonly fn: () => void;
}

/** A clock that moves only when asked to, and fires each timer at its own time. */
export class ManualClock implements Clock {
  #now: number;
  #ids = 0;
  readonly #timers = new Map<number, Timer>();
  /** The wall-clock time at which this clock read 0. */
  wallOffsetMs = Date.UTC(2026, 0, 1);

  constructor(now = 0) {
    this.#now = now;
  }

  now = (): number => this.#now;

  wallNow = (): number => this.wallOffsetMs + this.#now;

  setTimeout = (fn: () => void, ms: number): number => {
    const id = ++this.#ids;
    this.#timers.set(id, { id, dueAt: this.#now + Math.max(0, ms), fn });
    return id;
  };

  clearTimeout = (id: unknown): void => {
    this.#timers.delete(id as number);
  };

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#nextDueBy(end); next !== undefined; next = this.#nextDueBy(end)) {
      this.#timers.delete(next.id);
      this.#now = Math.max(this.#now, next.dueAt);
      next.fn();
    }
    this.#now = end;
  }

  /** Advances without firing any timer, so that every timer is late. */
  advanceWithLateTimers(ms: number): void {
    this.#now += ms;
  }

  #nextDueBy(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (timer.dueAt <= end && (next === undefined || timer.dueAt < next.dueAt)) next = timer;
    }
    return next;
  }
}
