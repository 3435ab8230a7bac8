import { backoffLeftMs, isolationLeftMs, probeLeftMs } from '../../machines/circuit-context.ts';
import { rules } from '../../machines/circuit-rules.ts';
import { stateOf } from '../../machines/circuit-state.ts';
import type { ToolCircuitSnapshot } from '../../machines/tool-circuit.ts';
import type { CallStats } from '../telemetry/call-stats.ts';

/** The parts of a circuit that show when it admits calls again. */
export interface Refusing {
  readonly latest: ToolCircuitSnapshot;
  readonly statsIfAny: CallStats | undefined;
}

/** Whether a circuit would refuse a call now. The answer depends on the time as well as the state, because timers may be late. */
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

/** How much longer a refusing circuit may refuse calls, in ms; `Infinity` if it waits to be released by hand. */
export function maxRefusingMs(snapshot: ToolCircuitSnapshot, now: number): number {
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
 * How long to wait before the next attempt at a refusing circuit, in whole ms, rounded up; null if that is unknown. While a
 * probe runs, it is an estimate: the time within which 95 % of the tool's calls end, or else the first backoff, but never longer
 * than a probe may take.
 */
export function retryAfterMsOf({ latest, statsIfAny }: Refusing, now: number): number | null {
  const maxMs = maxRefusingMs(latest, now);
  if (maxMs === Infinity) return null;
  if (stateOf(latest) !== 'halfOpen') return Math.ceil(maxMs);
  const { p95Ms = latest.context.config.minBackoffMs } = statsIfAny?.latency() ?? {};
  return Math.ceil(Math.max(1, Math.min(p95Ms, maxMs)));
}
