import type { ErrorCategory } from '../../machines/categories.ts';
import { isProbe, type Leave } from '../circuits/admission.ts';
import type { Clock } from '../time/clock.ts';

/** What a guarded function is given. */
export interface CallContext {
  readonly tool: string;
  /** Whether the call is a probe of a half-open circuit. */
  readonly probe: boolean;
  /** Aborts when the caller aborts, or when the time is up. */
  readonly signal: AbortSignal;
}

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

/** Thrown where a call was given up after `timeoutMs`. */
const timeoutError = (tool: string, timeoutMs: number): DOMException =>
  new DOMException(`${tool} did not answer within ${timeoutMs} ms`, 'TimeoutError');

/** One call in flight: its signal, and the ways in which it can end before the function does. */
export class Call implements CallContext {
  readonly #leave: Leave;
  /** Whether the caller has ended it. */
  isCancelled = false;
  /** Whether it was given up after its time limit. */
  isTimedOut = false;
  #controller: AbortController | undefined;

  constructor(leave: Leave) {
    this.#leave = leave;
  }

  get tool(): string {
    return this.#leave.circuit.id;
  }

  get probe(): boolean {
    return isProbe(this.#leave);
  }

  /** Made when it is first asked for: most functions never do. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  /** Runs the function until it settles, the caller aborts or the time is up, whichever is first. */
  run<Result>(
    fn: (context: CallContext) => Result | PromiseLike<Result>,
    { signal, timeoutMs }: Pick<ExecuteOptions<unknown>, 'signal' | 'timeoutMs'>,
    clock: Clock,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      let timer: unknown;
      const end = (): void => {
        if (timer !== undefined) clock.clearTimeout(timer);
        signal?.removeEventListener('abort', onCancel);
      };
      const giveUp = (reason: unknown): void => {
        end();
        reject(reason);
        // After the verdict: what listens to this signal may do anything.
        this.#controller ??= new AbortController();
        this.#controller.abort(reason);
      };
      const onCancel = (): void => {
        this.isCancelled = true;
        giveUp(signal?.reason);
      };
      // While leave was asked for: a listener may have done it.
      if (signal?.aborted) {
        onCancel();
        return;
      }
      signal?.addEventListener('abort', onCancel, { once: true });
      if (timeoutMs !== undefined) {
        timer = clock.setTimeout(() => {
          this.isTimedOut = true;
          giveUp(timeoutError(this.tool, timeoutMs));
        }, timeoutMs);
      }
      // A function that throws is one that rejects. What it does after it was given up is nobody's.
      new Promise<Result>((settle) => settle(fn(this))).then(resolve, reject).finally(end);
    });
  }
}
