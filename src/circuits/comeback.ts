import { backoffLeftMs, isolationLeftMs, probeLeftMs } from '../../machines/circuit-context.ts';
import { rules } from '../../machines/circuit-rules.ts';
import { stateOf } from '../../machines/circuit-state.ts';
import type { ToolCircuitSnapshot } from '../../machines/tool-circuit.ts';
import type { CallStats } from '../telemetry/call-stats.ts';

/** A circuit, as far as it tells when it admits calls again. */
export interface Refusing {
  readonly latest: ToolCircuitSnapshot;
  readonly statsIfAny: CallStats | undefined;
}

/** Whether a circuit would refuse a call at this instant. It reads the time as well as the state: a timer may be late. */
export function refusesNow(snapshot: ToolCircuitSnapshot, now: number): boolean {
  const { context } = snapshot;
  switch (stateOf(snapshot)) {
    case 'open':
      return backoffLeftMs(context, now) > 0;
    case 'halfOpen':
      return !rules.placeIsFree({ context, event: { type: 'REQUEST', at: now } });
    case 'isolated':
      return isolationLeftMs(context, now) > 0;
    case 'closed':
    case 'disabled':
      return false;
  }
}

/** How long a circuit that refuses calls may go on to, in ms; `Infinity` where it waits to be released by hand. */
export function atMostRefusingMs(snapshot: ToolCircuitSnapshot, now: number): number {
  switch (stateOf(snapshot)) {
    case 'open':
      return backoffLeftMs(snapshot.context, now);
    case 'halfOpen':
      return probeLeftMs(snapshot.context, now);
    default:
      return isolationLeftMs(snapshot.context, now);
  }
}

/**
 * When to come back to a circuit that refuses calls, in whole ms, rounded up; null where nobody can say. While a probe runs,
 * it is an estimate: the time within which 95 % of the tool's calls end, or else the first backoff, and never longer than a
 * probe may take.
 */
export function retryAfterMsOf({ latest, statsIfAny }: Refusing, now: number): number | null {
  const mostMs = atMostRefusingMs(latest, now);
  if (mostMs === Infinity) return null;
  if (stateOf(latest) !== 'halfOpen') return Math.ceil(mostMs);
  const { p95Ms = latest.context.config.minBackoffMs } = statsIfAny?.latency() ?? {};
  return Math.ceil(Math.max(1, Math.min(p95Ms, mostMs)));
}
