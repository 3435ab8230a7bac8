import { categorize, type Permit } from 'toolfuse';
import { onAbort, reasonOf } from '../calls/on-abort.ts';

/** What is known of a call besides its function. */
export interface PermittedCall<Result> {
  /** The signal with which the framework aborts the call. */
  readonly signal: AbortSignal | undefined;
  /** What failed according to a returned value; null for a success. */
  readonly failureOf: (result: Result) => unknown;
  /** What a result says, to tell whether a run gets the same again. Default: the result itself. */
  readonly outcomeOf?: (result: Result) => unknown;
  /** The error that a thrown one hides. Default: the thrown one itself. */
  readonly unwrap?: (error: unknown) => unknown;
  /** Whether an error is no failure but the framework's way to leave a tool, such as an interrupt. */
  readonly isControlFlow?: (error: unknown) => boolean;
}

/** Runs a function until it settles or the signal is aborted, whichever comes first. */
function untilAborted<Result>(
  call: () => Result | PromiseLike<Result>,
  signal: AbortSignal,
): Promise<Awaited<Result>> {
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, () => reject(reasonOf(signal)));
    // Inside a promise, a function that throws rejects.
    const running = new Promise((settle) => settle(call())).finally(forget);
    running.then(resolve as (result: unknown) => void, reject);
  });
}

/**
 * Makes a call under a permit, and reports how it ended: for frameworks that leave a tool in ways that are no results, which
 * `registry.execute` could not tell from failures.
 *
 * @throws The error of the call, unchanged, or the reason of the signal as soon as that is aborted.
 */
export async function permittedCall<Result>(
  permit: Permit,
  call: () => Result | PromiseLike<Result>,
  {
    signal,
    failureOf,
    outcomeOf = (result) => result,
    unwrap = (error) => error,
    isControlFlow,
  }: PermittedCall<Awaited<Result>>,
): Promise<Awaited<Result>> {
  try {
    const result = await (signal === undefined ? call() : untilAborted(call, signal));
    const failure = failureOf(result);
    if (failure === null) permit.success(outcomeOf(result));
    else permit.failure(failure, { roundTrip: true });
    return result;
  } catch (error) {
    if (isControlFlow?.(error)) permit.release();
    else if (!signal?.aborted) permit.failure(unwrap(error));
    // Frameworks pass time limits as signals, so an abort with a timeout as its reason is no person's wish.
    else if (categorize(signal.reason) === 'timeout') permit.failure('timeout', { timedOut: true });
    else permit.failure('cancelled');
    throw error;
  }
}
