import type { ErrorCategory } from './categories.ts';
import type { ToolCircuitContext } from './circuit-context.ts';
import type { CircuitState } from './circuit-state.ts';

/** A circuit tells its parent that it has begun. */
export interface CircuitBegan {
  readonly type: 'CIRCUIT_BEGAN';
  readonly tool: string;
  readonly state: CircuitState;
}

/** A circuit tells its parent that it has changed its state. */
export interface CircuitChanged {
  readonly type: 'CIRCUIT_CHANGED';
  readonly tool: string;
  readonly from: CircuitState;
  readonly to: CircuitState;
  readonly openCount: number;
  readonly currentBackoffMs: number;
  readonly lastErrorCategory: ErrorCategory | null;
}

/** A circuit tells its parent that it has refused a call. */
export interface RequestDenied {
  readonly type: 'REQUEST_DENIED';
  readonly tool: string;
  readonly at: number;
  /** Why: the backoff has not run out, no probe's place is free, or an operator opened the circuit. */
  readonly state: CircuitState;
  readonly lastErrorCategory: ErrorCategory | null;
}

/** A circuit tells its parent that it would have tripped, had it been allowed to. */
export interface TripSpared {
  readonly type: 'TRIP_SPARED';
  readonly tool: string;
  /** `disabled`: an operator said so. `closed`: the parent allows no more trips. */
  readonly state: CircuitState;
  /** Whether it is the first time since the last success. */
  readonly isFirst: boolean;
  readonly lastErrorCategory: ErrorCategory | null;
}

/** What a circuit reports of the request that it has just refused. */
export const denialReport = (context: ToolCircuitContext): RequestDenied => ({
  type: 'REQUEST_DENIED',
  tool: context.tool,
  at: context.lastDeniedAt ?? 0,
  state: context.reportedState ?? 'open',
  lastErrorCategory: context.lastErrorCategory,
});

/** What a circuit reports of the trip that it was just spared. */
export const sparedTripReport = (context: ToolCircuitContext): TripSpared => ({
  type: 'TRIP_SPARED',
  tool: context.tool,
  state: context.reportedState ?? 'closed',
  isFirst: !context.tripIsSpared,
  lastErrorCategory: context.lastErrorCategory,
});
