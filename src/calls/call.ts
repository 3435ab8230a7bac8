import { isProbe } from '../circuits/admission.ts';
import type { Clock } from '../time/clock.ts';
import type { AdmittedCall } from './admitted-call.ts';
import type { ExecuteOptions } from './call-options.ts';

/** What a guarded function is given. */
export interface CallContext {
  readonly tool: string;
  /** Whether the call is a probe of a half-open circuit. */
  readonly probe: boolean;
  /** Aborts when the caller aborts, or when the time is up. */
  readonly signal: AbortSignal;
}

/** Thrown where a call was given up after `timeoutMs`. */
const timeoutError = (tool: string, timeoutMs: number): DOMException =>
  new DOMException(`${tool} did not answer within ${timeoutMs} ms`, 'TimeoutError');

/** One call in flight: its signal, and the ways in which it can end before the function does. */
export class Call implements CallContext {
  readonly #admitted: AdmittedCall;
  /** Whether the caller has ended it. */
  isCancelled = false;
  /** Whether it was given up after its time limit. */
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
      // While permission was asked for: a listener may have aborted.
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
