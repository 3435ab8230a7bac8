import { type RateLimits, rateRules, rates } from './rates.ts';
import { checkFields, positiveInteger, positiveMs, type Rules } from './rule.ts';
import { isOver, isSlow, mayBeOver, nothing, type Tally } from './tally.ts';
import { type CallOutcome, own, type TripStrategy } from './trip-strategy.ts';

/** Settings of a window of time. */
export interface TimeWindowOptions extends RateLimits {
  /** How long the window is, in ms. Default 60 000. */
  readonly windowMs?: number;
  /** In how many slices: the oldest slice drops at a time. Default 10. */
  readonly slices?: number;
}

/** The calls of the window. Those of the slice being filled stand apart from those of the full ones. */
export interface TimeWindowMemory extends Tally {
  /** The full slices that still count, the oldest first, each with its number. */
  readonly full: readonly (Tally & { readonly slice: number })[];
  /** The number of the slice being filled: the instant divided by the length of a slice. */
  readonly slice: number;
  /** What the slice being filled holds. */
  readonly sliceCalls: number;
  readonly sliceFailures: number;
  readonly sliceSlow: number;
}

const rules: Rules<keyof TimeWindowOptions> = { windowMs: positiveMs, slices: positiveInteger, ...rateRules };

/**
 * Trips on the rate of failed, or of slow, calls in the last `windowMs`, with at least `minCalls` (default 10) among
 * them. A call costs the same however many there are; the memory holds `slices` counts.
 *
 * @throws TypeError for an unknown setting, RangeError for a bad value.
 */
export function timeWindow(options: TimeWindowOptions = {}): TripStrategy<TimeWindowMemory> {
  const {
    windowMs = 60_000,
    slices = 10,
    ...limits
  } = checkFields<TimeWindowOptions>(options, rules, 'timeWindow');
  const given = rates(limits, 10);

  const sliceOf = (at: number): number => Math.floor((at * slices) / windowMs);

  /** The memory at a later slice: what is older than the window is gone. */
  const movedTo = (slice: number, memory: TimeWindowMemory): TimeWindowMemory => {
    const filled = {
      slice: memory.slice,
      calls: memory.sliceCalls,
      failures: memory.sliceFailures,
      slow: memory.sliceSlow,
    };
    const full = [...memory.full, filled].filter((each) => each.slice > slice - slices && each.calls > 0);
    const sum = (kind: keyof Tally): number => full.reduce((total, each) => total + each[kind], 0);
    return {
      calls: sum('calls'),
      failures: sum('failures'),
      slow: sum('slow'),
      full,
      slice,
      sliceCalls: 0,
      sliceFailures: 0,
      sliceSlow: 0,
    };
  };

  return own({
    start: Object.freeze({
      ...nothing,
      full: Object.freeze([]),
      slice: -Infinity,
      sliceCalls: 0,
      sliceFailures: 0,
      sliceSlow: 0,
    }),
    record(before: TimeWindowMemory, call: CallOutcome) {
      const slice = sliceOf(call.at);
      // A call that says it ended before the last one is counted with the last one.
      const memory = slice > before.slice ? movedTo(slice, before) : before;
      const failure = call.isFailure ? 1 : 0;
      const slowness = isSlow(given, call.durationMs) ? 1 : 0;
      return {
        calls: memory.calls + 1,
        failures: memory.failures + failure,
        slow: memory.slow + slowness,
        full: memory.full,
        slice: memory.slice,
        sliceCalls: memory.sliceCalls + 1,
        sliceFailures: memory.sliceFailures + failure,
        sliceSlow: memory.sliceSlow + slowness,
      };
    },
    trips: (memory: TimeWindowMemory) => isOver(given, memory),
    addSuccess(
      memory: { -readonly [Field in keyof TimeWindowMemory]: TimeWindowMemory[Field] },
      at: number,
      durationMs: number | null,
    ) {
      if (sliceOf(at) > memory.slice || isSlow(given, durationMs) || mayBeOver(given, memory)) return false;
      memory.calls += 1;
      memory.sliceCalls += 1;
      return true;
    },
    ...(given.slowCallMs !== Infinity && { slowCallMs: given.slowCallMs }),
  });
}
