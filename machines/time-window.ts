import { type RateLimits, rateRules, rates } from './rates.ts';
import { checkFields, positiveInteger, positiveMs, type Rules } from './rule.ts';
import { isOver, isSlow, mayBeOver, nothing, ratesOf, type Tally } from './tally.ts';
import { type CallOutcome, own, type TripStrategy } from './trip-strategy.ts';

/** Settings of a window over recent time. */
export interface TimeWindowOptions extends RateLimits {
  /** How long the window is, in ms. Default 60 000. */
  readonly windowMs?: number;
  /** How many slices the window has; calls leave it one slice at a time. Default 10. */
  readonly slices?: number;
}

/** The calls in the window. Those of the slice being filled are kept apart from those of the full slices. */
export interface TimeWindowMemory extends Tally {
  /** The full slices that still count, oldest first, each with its number. */
  readonly full: readonly (Tally & { readonly slice: number })[];
  /** The number of the slice being filled: the instant divided by the length of a slice. */
  readonly slice: number;
  /** The counts of the slice being filled. */
  readonly sliceCalls: number;
  readonly sliceFailures: number;
  readonly sliceSlow: number;
}

const rules: Rules<keyof TimeWindowOptions> = { windowMs: positiveMs, slices: positiveInteger, ...rateRules };

/**
 * A trip strategy: the circuit trips when the rate of failed or slow calls in the last `windowMs` reaches its limit, if there
 * were at least `minCalls` (default 10). The cost per call does not depend on their number; memory holds `slices` counts.
 *
 * @example Trip when a quarter of the calls of the last 30 s failed, and there were at least 20.
 * createToolRegistry({ circuit: { trip: timeWindow({ windowMs: 30_000, failureRate: 0.25, minCalls: 20 }) } });
 *
 * @throws TypeError for an unknown setting, RangeError for an invalid value.
 */
export function timeWindow(options: TimeWindowOptions = {}): TripStrategy<TimeWindowMemory> {
  const {
    windowMs = 60_000,
    slices = 10,
    ...limits
  } = checkFields<TimeWindowOptions>(options, rules, 'timeWindow');
  const given = rates(limits, 10);

  const sliceOf = (at: number): number => Math.floor((at * slices) / windowMs);

  /** The memory moved to a later slice; slices older than the window are dropped. */
  const movedTo = (slice: number, memory: TimeWindowMemory): TimeWindowMemory => {
    const filled = {
      slice: memory.slice,
      calls: memory.sliceCalls,
      failures: memory.sliceFailures,
      slow: memory.sliceSlow,
    };
    const full = [...memory.full, filled].filter((each) => each.slice > slice - slices);
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
      // A call with an instant before the last one's is counted in the last one's slice.
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
    rates: (memory: TimeWindowMemory, at: number) => ratesOf(given, movedTo(sliceOf(at), memory)),
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
    limits: given,
    ...(given.slowCallMs !== Infinity && { slowCallMs: given.slowCallMs }),
  });
}
