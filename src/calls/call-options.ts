import type { ErrorCategory } from '../../machines/categories.ts';
import { checkValue, positiveMs, show } from '../../machines/rule.ts';

/** How a guarded call is made. `Fallback` is what the fallback gives. */
export interface ExecuteOptions<Result, Fallback = Result> {
  /** What the tool depends on, where its settings do not say so: another circuit, by name. */
  readonly upstream?: string | undefined;
  /** The caller's own signal. Its abort ends the call at once and is never a failure of the tool. */
  readonly signal?: AbortSignal | undefined;
  /** After so long the call is given up: its signal aborts, and it counts as `timeout`. In ms. Default: no limit. */
  readonly timeoutMs?: number | undefined;
  /**
   * Asked for a result where there is none, with the `CircuitOpenError` or with what the call threw. What it throws is
   * thrown. It is not asked when the caller has aborted.
   */
  readonly fallback?: ((error: unknown) => Fallback | PromiseLike<Fallback>) | undefined;
  /**
   * Whether a returned value is a failure: true for `executionError`, a category, or an error that says what failed. It is
   * returned all the same.
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

/** @throws TypeError for an unknown option of a call: a misspelt time limit would limit nothing. */
export function checkOptionNames(options: object): void {
  for (const name in options) {
    if (name in optionNames) continue;
    throw new TypeError(`${name} is no option; the options are ${Object.keys(optionNames).join(', ')}`);
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
    `upstream must be the name of another circuit than ${show(tool)}, got ${show(upstream)}`,
  );
}
