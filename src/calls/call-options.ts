import type { ErrorCategory } from '../../machines/categories.ts';
import { checkValue, positiveMs, show } from '../../machines/rule.ts';

/** Options of one guarded call. `Fallback` is the type that the fallback returns. */
export interface ExecuteOptions<Result, Fallback = Result> {
  /** The name of another circuit that the tool depends on. Default: the `upstream` of the tool's settings. */
  readonly upstream?: string | undefined;
  /** The caller's own signal. Aborting it ends the call at once and never counts as a failure of the tool. */
  readonly signal?: AbortSignal | undefined;
  /** How long the call may take, in ms. After that its signal aborts, and it counts as `timeout`. Default: no limit. */
  readonly timeoutMs?: number | undefined;
  /**
   * Supplies a result when the call was refused or failed. It receives the `CircuitOpenError` or the error that the call
   * threw, and its own errors are passed on. It is not called when the caller has aborted.
   */
  readonly fallback?: ((error: unknown) => Fallback | PromiseLike<Fallback>) | undefined;
  /**
   * Decides whether a returned value is a failure: true for `executionError`, a category, or an error to be categorised.
   * The value is returned in any case.
   */
  readonly isFailure?: ((result: Awaited<Result>) => boolean | ErrorCategory | Error) | undefined;
}

const optionNames: Readonly<Record<keyof ExecuteOptions<unknown>, true>> = {
  upstream: true,
  signal: true,
  timeoutMs: true,
  fallback: true,
  isFailure: true,
};

/** @throws TypeError for an unknown option, because a misspelt time limit would limit nothing. */
export function checkOptionNames(options: object): void {
  for (const name in options) {
    if (name in optionNames) continue;
    throw new TypeError(`${name} is not an option; the options are ${Object.keys(optionNames).join(', ')}`);
  }
}

/** @throws RangeError for an invalid timeout. */
export function checkTimeout(timeoutMs: unknown): void {
  checkValue(timeoutMs, 'timeoutMs', positiveMs);
}

/** @throws RangeError for an upstream that is not the name of another circuit. */
export function checkUpstream(tool: string, upstream: unknown): void {
  if (typeof upstream === 'string' && upstream !== tool) return;
  throw new RangeError(
    `upstream must be the name of a circuit other than ${show(tool)}, got ${show(upstream)}`,
  );
}
