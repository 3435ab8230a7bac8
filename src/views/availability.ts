import { backoffLeftMs, isolationLeftMs } from '../../machines/circuit-context.ts';
import { stateOf } from '../../machines/circuit-state.ts';
import type { ToolCircuitSnapshot } from '../../machines/tool-circuit.ts';

/** The conditions under which a circuit is asked whether it would admit a call. */
export interface Question {
  /** The instant of the call, in ms of the registry's clock. */
  readonly now: number;
  /** The answer for a half-open circuit, which may or may not have a free probe slot. */
  readonly halfOpen: boolean;
}

/**
 * Whether a circuit might admit a call; false means that it would certainly refuse. The answer depends on the time as well as
 * the state, because a request ends an elapsed backoff or isolation even if its timer is late.
 *
 * @param snapshot Undefined for a circuit that was never used, which counts as closed.
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
