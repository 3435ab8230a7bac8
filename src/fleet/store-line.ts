import type { StoreCall } from '../circuits/membership.ts';
import { containedListener } from '../options/strangers.ts';
import type { Clock } from '../time/clock.ts';
import type { FleetScript } from './scripts/index.ts';
import type { FleetStore } from './store.ts';
import { within } from './within.ts';

/** How a question to the store ended. */
export type Answer = { readonly isAnswered: true } | { readonly isAnswered: false; readonly reason: string };

const answered: Answer = Object.freeze({ isAnswered: true });

const missed = (error: unknown): Answer => {
  const reason = error instanceof Error ? error.message : String(error);
  return { isAnswered: false, reason: reason.slice(0, 200) };
};

/**
 * The way to a store that may be slow, hang, fail or throw. A question is bounded here, because not every client bounds a command
 * that was sent.
 */
export class StoreLine {
  readonly #store: FleetStore;
  readonly #clock: Required<Clock>;
  readonly #limitMs: number;
  readonly #watchers: Iterable<(call: StoreCall) => void>;
  #calls = 0;
  #misses = 0;

  /** @param watchers Those that are told how each question ended. */
  constructor(
    store: FleetStore,
    clock: Required<Clock>,
    limitMs: number,
    watchers: Iterable<(call: StoreCall) => void> = [],
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#watchers = watchers;
  }

  get calls(): number {
    return this.#calls;
  }

  get misses(): number {
    return this.#misses;
  }

  /**
   * Asks the store, and never rejects.
   *
   * @param onReply Called with the answer, and with whether it came too late. What it throws counts as no answer.
   */
  async ask(
    script: FleetScript,
    keys: readonly string[],
    args: readonly string[],
    onReply: (reply: unknown, isLate: boolean) => void,
  ): Promise<Answer> {
    this.#calls += 1;
    const askedAt = this.#clock.now();
    let isLate = false;
    const asked = this.#eval(script, keys, args).then((reply) => {
      onReply(reply, isLate);
      return answered;
    });
    const answer = await within(this.#clock, this.#limitMs, asked.catch(missed));
    isLate = true;
    const durationMs = this.#clock.now() - askedAt;
    const outcome = answer?.isAnswered ? 'answered' : 'missed';
    for (const watch of this.#watchers) {
      containedListener('the store of a fleet', watch)({ op: script.name, outcome, durationMs });
    }
    if (answer?.isAnswered) return answer;
    this.#misses += 1;
    return answer ?? { isAnswered: false, reason: `no answer within ${this.#limitMs} ms` };
  }

  /** Listens to a channel, where the store can. @returns A function that stops listening, and never throws. */
  async listen(channel: string, onMessage: (message: string) => void): Promise<() => void> {
    const stop = await this.#store.subscribe?.(channel, onMessage);
    return () => {
      try {
        Promise.resolve(stop?.()).catch(() => {});
      } catch {
        // Then it goes on listening, and what it hears is ignored.
      }
    };
  }

  /** Asynchronous, so that what the store throws becomes a rejection. */
  async #eval(script: FleetScript, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.#store.eval(script, keys, args);
  }
}
