import type { ErrorCategory } from '../../machines/categories.ts';
import { backoffLeftMs } from '../../machines/circuit-context.ts';
import { type CircuitState, countsAsOpen, stateOf } from '../../machines/circuit-state.ts';
import type { ToolCircuitSnapshot } from '../../machines/tool-circuit.ts';
import type { CircuitActor } from '../circuits/circuit-actor.ts';
import type { CallCounts, Latency } from '../telemetry/call-stats.ts';
import { type Measured, toolMetrics } from './metrics.ts';

/** What is known of one tool. Instants are in ms of the registry's clock; null where there was none. */
export interface ToolDiagnostics extends CallCounts {
  readonly tool: string;
  readonly status: CircuitState;
  /** Counted failures since the last success. */
  readonly failureCount: number;
  /** The backoff in force, in ms; 0 while closed. */
  readonly currentBackoffMs: number;
  /** What is left of it, in ms; null unless open. */
  readonly remainingBackoffMs: number | null;
  readonly openedAt: number | null;
  /** How often the circuit tripped. */
  readonly openCount: number;
  /** Whether the circuit is open or isolated. */
  readonly isOpen: boolean;
  /** Calls refused, those refused because of the tool's upstream included. */
  readonly deniedRequests: number;
  /** When its own circuit last refused one. */
  readonly lastDeniedAt: number | null;
  readonly lastErrorCategory: ErrorCategory | null;
  /** Calls let through while half-open that have not reported. */
  readonly probesInFlight: number;
  /** Results of calls that were permitted before the circuit last moved: counted, and nothing else. */
  readonly lateResults: number;
  /** When an isolation that has an end is over. */
  readonly isolatedUntil: number | null;
  /** What the tool depends on. */
  readonly upstream: string | null;
  /** How long the circuit has been open or isolated in all, in ms. */
  readonly openMs: number;
  /** Null while no call was timed. */
  readonly latency: Latency | null;
}

/** What is left of the backoff, in ms; null unless open. */
export function remainingBackoffMs(snapshot: ToolCircuitSnapshot, now: number): number | null {
  return snapshot.value === 'open' ? backoffLeftMs(snapshot.context, now) : null;
}

/** What is known of a tool, read off its circuit. */
export function diagnose(
  circuit: Measured & Pick<CircuitActor, 'upstream'>,
  now: number,
  openMs: number,
): ToolDiagnostics {
  const { context } = circuit.latest;
  const status = stateOf(circuit.latest);
  const { denials, ...counted } = toolMetrics(circuit, openMs);
  return {
    ...counted,
    status,
    failureCount: context.failureCount,
    currentBackoffMs: context.currentBackoffMs,
    remainingBackoffMs: remainingBackoffMs(circuit.latest, now),
    openedAt: context.openedAt,
    openCount: context.openCount,
    isOpen: countsAsOpen(status),
    deniedRequests: denials,
    lastDeniedAt: context.lastDeniedAt,
    lastErrorCategory: context.lastErrorCategory,
    probesInFlight: context.probesInFlight,
    isolatedUntil: context.isolatedUntil,
    upstream: circuit.upstream ?? null,
  };
}

/** What is known of a tool that has not been used: closed, and nothing else. */
export function diagnoseUnknown(tool: string, upstream?: string): ToolDiagnostics {
  return {
    tool,
    status: 'closed',
    failureCount: 0,
    currentBackoffMs: 0,
    remainingBackoffMs: null,
    openedAt: null,
    openCount: 0,
    isOpen: false,
    deniedRequests: 0,
    lastDeniedAt: null,
    lastErrorCategory: null,
    probesInFlight: 0,
    lateResults: 0,
    isolatedUntil: null,
    upstream: upstream ?? null,
    calls: 0,
    successes: 0,
    failures: {},
    timeouts: 0,
    openMs: 0,
    latency: null,
  };
}
