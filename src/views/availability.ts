import { backoffLeftMs, isolationLeftMs } from '../../machines/circuit-context.ts';
import { stateOf } from '../../machines/circuit-state.ts';
import type { ToolCircuitSnapshot } from '../../machines/tool-circuit.ts';
import { type Refusing, refusesNow, retryAfterMsOf } from '../circuits/comeback.ts';

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

/** Whether a call of a tool would be admitted now, and if not, why. */
export type Availability =
  | { readonly available: true }
  | {
      readonly available: false;
      /** The state of the tool's own circuit that refuses the call, or `upstream` if the upstream's circuit does. */
      readonly reason: 'open' | 'halfOpen' | 'isolated' | 'upstream';
      /** The circuit that refuses the call. */
      readonly because: string;
      /** How long to wait before the next attempt, in whole ms; null if that is unknown, as for an isolated tool. */
      readonly retryAfterMs: number | null;
      /** The wall-clock time of the next attempt, in ms since 1970; null if unknown. */
      readonly retryAt: number | null;
    };

/** A circuit that a call needs. */
export interface NeededCircuit extends Refusing {
  readonly id: string;
}

/**
 * Whether all circuits that a call needs would admit it. The upstream is checked first, as it is for a call.
 *
 * @param tool Undefined for a circuit that was never used, which admits every call.
 */
export function availabilityOf(
  tool: NeededCircuit | undefined,
  upstream: NeededCircuit | undefined,
  now: number,
  wallNow: number,
): Availability {
  for (const circuit of [upstream, tool]) {
    if (circuit === undefined || !refusesNow(circuit.latest, now)) continue;
    const retryAfterMs = retryAfterMsOf(circuit, now);
    return {
      available: false,
      reason: circuit === tool ? (stateOf(circuit.latest) as 'open' | 'halfOpen' | 'isolated') : 'upstream',
      because: circuit.id,
      retryAfterMs,
      retryAt: retryAfterMs === null ? null : Math.ceil(wallNow + retryAfterMs),
    };
  }
  return { available: true };
}
