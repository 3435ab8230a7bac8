import { type Clock, replaceSystemClock, systemClock } from '../time/clock.ts';

interface Timer {
  readonly dueAt: number;
  readonly fn: () => void;
}

function checkFinite(name: string, value: number): void {
  if (!Number.isFinite(value)) throw new RangeError(`${name} must be a finite number, got ${String(value)}`);
}

/** Options of a test clock. */
export interface TestClockOptions {
  /** The instant at which it starts, in ms. Default 0. */
  readonly now?: number;
  /** The wall-clock time at that instant, in ms since 1970. Default: 2000-01-01T00:00Z. */
  readonly wallNow?: number;
}

/**
 * A clock for tests: time stands still until it is advanced, and each timer fires at its own time.
 *
 * @example
 * const clock = new TestClock();
 * const registry = createToolRegistry({ clock, circuit: { failureThreshold: 1, minBackoffMs: 5_000 } });
 * registry.recordFailure('search', 'timeout');
 * clock.advance(5_000);
 * registry.state('search'); // 'halfOpen'
 */
export class TestClock implements Required<Clock> {
  #now: number;
  readonly #wallOffsetMs: number;
  #timers: Timer[] = [];

  /** @throws RangeError for an instant or a wall-clock time that is not a finite number. */
  constructor({ now = 0, wallNow = Date.UTC(2000, 0, 1) }: TestClockOptions = {}) {
    checkFinite('now', now);
    checkFinite('wallNow', wallNow);
    this.#now = now;
    this.#wallOffsetMs = wallNow - now;
  }

  // Fields rather than methods, so that each can be passed on without the clock.
  readonly now = (): number => this.#now;

  readonly wallNow = (): number => this.#wallOffsetMs + this.#now;

  readonly setTimeout = (fn: () => void, ms: number): unknown => {
    const timer: Timer = { dueAt: this.#now + Math.max(0, ms), fn };
    const after = this.#timers.findIndex(({ dueAt }) => dueAt > timer.dueAt);
    this.#timers.splice(after === -1 ? this.#timers.length : after, 0, timer);
    return timer;
  };

  readonly clearTimeout = (timer: unknown): void => {
    this.#timers = this.#timers.filter((each) => each !== timer);
  };

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.length;
  }

  /**
   * Advances time, and fires the due timers, each at its own time, including those set by other timers.
   *
   * @param ms How far to advance, in ms.
   * @throws RangeError for a number below 0 or one that is not finite.
   */
  advance(ms: number): void {
    const end = this.#endOf(ms);
    while (this.#fireNextBy(end));
    this.#now = end;
  }

  /** Like `advance`, but lets promises settle between the timers, for calls that wait for others. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#endOf(ms);
    await settled();
    while (this.#fireNextBy(end)) await settled();
    this.#now = end;
    await settled();
  }

  /** Advances to the next timer, and fires it. @returns Whether there was one. */
  advanceToNextTimer(): boolean {
    return this.#fireNextBy(Infinity);
  }

  #endOf(ms: number): number {
    if (!(Number.isFinite(ms) && ms >= 0)) {
      throw new RangeError(`ms must be a finite number, 0 or more, got ${String(ms)}`);
    }
    return this.#now + ms;
  }

  #fireNextBy(end: number): boolean {
    const [next] = this.#timers;
    if (next === undefined || next.dueAt > end) return false;
    this.#timers.shift();
    this.#now = Math.max(this.#now, next.dueAt);
    next.fn();
    return true;
  }
}

/** Resolves in the host's next task, before which all promises settle. */
const settled = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });

/** A test clock that replaces the host's; `restore()` brings the host's back. */
export interface InstalledTestClock extends TestClock {
  restore(): void;
}

/**
 * Replaces the default clock by a test clock, for every registry without its own clock, including those that were created when
 * a module was loaded, long before the test.
 *
 * Waits that such a registry has already begun continue in real time; later ones use the test's time.
 *
 * @example
 * import { registry } from './agent.ts'; // made by createToolRegistry() with no clock
 *
 * const clock = installTestClock();
 * afterAll(() => clock.restore());
 *
 * it('offers a tool again after its backoff', () => {
 *   for (let i = 0; i < 7; i++) registry.recordFailure('search', 'timeout');
 *   clock.advance(5_000);
 *   expect(registry.availableTools(['search'])).toEqual(['search']);
 * });
 */
export function installTestClock(options?: Pick<TestClockOptions, 'wallNow'>): InstalledTestClock {
  // It starts at the default clock's instant, so that the change loses or gains no time.
  const clock = new TestClock({ ...options, now: systemClock.now() });
  return Object.assign(clock, { restore: replaceSystemClock(clock) });
}
