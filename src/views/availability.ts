import { backoffLeftMs, isolationLeftMs } from '../../machines/circuit-context.ts';
import { stateOf } from '../../machines/circuit-state.ts';
import type { ToolCircuitSnapshot } from '../../machines/tool-circuit.ts';

/** What decides whether a circuit would admit a call. */
export interface Question {
  /** The instant of the call, in ms of the registry's clock. */
  readonly now: number;
  /** Whether a half-open circuit, which may have no place free for a further probe, counts as one that would. */
  readonly halfOpen: boolean;
}

/**
 * Whether a circuit would not refuse a call for sure. It reads the time as well as the state: the timer that ends a backoff
 * or an isolation may be late, and a request never is.
 *
 * @param snapshot Undefined for a circuit that was never used: it is closed.
 */
export function mayAdmit(snapshot: ToolCircuitSnapshot | undefined, { now, halfOpen }: Question): boolean {
  if (snapshot === undefined) return true;
  switch (stateOf(snapshot)) {
    case 'open':
      return halfOpen && backoffLeftMs(snapshot.context, now) === 0;
    case 'isolated':
      return isolationLeftMs(snapshot.context, now) === 0;
    case 'halfOpen':
      return halfOpen;
    case 'closed':
    case 'disabled':
      return true;
  }
}
