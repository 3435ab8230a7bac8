import { isProbe } from '../circuits/admission.ts';
import type { Clock } from '../time/clock.ts';
import type { AdmittedCall } from './admitted-call.ts';
import type { ExecuteOptions } from './call-options.ts';

/** The argument of a guarded function. */
export interface CallContext {
  readonly tool: string;
  /** Whether the call is a probe of a half-open circuit. */
  readonly probe: boolean;
  /** Aborts when the caller aborts or when `timeoutMs` has passed. */
  readonly signal: AbortSignal;
}

/** The error of a call that took longer than `timeoutMs`. */
const timeoutError = (tool: string, timeoutMs: number): DOMException =>
  new DOMException(`${tool} did not answer within ${timeoutMs} ms`, 'TimeoutError');

/** One call in flight: its signal, and the ways in which it can end before its function does. */
export class Call implements CallContext {
  readonly #admitted: AdmittedCall;
  /** Whether the caller has aborted it. */
  isCancelled = false;
  /** Whether its time limit has ended it. */
  isTimedOut = false;
  #controller: AbortController | undefined;

  constructor(admitted: AdmittedCall) {
    this.#admitted = admitted;
  }

  get tool(): string {
    return this.#admitted.circuit.id;
  }

  get probe(): boolean {
    return isProbe(this.#admitted);
  }

  /** Created on first use, because most functions never read it. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  /** Runs the function until it settles, the caller aborts or the time is up, whichever comes first. */
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
        // Only after the promise is settled: a listener of this signal may do anything.
        this.#controller ??= new AbortController();
        this.#controller.abort(reason);
      };
      const onCancel = (): void => {
        this.isCancelled = true;
        giveUp(signal?.reason);
      };
      // A listener may have aborted while permission was being asked for.
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
      // Inside a promise, a function that throws rejects. A result after the call has ended is ignored.
      new Promise<Result>((settle) => settle(fn(this))).then(resolve, reject).finally(end);
    });
  }
}
