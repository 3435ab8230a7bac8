import fc from 'fast-check';
import { type CallOutcome, circuitConfig, type TripStrategy } from 'toolfuse/machines';
import { deepFreeze } from '../support/deep-freeze.ts';

export const success = (more: Partial<CallOutcome> = {}): CallOutcome => ({
  isFailure: false,
  category: null,
  durationMs: null,
  at: 0,
  failuresInARow: 0,
  ...more,
});

export const failure = (more: Partial<CallOutcome> = {}): CallOutcome => ({
  ...success(),
  isFailure: true,
  category: 'timeout',
  failuresInARow: 1,
  ...more,
});

/** Calls that end one after another, some of them slow if the limit is 100 ms. */
export const calls: fc.Arbitrary<CallOutcome[]> = fc
  .array(
    fc.record({
      isFailure: fc.boolean(),
      durationMs: fc.constantFrom(null, 0, 100, 101, 5_000),
      waitMs: fc.constantFrom(0, 0, 0, 1, 50, 99, 100, 101, 250, 1_000, 1_100),
    }),
    { maxLength: 120, size: 'max' },
  )
  .map((steps) => {
    let at = 0;
    return steps.map(({ isFailure, durationMs, waitMs }) => {
      at += waitMs;
      return (isFailure ? failure : success)({ durationMs, at });
    });
  });

/** A strategy's decision after each of these calls. The memory it gets is frozen, so that writing to it throws. */
export function walk<Memory>(strategy: TripStrategy<Memory>, outcomes: readonly CallOutcome[]): boolean[] {
  const config = circuitConfig();
  let memory = deepFreeze(strategy.start);
  return outcomes.map((call) => {
    memory = deepFreeze(strategy.record(memory, deepFreeze(call)));
    return strategy.trips(memory, call, config);
  });
}

/** The memory after these calls. */
export const memoryAfter = <Memory>(
  strategy: TripStrategy<Memory>,
  outcomes: Iterable<CallOutcome>,
): Memory => {
  let memory = strategy.start;
  for (const call of outcomes) memory = strategy.record(memory, call);
  return memory;
};

/** The rate rule in its simplest form, applied to the calls in a window. */
export function isOver(
  held: readonly CallOutcome[],
  limits: { minCalls: number; failureRate: number; slowCallRate: number },
): boolean {
  const failures = held.filter(({ isFailure }) => isFailure).length;
  const slow = held.filter(({ durationMs }) => durationMs !== null && durationMs > 100).length;
  return (
    held.length >= limits.minCalls &&
    (failures / held.length >= limits.failureRate || slow / held.length >= limits.slowCallRate)
  );
}

export const rate = fc.constantFrom(0.01, 0.07, 0.25, 1 / 3, 0.5, 0.9, 1);

/** Invalid values of the rate limits, each with its error. */
export const badLimits: readonly [field: string, value: unknown][] = [
  ['failureRate', 0],
  ['failureRate', -0.5],
  ['failureRate', 1.01],
  ['failureRate', Number.NaN],
  ['failureRate', '0.5'],
  ['slowCallRate', 0],
  ['slowCallRate', 2],
  ['slowCallMs', 0],
  ['slowCallMs', -1],
  ['slowCallMs', Number.NaN],
  ['slowCallMs', null],
  ['slowCallMs', '300'],
  ['minCalls', 0],
  ['minCalls', 1.5],
  ['minCalls', Infinity],
  ['minCalls', '2'],
];
