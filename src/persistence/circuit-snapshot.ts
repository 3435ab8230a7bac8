import { circuitConfig } from '../../machines/circuit-config.ts';
import { initialContext, type ToolCircuitInput } from '../../machines/circuit-context.ts';
import { stateOf } from '../../machines/circuit-state.ts';
import { type ToolCircuitSnapshot, toolCircuitMachine } from '../../machines/tool-circuit.ts';
import type { PersistedCircuit } from './persisted.ts';

const shift = (at: number | null, ms: number): number | null => (at === null ? null : at + ms);

/** The persisted form of one circuit. `offsetMs` is the wall-clock time minus the instant of the registry's clock. */
export function persistCircuit(snapshot: ToolCircuitSnapshot, offsetMs: number): PersistedCircuit {
  const { context } = snapshot;
  return {
    tool: context.tool,
    ...(context.key !== null && { key: context.key }),
    state: stateOf(snapshot),
    failureCount: context.failureCount,
    lastFailureTime: shift(context.lastFailureAt, offsetMs),
    lastErrorCategory: context.lastErrorCategory,
    currentBackoffMs: context.currentBackoffMs,
    backoffStep: context.backoffStep,
    baseBackoffMs: context.baseBackoffMs,
    notBeforeTime: shift(context.notBefore, offsetMs),
    openedTime: shift(context.openedAt, offsetMs),
    openCount: context.openCount,
    deniedRequests: context.deniedRequests,
    lastDeniedTime: shift(context.lastDeniedAt, offsetMs),
    isolations: context.isolations,
    isolatedUntilTime: shift(context.isolatedUntil, offsetMs),
    ...(context.isolatedBy !== null && { isolatedBy: context.isolatedBy }),
    closedTime: shift(context.closedAt, offsetMs),
  };
}

/** When a persisted isolation ends. A wall clock that was set back cannot make it last longer than it was meant to. */
function endOfIsolation(
  { isolatedUntilTime, openedTime }: PersistedCircuit,
  offsetMs: number,
  now: number,
): number | null {
  if (isolatedUntilTime === null) return null;
  const maxMs = openedTime === null ? Infinity : Math.max(0, isolatedUntilTime - openedTime);
  return Math.min(isolatedUntilTime - offsetMs, now + maxMs);
}

/** The snapshot from which a persisted circuit starts. An instant that the wall clock puts in the future becomes now. */
export function restoreCircuit(
  kept: PersistedCircuit,
  offsetMs: number,
  input: ToolCircuitInput,
): ToolCircuitSnapshot {
  const now = input.now();
  const instant = (time: number | null): number | null =>
    time === null ? null : Math.min(time - offsetMs, now);
  const { maxBackoffMs, maxRetryAfterMs } = circuitConfig(input.config);
  return toolCircuitMachine.resolveState({
    value: kept.state,
    context: {
      ...initialContext(input),
      reportedState: null,
      failureCount: kept.failureCount,
      lastFailureAt: instant(kept.lastFailureTime),
      lastErrorCategory: kept.lastErrorCategory,
      currentBackoffMs: Math.min(kept.currentBackoffMs, maxBackoffMs),
      backoffStep: kept.backoffStep,
      baseBackoffMs: Math.min(kept.baseBackoffMs, maxBackoffMs),
      notBefore:
        kept.notBeforeTime === null ? null : Math.min(kept.notBeforeTime - offsetMs, now + maxRetryAfterMs),
      openedAt: instant(kept.openedTime),
      openCount: kept.openCount,
      deniedRequests: kept.deniedRequests,
      lastDeniedAt: instant(kept.lastDeniedTime),
      isolations: kept.isolations,
      isolatedUntil: endOfIsolation(kept, offsetMs, now),
      isolatedBy: kept.isolatedBy ?? null,
      closedAt: instant(kept.closedTime),
    },
  });
}
