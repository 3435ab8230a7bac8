import type { InspectionEvent, Observer } from 'xstate';
import type { BackoffFunction } from '../../machines/backoff.ts';
import { type ErrorCategory, isErrorCategory } from '../../machines/categories.ts';
import type { CircuitConfig } from '../../machines/circuit-config.ts';
import type { CallOutcome, TripStrategy } from '../../machines/trip-strategy.ts';

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';

const printed = new WeakSet<object>();

/**
 * Prints a fault of a user's function. That may fail as well: Node reads the error's own getters, and tests replace the console.
 */
export function print(what: string, ...fault: unknown[]): void {
  try {
    console.error(`toolfuse: ${what}`, ...fault);
  } catch {
    if (fault.length > 0) print(`${what} what cannot be printed`);
  }
}

/**
 * Whether a user's function returned a promise although its answer is needed at once. Such an answer is ignored: that is printed
 * the first time, and a rejection of the promise goes no further.
 */
function gavePromise(value: unknown, fn: object, name: string): value is PromiseLike<unknown> {
  if (!isThenable(value)) return false;
  value.then(undefined, () => {});
  if (!printed.has(fn)) {
    printed.add(fn);
    print(`${name} must return a plain value, got a promise, which is ignored`);
  }
  return true;
}

/**
 * Contains an inspection observer: its errors are printed and go no further. In XState, an observer that throws breaks
 * `createActor` and loses the event that it was called with.
 */
export function containedObserver(
  observer: Observer<InspectionEvent> | ((event: InspectionEvent) => void),
): (event: InspectionEvent) => void {
  const next = typeof observer === 'function' ? observer : observer.next?.bind(observer);
  return contained('the inspect observer', (event: InspectionEvent) => next?.(event));
}

/** Asks the user's classifier first, and ours if that throws or returns something other than a category. */
export function containedClassifier(
  classify: ((error: unknown) => ErrorCategory | undefined) | undefined,
  categorize: (error: unknown) => ErrorCategory,
): (error: unknown) => ErrorCategory {
  if (classify === undefined) return categorize;
  return (error) => {
    try {
      const category: unknown = classify(error);
      if (isErrorCategory(category)) return category;
      gavePromise(category, classify, 'classify');
    } catch (fault) {
      print('classify threw', fault);
    }
    return categorize(error);
  };
}

/**
 * Asks a user's `isFailure` about a returned value.
 *
 * @returns False for a success, `unfinished` for neither, or what failed. If the function throws or returns a promise, the value
 * is a success.
 */
export function askIsFailure<Result>(
  isFailure: (result: Result) => unknown,
  result: Result,
): false | 'unfinished' | ErrorCategory | object {
  try {
    const verdict = isFailure(result);
    if (gavePromise(verdict, isFailure, 'isFailure')) return false;
    if (verdict === 'unfinished' || isErrorCategory(verdict)) return verdict;
    if (typeof verdict === 'object' && verdict !== null) return verdict;
    return verdict ? 'executionError' : false;
  } catch (fault) {
    print('isFailure threw', fault);
    return false;
  }
}

/**
 * Asks a user's function which target or tenant a call is for.
 *
 * @returns Null where it throws or gives neither text nor a number. Only its first fault is printed: the input is often what a
 * model made up.
 */
export function askForKey(choose: (input: unknown) => unknown, input: unknown): string | number | null {
  try {
    const key = choose(input);
    if (typeof key === 'string' || typeof key === 'number') return key;
    if (key !== undefined && key !== null && !gavePromise(key, choose, 'key')) {
      printOnce(choose, 'key must return text, a number or nothing, got', key);
    }
  } catch (fault) {
    printOnce(choose, 'key threw', fault);
  }
  return null;
}

/** Asks a user's function what a tool is called with; undefined where it throws. */
export function askForInput(input: (...args: unknown[]) => unknown, args: readonly unknown[]): unknown {
  try {
    return input(...args);
  } catch (fault) {
    printOnce(input, 'input threw', fault);
    return undefined;
  }
}

/** Asks a user's function which run of an agent makes a call; null where it throws or gives no name. */
export function askForRun(run: () => unknown): string | null {
  try {
    const name = run();
    if (typeof name === 'string' && name !== '') return name;
    gavePromise(name, run, 'run');
  } catch (fault) {
    printOnce(run, 'run threw', fault);
  }
  return null;
}

function printOnce(fn: object, what: string, fault: unknown): void {
  if (printed.has(fn)) return;
  printed.add(fn);
  print(what, fault);
}

/** Contains a user's trip strategy: if `record` throws, the call is not remembered; if `trips` throws, nothing trips. */
export function containedStrategy<Memory>(strategy: TripStrategy<Memory>): TripStrategy<Memory> {
  const { start, slowCallMs } = strategy;
  return Object.freeze({
    start,
    ...(slowCallMs !== undefined && { slowCallMs }),
    record(memory: Memory, call: CallOutcome) {
      try {
        const next = strategy.record(memory, call);
        return gavePromise(next, strategy.record, 'trip.record') ? memory : next;
      } catch (fault) {
        print('trip.record threw', fault);
        return memory;
      }
    },
    trips(memory: Memory, call: CallOutcome, config: CircuitConfig) {
      try {
        const trips: unknown = strategy.trips(memory, call, config);
        return !gavePromise(trips, strategy.trips, 'trip.trips') && Boolean(trips);
      } catch (fault) {
        print('trip.trips threw', fault);
        return false;
      }
    },
  });
}

/** Contains a user's backoff function: if it throws or returns no number, the longest backoff applies. */
export function containedBackoff(backoff: BackoffFunction): BackoffFunction {
  return (step, previousMs) => {
    try {
      const ms: unknown = backoff(step, previousMs);
      return gavePromise(ms, backoff, 'backoff') ? Infinity : Number(ms);
    } catch (fault) {
      print('backoff threw', fault);
      return Infinity;
    }
  };
}

/** Contains a user's random source: if it throws or returns a number outside [0, 1), the number is 0. */
export function containedChance(random: () => number): () => number {
  return () => {
    try {
      const chance = random();
      if (gavePromise(chance, random, 'random')) return 0;
      if (chance >= 0 && chance < 1) return chance;
    } catch (fault) {
      print('random threw', fault);
    }
    return 0;
  };
}

/** Contains a user's listener: its errors and rejections are printed, and do not even reach the process. */
export function containedListener<Event>(
  type: string,
  listener: (event: Event) => unknown,
): (event: Event) => void {
  return contained(`a listener of ${type}`, listener);
}

/** Calls a function for its effect only. */
function contained<Event>(name: string, fn: (event: Event) => unknown): (event: Event) => void {
  const fault = (error: unknown): void => print(`${name} threw`, error);
  return (event) => {
    try {
      const result: unknown = fn(event);
      if (isThenable(result)) result.then(undefined, fault);
    } catch (error) {
      fault(error);
    }
  };
}

/**
 * Contains a user's hooks: an error is printed and goes no further, and the hook then returns undefined. What is no function
 * stays as it is.
 */
export function containedHooks<Hooks extends object>(hooks: Hooks, name: string): Hooks {
  const contained = Object.entries(hooks).map(([hook, fn]: [string, unknown]) => [
    hook,
    typeof fn !== 'function'
      ? fn
      : (...args: unknown[]): unknown => {
          try {
            const given: unknown = fn.apply(hooks, args);
            return gavePromise(given, fn, `${name}.${hook}`) ? undefined : given;
          } catch (fault) {
            print(`${name}.${hook} threw`, fault);
            return undefined;
          }
        },
  ]);
  return Object.fromEntries(contained) as Hooks;
}
