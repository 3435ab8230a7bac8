import type { ErrorCategory } from '../../machines/categories.ts';
import { checkOptionNames, checkValue, isFunction, positiveMs, show } from '../../machines/rule.ts';
import { askForRun } from '../options/strangers.ts';
import type { CallContext } from './call.ts';
import { type CallTarget, checkKey } from './call-keys.ts';
import type { AgentRun } from './loops/agent-run.ts';
import type { Correction } from './loops/loop-words.ts';

/**
 * The answer of `isFailure` about a returned value: false for a success, true for `executionError`, a category, or an object to
 * be categorised, such as an error or a `Response`. `unfinished` for neither: the value says nothing about the tool yet, because it
 * asks for an input first, for example.
 */
export type FailureVerdict = boolean | ErrorCategory | object | 'unfinished';

/** What a call needs to be admitted. */
export interface CircuitNeeds extends CallTarget {
  /** The name of another circuit that this call depends on. Default: the `upstream` of the tool's settings. */
  readonly upstream?: string | undefined;
}

/** The run of an agent that makes a call: its name, the run itself, or a function that returns its name, or nothing. */
export type RunOfCall = string | AgentRun | (() => string | undefined);

/** What a call needs to be admitted, and which run of an agent makes it. */
export interface CallNeeds extends CircuitNeeds {
  /** The run of an agent that makes the call, to be guarded against loops. Default: none. */
  readonly run?: RunOfCall | undefined;
}

/** How a call ended: with a result or with an error. */
export type CallAnswer<Result> =
  | { readonly result: Result; readonly error?: undefined }
  | { readonly result?: undefined; readonly error: unknown };

/** Options of one guarded call. `Fallback` is the type that the fallback returns. */
export interface ExecuteOptions<Result, Fallback = Result> extends CallNeeds {
  /**
   * The caller's own signal. Aborting it ends the call at once and never counts as a failure of the tool, unless its reason is
   * a `TimeoutError`, which means that a deadline has passed; then the call counts as `timeout`.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long the call may take, in ms. After that its signal aborts, and it counts as `timeout`. If the call returns a stream,
   * the limit applies again to each wait for a further part. Default: no limit.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Supplies a result when the call was refused or failed. It receives the `CircuitOpenError` or the error that the call
   * threw, and its own errors are passed on. It is not called when the caller has aborted.
   */
  readonly fallback?: ((error: unknown) => Fallback | PromiseLike<Fallback>) | undefined;
  /**
   * Decides whether a returned value is a failure. The value is returned in any case.
   *
   * @example
   * // fetch resolves whatever the status is. The response itself says what failed, and when to try again.
   * { isFailure: (response) => !response.ok && response }
   */
  readonly isFailure?: ((result: Awaited<Result>) => FailureVerdict) | undefined;
  /**
   * Puts a correction into the answer that a model reads, if the run of the call repeats itself. It gets what the function returned or
   * threw, and returns the result of the call, or throws. It is not asked about streams.
   *
   * @example
   * { correct: ({ result, error }, { text }) => `${result ?? error}\n\n${text}` }
   */
  readonly correct?:
    | ((answer: CallAnswer<Awaited<Result>>, correction: Correction) => Awaited<Result>)
    | undefined;
  /**
   * Whether the call lasts until the body of a returned `Response`, or a returned `ReadableStream`, has been read. Then it
   * succeeds at the end of the body, and fails if the body breaks. Async iterables always last until their end. Default false.
   */
  readonly followBody?: boolean | undefined;
}

/** Options of `wrap`. */
export interface WrapOptions<Result, Fallback = Result, Arguments extends readonly unknown[] = never[]>
  extends Omit<ExecuteOptions<Result, Fallback>, 'input'> {
  /** Returns what the tool is called with, from the function's arguments. Default: the first argument. */
  readonly input?: ((...args: Arguments) => unknown) | undefined;
  /** Whether to pass the `CallContext`, with the call's signal, to the function as its last argument. Default false. */
  readonly withContext?: boolean | undefined;
}

/** The parameters of a function that receives the context as its last argument. */
export type WithContext<Arguments extends readonly unknown[]> = [...args: Arguments, context: CallContext];

const executeOptions: Readonly<Record<keyof ExecuteOptions<unknown>, true>> = {
  upstream: true,
  input: true,
  key: true,
  run: true,
  correct: true,
  signal: true,
  timeoutMs: true,
  fallback: true,
  isFailure: true,
  followBody: true,
};

const wrapOptions: Readonly<Record<keyof WrapOptions<unknown>, true>> = {
  ...executeOptions,
  withContext: true,
};

const isSignal = (value: unknown): boolean =>
  typeof (value as AbortSignal | null)?.aborted === 'boolean' &&
  isFunction((value as AbortSignal).addEventListener) &&
  isFunction((value as AbortSignal).removeEventListener);

function mustBe(holds: boolean, name: string, what: string, value: unknown): void {
  if (!holds) throw new TypeError(`${name} must be ${what}, got ${show(value)}`);
}

/**
 * Checks the options of a call, quickly, because every call with options passes here.
 *
 * @throws TypeError for an unknown option, because a misspelt time limit would limit nothing, and for a value of another kind;
 * RangeError for an invalid time limit.
 */
export function checkCallOptions(
  options: ExecuteOptions<unknown, unknown>,
  known: object = executeOptions,
): void {
  checkOptionNames(options, known);
  const { key, run, correct, signal, timeoutMs, fallback, isFailure, followBody } = options;
  if (key !== undefined) checkKey(key);
  if (run !== undefined) checkRun(run);
  if (correct !== undefined) mustBe(isFunction(correct), 'correct', 'a function', correct);
  if (signal !== undefined) checkSignal(signal);
  if (timeoutMs !== undefined) checkValue(timeoutMs, 'timeoutMs', positiveMs);
  if (fallback !== undefined) mustBe(isFunction(fallback), 'fallback', 'a function', fallback);
  if (isFailure !== undefined) mustBe(isFunction(isFailure), 'isFailure', 'a function', isFailure);
  if (followBody !== undefined)
    mustBe(typeof followBody === 'boolean', 'followBody', 'true or false', followBody);
}

/** Checks the options of `wrap`, as `checkCallOptions` does those of a call. */
export function checkWrapOptions(options: WrapOptions<unknown, unknown>): void {
  checkCallOptions(options, wrapOptions);
  const { withContext, input } = options;
  if (input !== undefined) mustBe(isFunction(input), 'input', 'a function of the arguments', input);
  if (withContext !== undefined)
    mustBe(typeof withContext === 'boolean', 'withContext', 'true or false', withContext);
}

/** @throws TypeError for a value that names no run. */
export function checkRun(run: unknown): void {
  const isRun = typeof (run as AgentRun | null)?.id === 'string';
  mustBe(typeof run === 'string' || isFunction(run) || isRun, 'run', 'the name of a run, or a run', run);
}

/** The name of the run that makes a call; null for none. */
export function runOf(run: RunOfCall | undefined): string | null {
  if (run === undefined || typeof run === 'string') return run || null;
  return typeof run === 'function' ? askForRun(run) : run.id;
}

/** @throws TypeError for a value that is not a signal. */
export function checkSignal(signal: unknown): void {
  mustBe(isSignal(signal), 'signal', 'an AbortSignal', signal);
}

/** @throws TypeError for a value that is not a function. */
export function checkFunction(fn: unknown): void {
  mustBe(isFunction(fn), 'fn', 'a function', fn);
}

/** @throws RangeError for an upstream that is not the name of another circuit. */
export function checkUpstream(tool: string, upstream: unknown): void {
  if (typeof upstream === 'string' && upstream !== tool) return;
  throw new RangeError(
    `upstream must be the name of a circuit other than ${show(tool)}, got ${show(upstream)}`,
  );
}
