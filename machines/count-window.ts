import { type RateLimits, rateRules, rates } from './rates.ts';
import { checkFields, checkValue, positiveInteger, type Rules } from './rule.ts';
import { isOver, isSlow, nothing, ratesOf, type Tally } from './tally.ts';
import { type CallOutcome, own, type TripStrategy } from './trip-strategy.ts';

/** Settings of a window over the last calls. */
export interface CountWindowOptions extends RateLimits {
  /** How many calls the window holds. Default 100. */
  readonly size?: number;
}

/** The last calls, two bits each and `callsPerWord` to a number. The word being filled is kept apart from the full ones. */
export interface CountWindowMemory extends Tally {
  readonly words: readonly number[];
  readonly word: number;
  /** The position of the next call. */
  readonly next: number;
}

const rules: Rules<keyof CountWindowOptions> = { size: positiveInteger, ...rateRules };

const callsPerWord = 15;
const failed = 1;
const slow = 2;

const codeOf = (isFailure: boolean, wasSlow: boolean): number =>
  (isFailure ? failed : 0) | (wasSlow ? slow : 0);
const bit = (code: number, mask: number): number => ((code & mask) === 0 ? 0 : 1);

/**
 * A trip strategy: the circuit trips when the rate of failed or slow calls among the last `size` calls reaches its limit.
 * `minCalls` defaults to `size`, so that only a full window trips. The cost per call does not depend on the size.
 *
 * @example Trip when half of the last 20 calls failed or took longer than 5 s.
 * createToolRegistry({ circuit: { trip: countWindow({ size: 20, slowCallMs: 5_000, slowCallRate: 0.5 }) } });
 *
 * @throws TypeError for an unknown setting, RangeError for an invalid value.
 */
export function countWindow(options: CountWindowOptions = {}): TripStrategy<CountWindowMemory> {
  const { size = 100, ...limits } = checkFields<CountWindowOptions>(options, rules, 'countWindow');
  const given = rates(limits, size);
  checkValue(given.minCalls, 'countWindow.minCalls', [
    `at most size (${size})`,
    (calls) => (calls as number) <= size,
  ]);

  /** The memory with the word that the next call belongs to as the word being filled. */
  const turned = (memory: CountWindowMemory): { words: readonly number[]; word: number; next: number } => {
    const { words, word, next } = memory;
    if (next < size && next % callsPerWord !== 0) return memory;
    const full = words.slice();
    if (next > 0) full[Math.floor((next - 1) / callsPerWord)] = word;
    const at = next % size;
    return { words: full, word: full[Math.floor(at / callsPerWord)] ?? 0, next: at };
  };

  return own({
    start: Object.freeze({ ...nothing, words: Object.freeze([]), word: 0, next: 0 }),
    record(memory: CountWindowMemory, call: CallOutcome) {
      const { words, word, next } = turned(memory);
      const shift = (next % callsPerWord) * 2;
      const isFull = memory.calls === size;
      const before = isFull ? (word >>> shift) & 3 : 0;
      const after = codeOf(call.isFailure, isSlow(given, call.durationMs));
      return {
        calls: isFull ? size : memory.calls + 1,
        failures: memory.failures + bit(after, failed) - bit(before, failed),
        slow: memory.slow + bit(after, slow) - bit(before, slow),
        words,
        word: (word & ~(3 << shift)) | (after << shift),
        next: next + 1,
      };
    },
    trips: (memory: CountWindowMemory) => isOver(given, memory),
    rates: (memory: CountWindowMemory) => ratesOf(given, memory),
    limits: given,
    ...(given.slowCallMs !== Infinity && { slowCallMs: given.slowCallMs }),
  });
}
