import type { InspectionEvent, Observer } from 'xstate';
import type { BackoffFunction } from '../../machines/backoff.ts';
import { type ErrorCategory, isErrorCategory } from '../../machines/categories.ts';
import type { CircuitConfig } from '../../machines/circuit-config.ts';
import type { CallOutcome, TripStrategy } from '../../machines/trip-strategy.ts';

/**
 * Contains an inspection observer: its errors are printed and go no further. In XState, an observer that throws breaks
 * `createActor` and loses the event that it was called with.
 */
export function containedObserver(
  observer: Observer<InspectionEvent> | ((event: InspectionEvent) => void),
): (event: InspectionEvent) => void {
  const next = typeof observer === 'function' ? observer : observer.next?.bind(observer);
  return (event) => {
    try {
      next?.(event);
    } catch (error) {
      console.error('toolfuse: the inspect observer threw', error);
    }
  };
}

/** Asks the user's classifier first, and ours if that throws or returns something other than a category. */
export function containedClassifier(
  classify: ((error: unknown) => ErrorCategory | undefined) | undefined,
  categorize: (error: unknown) => ErrorCategory,
): (error: unknown) => ErrorCategory {
  if (classify === undefined) return categorize;
  return (error) => {
    try {
      const category = classify(error);
      if (isErrorCategory(category)) return category;
    } catch (fault) {
      console.error('toolfuse: classify threw', fault);
    }
    return categorize(error);
  };
}

/** Asks a user's `isFailure` about a returned value: false, or what failed. If it throws, the value is not a failure. */
export function askIsFailure<Result>(
  isFailure: (result: Result) => boolean | ErrorCategory | Error,
  result: Result,
): false | ErrorCategory | Error {
  try {
    const verdict = isFailure(result);
    if (isErrorCategory(verdict) || verdict instanceof Error) return verdict;
    return verdict ? 'executionError' : false;
  } catch (fault) {
    console.error('toolfuse: isFailure threw', fault);
    return false;
  }
}

/** Contains a user's trip strategy: if `record` throws, the call is not remembered; if `trips` throws, nothing trips. */
export function containedStrategy<Memory>(strategy: TripStrategy<Memory>): TripStrategy<Memory> {
  const { start, slowCallMs } = strategy;
  return Object.freeze({
    start,
    ...(slowCallMs !== undefined && { slowCallMs }),
    record(memory: Memory, call: CallOutcome) {
      try {
        return strategy.record(memory, call);
      } catch (fault) {
        console.error('toolfuse: trip.record threw', fault);
        return memory;
      }
    },
    trips(memory: Memory, call: CallOutcome, config: CircuitConfig) {
      try {
        return strategy.trips(memory, call, config);
      } catch (fault) {
        console.error('toolfuse: trip.trips threw', fault);
        return false;
      }
    },
  });
}

/** Contains a user's backoff function: if it throws or returns no number, the longest backoff applies. */
export function containedBackoff(backoff: BackoffFunction): BackoffFunction {
  return (step, previousMs) => {
    try {
      return Number(backoff(step, previousMs));
    } catch (fault) {
      console.error('toolfuse: backoff threw', fault);
      return Infinity;
    }
  };
}

/** Contains a user's random source: if it throws or returns a number outside [0, 1), the number is 0. */
export function containedChance(random: () => number): () => number {
  return () => {
    try {
      const chance = random();
      if (chance >= 0 && chance < 1) return chance;
    } catch (fault) {
      console.error('toolfuse: random threw', fault);
    }
    return 0;
  };
}

/** Contains a user's listener: its errors and rejections are printed, and do not even reach the process. */
export function containedListener<Event>(
  type: string,
  listener: (event: Event) => unknown,
): (event: Event) => void {
  const fault = (error: unknown): void => console.error(`toolfuse: a listener of ${type} threw`, error);
  return (event) => {
    try {
      const result = listener(event);
      if (result instanceof Promise) result.catch(fault);
    } catch (error) {
      fault(error);
    }
  };
}

/** Contains a user's hooks: an error is printed and goes no further, and the hook then returns undefined. */
export function containedHooks<Hooks extends object>(hooks: Hooks, name: string): Hooks {
  const contained = Object.entries(hooks).map(([hook, fn]: [string, (...args: unknown[]) => unknown]) => [
    hook,
    (...args: unknown[]): unknown => {
      try {
        return fn.apply(hooks, args);
      } catch (fault) {
        console.error(`toolfuse: ${name}.${hook} threw`, fault);
        return undefined;
      }
    },
  ]);
  return Object.fromEntries(contained) as Hooks;
}
