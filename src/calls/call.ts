import { isProbe } from '../circuits/admission.ts';
import { RegistryStoppedError } from '../circuits/registry-stopped-error.ts';
import { byClass } from '../classify/class-name.ts';
import type { Clock } from '../time/clock.ts';
import type { AdmittedCall } from './admitted-call.ts';
import { isAsyncIterable } from './followed-stream.ts';
import { onAbort, reasonOf } from './on-abort.ts';

/** The argument of a guarded function. */
export interface CallContext {
  readonly tool: string;
  /** The target or tenant whose circuit admitted the call; null for the circuit of all calls of the tool. */
  readonly key: string | null;
  /** Whether the call is a probe of a half-open circuit. */
  readonly probe: boolean;
  /** Aborts when the caller aborts, when `timeoutMs` has passed, or when the registry stops. */
  readonly signal: AbortSignal;
}

/** The limits of a call. */
export interface CallLimits {
  /** The caller's own signal. */
  readonly signal: AbortSignal | undefined;
  /** How long the call may take, or each part of a stream that it returns, in ms. */
  readonly timeoutMs: number | undefined;
  readonly clock: Clock;
  /** Aborts when the registry stops. */
  readonly stopping: AbortSignal;
}

/**
 * The cause that ended a call before its function did: the caller, the caller's own deadline, the call's time limit, or the
 * registry's stop.
 */
export type CallEnder = 'caller' | 'deadline' | 'timeLimit' | 'registry';

/** The error of a call that took longer than `timeoutMs`. */
const timeoutError = (tool: string, timeoutMs: number): DOMException =>
  new DOMException(`${tool} did not answer within ${timeoutMs} ms`, 'TimeoutError');

/** The calls that end with a stream, and whose signals were read only after their functions had returned. */
const callsOfStreams = new WeakMap<object, Call[]>();

function releaseWith(stream: object, call: Call): void {
  const calls = callsOfStreams.get(stream);
  if (calls === undefined) callsOfStreams.set(stream, [call]);
  else calls.push(call);
}

/** Releases what waits for the end of a stream. */
export function releaseCallsOf(stream: object): void {
  for (const call of callsOfStreams.get(stream) ?? []) call.release();
}

/** One call in flight: its signal, and the ways in which it can end before its function does. */
export class Call implements CallContext {
  readonly #admitted: AdmittedCall;
  readonly #limits: CallLimits;
  /** The cause that has ended it; undefined if none has. */
  endedBy: CallEnder | undefined;
  #controller: AbortController | undefined;
  #forgetStopping: (() => void) | undefined;
  /** What its function returned, where nobody else ends a signal that is read only now. */
  result: Promise<unknown> | undefined;

  constructor(admitted: AdmittedCall, limits: CallLimits) {
    this.#admitted = admitted;
    this.#limits = limits;
  }

  get tool(): string {
    return this.#admitted.circuit.tool;
  }

  get key(): string | null {
    return this.#admitted.circuit.key;
  }

  get probe(): boolean {
    return isProbe(this.#admitted);
  }

  /** Created on first use, because most functions never read it. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const { stopping } = this.#limits;
      const controller = new AbortController();
      const onStop = (): void => controller.abort(new RegistryStoppedError(this.tool));
      this.#controller = controller;
      if (stopping.aborted) onStop();
      else this.#forgetStopping = onAbort(stopping, onStop);
      this.result?.then(
        (value) => (isAsyncIterable(value) ? releaseWith(value, this) : this.release()),
        () => this.release(),
      );
    }
    return this.#controller.signal;
  }

  /** Whether its function has read the signal, which has to be released at its end. */
  get hasSignal(): boolean {
    return this.#controller !== undefined;
  }

  /** How long it may take, in ms; undefined for no limit. */
  get timeoutMs(): number | undefined {
    return this.#limits.timeoutMs;
  }

  /** Whether anything can end the call before its function does. */
  get isLimited(): boolean {
    return this.#limits.signal !== undefined || this.#limits.timeoutMs !== undefined;
  }

  /**
   * Whether an abort error of its function may come from the caller. If the caller gave a signal and has not aborted it, the
   * abort is a time limit inside the tool.
   */
  get mayBeCallersAbort(): boolean {
    const { signal } = this.#limits;
    return signal === undefined || signal.aborted;
  }

  /** Ends the call, so that nothing waits on its behalf. */
  release(): void {
    this.#forgetStopping?.();
  }

  /**
   * Runs a function until it settles, the caller aborts, the time is up or the registry stops, whichever comes first. If a call
   * returns a stream, each wait for a further part is such a run.
   */
  run<Result>(fn: () => Result | PromiseLike<Result>): Promise<Result> {
    const { signal, timeoutMs, clock, stopping } = this.#limits;
    return new Promise((resolve, reject) => {
      let timer: unknown;
      const forget: (() => void)[] = [];
      const end = (): void => {
        if (timer !== undefined) clock.clearTimeout(timer);
        for (const each of forget) each();
      };
      const giveUp = (ender: CallEnder, reason: unknown): void => {
        this.endedBy = ender;
        end();
        reject(reason);
        // Only after the promise is settled: a listener of this signal may do anything.
        this.#controller ??= new AbortController();
        this.#controller.abort(reason);
      };
      const onCallerAbort = (): void => {
        const reason = signal && reasonOf(signal);
        giveUp(enderOf(reason), reason);
      };
      // A listener may have aborted, or stopped the registry, while permission was being asked for.
      if (signal?.aborted) {
        onCallerAbort();
        return;
      }
      const onStop = (): void => giveUp('registry', new RegistryStoppedError(this.tool));
      if (stopping.aborted) {
        onStop();
        return;
      }
      if (signal !== undefined) forget.push(onAbort(signal, onCallerAbort));
      forget.push(onAbort(stopping, onStop));
      if (timeoutMs !== undefined) {
        const onTime = (): void => giveUp('timeLimit', timeoutError(this.tool, timeoutMs));
        // A caller awaits the call, so its time limit keeps the process alive.
        timer = clock.setTimeout(onTime, timeoutMs, true);
      }
      // Inside a promise, a function that throws rejects. A result after the call has ended is ignored.
      new Promise<Result>((settle) => settle(fn())).then(resolve, reject).finally(end);
    });
  }
}

/** Frameworks pass time limits as signals, so an abort with a timeout as its reason is a deadline, not a person's wish. */
const enderOf = (reason: unknown): CallEnder => (byClass(reason) === 'timeout' ? 'deadline' : 'caller');
