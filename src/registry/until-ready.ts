import { maxTimerMs } from '../../machines/backoff.ts';
import { onAbort, reasonOf } from '../calls/on-abort.ts';
import type { Circuit } from '../circuits/circuit.ts';
import { maxRefusingMs } from '../circuits/comeback.ts';
import { RegistryStoppedError } from '../circuits/registry-stopped-error.ts';
import type { Clock } from '../time/clock.ts';

/** The parts of the registry that a wait for a tool needs. */
export interface Waiting {
  readonly tool: string;
  readonly clock: Required<Clock>;
  readonly isStopped: () => boolean;
  /** The circuit that would refuse a call now; undefined if none would. */
  readonly blockedBy: () => Circuit | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Waits until a call of a tool would be admitted. It checks whenever the refusing circuit changes, and at the time at which that
 * circuit would admit calls. The wait keeps the process alive, because a caller awaits it.
 *
 * @throws (as a rejection) the reason of `signal` once it is aborted, RegistryStoppedError once the registry stops.
 */
export function untilReady({ tool, clock, isStopped, blockedBy, signal }: Waiting): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: unknown;
    /** The watched circuit, and a function that stops watching it. */
    let watched: Circuit | undefined;
    let unwatch = (): void => {};
    const forgetSignal = signal && !signal.aborted ? onAbort(signal, () => look()) : undefined;

    const end = (settle: () => void): void => {
      unwatch();
      forgetSignal?.();
      settle();
    };
    const look = (): void => {
      clock.clearTimeout(timer);
      if (signal?.aborted) end(() => reject(reasonOf(signal)));
      else if (isStopped()) end(() => reject(new RegistryStoppedError(tool)));
      else waitFor(blockedBy());
    };
    const waitFor = (circuit: Circuit | undefined): void => {
      if (circuit === undefined) {
        end(resolve);
        return;
      }
      const ms = Math.min(maxRefusingMs(circuit.latest, clock.now()), maxTimerMs);
      timer = clock.setTimeout(look, Math.ceil(ms), true);
      // XState also calls observers that are added during a notification, so the same circuit must not be watched again.
      if (circuit === watched) return;
      unwatch();
      watched = circuit;
      // Any change matters: the circuit may be released, closed by hand, or forgotten.
      const subscription = circuit.actor.subscribe({ next: look, complete: look });
      unwatch = () => subscription.unsubscribe();
    };
    look();
  });
}
