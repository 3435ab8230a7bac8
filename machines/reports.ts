import type { ErrorCategory } from './categories.ts';
import type { ToolCircuitContext } from './circuit-context.ts';
import type { CircuitState } from './circuit-state.ts';
import type { LoopKind } from './loop-memory.ts';

/** Reports to the parent that a circuit has started. */
export interface CircuitBegan {
  readonly type: 'CIRCUIT_BEGAN';
  readonly tool: string;
  /** The target or tenant that the circuit is for. Default null: all calls of the tool. */
  readonly key?: string | null;
  readonly state: CircuitState;
}

/** Reports to the parent that a circuit has changed its state. */
export interface CircuitChanged {
  readonly type: 'CIRCUIT_CHANGED';
  readonly tool: string;
  /** The target or tenant that the circuit is for. Default null: all calls of the tool. */
  readonly key?: string | null;
  readonly from: CircuitState;
  readonly to: CircuitState;
  readonly openCount: number;
  readonly currentBackoffMs: number;
  readonly lastErrorCategory: ErrorCategory | null;
}

/** Reports to the parent that a circuit has refused a call. */
export interface RequestDenied {
  readonly type: 'REQUEST_DENIED';
  readonly tool: string;
  /** The target or tenant that the circuit is for. Default null: all calls of the tool. */
  readonly key?: string | null;
  readonly at: number;
  /** The state that refused: the backoff has not run out, no probe slot is free, or an operator isolated the tool. */
  readonly state: CircuitState;
  readonly lastErrorCategory: ErrorCategory | null;
}

/**
 * Why a circuit did not do what its calls called for: it only observes, an operator disabled it, or `recovery.maxOpenShare` is
 * reached.
 */
export type SpareReason = 'observe' | 'disabled' | 'cap';

/** Reports to the parent that a circuit would have tripped but was not allowed to. */
export interface TripSpared {
  readonly type: 'TRIP_SPARED';
  readonly tool: string;
  /** The target or tenant that the circuit is for. Default null: all calls of the tool. */
  readonly key?: string | null;
  /** `disabled` by an operator, or `closed` because it only observes or the parent allows no more trips. */
  readonly state: CircuitState;
  readonly why: SpareReason;
  /** Whether this is the first spared trip since the last success. */
  readonly isFirst: boolean;
  readonly lastErrorCategory: ErrorCategory | null;
}

/** Reports to the parent that a call runs although the circuit would have refused it if it did not only observe. */
export interface CallSpared {
  readonly type: 'CALL_SPARED';
  readonly tool: string;
  /** The target or tenant that the circuit is for. Default null: all calls of the tool. */
  readonly key?: string | null;
  /** The state in which the circuit would have been. */
  readonly state: CircuitState;
  readonly lastErrorCategory: ErrorCategory | null;
}

/**
 * Reports to the parent what a run of an agent does: an answer carries a correction, a call is refused, or the run should stop and
 * ask.
 */
export interface LoopReport {
  readonly type: 'LOOP_WARNED' | 'LOOP_DENIED' | 'LOOP_STOPPED';
  readonly run: string;
  readonly kind: LoopKind;
  readonly tool: string;
  /** How often the run has repeated itself. */
  readonly count: number;
  /** Whether the tool only observes, so that only a report is made. */
  readonly isObserved: boolean;
}

/** Reports to the parent that a run no longer repeats itself. */
export interface LoopEnded {
  readonly type: 'LOOP_ENDED';
  readonly run: string;
}

/** The report of the request that a circuit has just refused. */
export const denialReport = (context: ToolCircuitContext): RequestDenied => ({
  type: 'REQUEST_DENIED',
  tool: context.tool,
  key: context.key,
  at: context.lastDeniedAt ?? 0,
  state: context.reportedState ?? 'open',
  lastErrorCategory: context.lastErrorCategory,
});

function spareReason({ reportedState, isObserved }: ToolCircuitContext): SpareReason {
  if (reportedState === 'disabled') return 'disabled';
  return isObserved ? 'observe' : 'cap';
}

/** The report of the trip that a circuit was just spared. */
export const sparedTripReport = (context: ToolCircuitContext): TripSpared => ({
  type: 'TRIP_SPARED',
  tool: context.tool,
  key: context.key,
  state: context.reportedState ?? 'closed',
  why: spareReason(context),
  isFirst: !context.tripIsSpared,
  lastErrorCategory: context.lastErrorCategory,
});
