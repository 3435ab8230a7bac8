import { type Backoff, remainingMs, waitMs } from './backoff.ts';
import { type ErrorCategory, isErrorCategory } from './categories.ts';
import { type CircuitConfig, circuitConfig } from './circuit-config.ts';
import type { CircuitState } from './circuit-state.ts';

/**
 * When a call was permitted. A result that carries it cannot move a circuit that has moved on since; one without it
 * is taken as it comes.
 */
export interface PermitStamp {
  /** The circuit's generation. */
  readonly generation: number;
  /** When the call began, if it is a probe. */
  readonly probeStart: number | null;
}

/**
 * What can be sent to a circuit. `at` is the instant at which it happened, in ms of the circuit's clock; without
 * it, the clock is read when the event is processed.
 */
export type ToolCircuitEvent =
  /** A call succeeded. `durationMs` is how long it took. */
  | { type: 'SUCCESS'; durationMs?: number; at?: number; stamp?: PermitStamp }
  /** A call failed. No category: `executionError`. `retryAfterMs` is how long the tool asks to be left alone. */
  | {
      type: 'FAILURE';
      category?: ErrorCategory;
      retryAfterMs?: number;
      durationMs?: number;
      at?: number;
      stamp?: PermitStamp;
    }
  /** A call ended with nothing to say of the tool. */
  | { type: 'ABANDON'; stamp?: PermitStamp }
  /** A call is about to be made. */
  | { type: 'REQUEST'; at?: number }
  /** Become fresh and closed. */
  | { type: 'RESET' }
  /** An operator opens the circuit: for `forMs`, or until it is released as often as it was isolated. */
  | { type: 'ISOLATE'; forMs?: number; at?: number }
  /** An operator lets every call through; results are counted, and nothing trips. */
  | { type: 'DISABLE' }
  /** The time of an isolation that has an end is over. */
  | { type: 'ISOLATION_OVER' }
  /** An operator takes back an isolation, or the disabling. */
  | { type: 'RELEASE' }
  /** An operator closes the circuit, whatever it is. */
  | { type: 'CLOSE' }
  /** The circuit was made from a snapshot: report it, and start its timer, which XState does not. */
  | { type: 'RESUME' }
  /** The actor is about to be stopped: let go of its timer, so that stopping many is cheap. */
  | { type: 'DISARM' };

/** What a circuit knows. Instants are in ms of the circuit's clock; null where there was none. */
export interface ToolCircuitContext extends Backoff {
  readonly tool: string;
  readonly config: CircuitConfig;
  readonly now: () => number;
  readonly chance: () => number;
  readonly mayTrip: () => boolean;
  /** Counted failures since the last success. */
  readonly failureCount: number;
  readonly lastFailureAt: number | null;
  readonly lastErrorCategory: ErrorCategory | null;
  /** What the trip strategy remembers of earlier calls. */
  readonly tripMemory: unknown;
  /** Whether a trip was called for, and spared, since the last success. */
  readonly tripIsSpared: boolean;
  /** The backoff in force, or that was in force before half-open; 0 while closed. */
  readonly currentBackoffMs: number;
  /** Until when the tool has asked to be left alone. An open circuit does not half-open before. */
  readonly notBefore: number | null;
  /** Since when the circuit is open or isolated. */
  readonly openedAt: number | null;
  /** How often the circuit tripped. */
  readonly openCount: number;
  readonly deniedRequests: number;
  readonly lastDeniedAt: number | null;
  readonly probesInFlight: number;
  /** When each probe in flight began, the oldest first. Not kept where `halfOpenMaxProbes` is `Infinity`. */
  readonly probeStarts: readonly number[];
  /** Successes since the circuit became half-open. */
  readonly probeSuccesses: number;
  /** Failures since the circuit became half-open. */
  readonly probeFailures: number;
  /** Results of calls that were permitted before the circuit last moved. */
  readonly lateResults: number;
  /** Isolations without an end that are not yet released. */
  readonly isolations: number;
  /** When an isolation with an end is over. */
  readonly isolatedUntil: number | null;
  /** When the circuit last closed, from another state. */
  readonly closedAt: number | null;
  /** Grows with every change of state: what began in one generation says nothing of a later one. */
  readonly generation: number;
  /** The state that the parent was last told of; null where it knows of none, as in one made from a snapshot. */
  readonly reportedState: CircuitState | null;
}

/** What a circuit is made of. */
export interface ToolCircuitInput {
  readonly tool: string;
  /** The clock, in ms. It must never go back. */
  readonly now: () => number;
  /** Default: `defaultCircuitConfig`, field by field. */
  readonly config?: Partial<CircuitConfig>;
  /** Where jitter takes its chance from: a number from 0 up to, but not including, 1. Default: always 0, no spread. */
  readonly chance?: () => number;
  /** Whether a closed circuit may trip; where not, it reports that it was spared. Default: always. */
  readonly mayTrip?: () => boolean;
}

const none: readonly number[] = Object.freeze([]);
export const noProbes = Object.freeze({
  probesInFlight: 0,
  probeStarts: none,
  probeSuccesses: 0,
  probeFailures: 0,
});
/** What every recovery leaves. */
export const healthy = Object.freeze({
  failureCount: 0,
  tripIsSpared: false,
  lastFailureAt: null,
  lastErrorCategory: null,
  currentBackoffMs: 0,
  notBefore: null,
  openedAt: null,
  isolations: 0,
  isolatedUntil: null,
  ...noProbes,
});
/** What a circuit has before it is used. */
export const unused = Object.freeze({
  ...healthy,
  backoffStep: 0,
  baseBackoffMs: 0,
  closedAt: null,
  openCount: 0,
  deniedRequests: 0,
  lastDeniedAt: null,
  lateResults: 0,
});

const always = (): boolean => true;
const noChance = (): number => 0;

/** What a circuit knows when it begins, closed and fresh. */
export function initialContext(input: ToolCircuitInput): ToolCircuitContext {
  const config = circuitConfig(input.config);
  return {
    tool: input.tool,
    config,
    now: input.now,
    chance: input.chance ?? noChance,
    mayTrip: input.mayTrip ?? always,
    ...unused,
    tripMemory: config.trip.start,
    generation: 0,
    reportedState: 'closed',
  };
}

/** What a circuit knows, with something else in it. Field by field: many times as fast as a spread of a spread. */
export function contextWith(
  context: ToolCircuitContext,
  update: Partial<ToolCircuitContext>,
): ToolCircuitContext {
  const copy: ToolCircuitContext = {
    backoffStep: context.backoffStep,
    baseBackoffMs: context.baseBackoffMs,
    currentBackoffMs: context.currentBackoffMs,
    tool: context.tool,
    config: context.config,
    now: context.now,
    chance: context.chance,
    mayTrip: context.mayTrip,
    failureCount: context.failureCount,
    lastFailureAt: context.lastFailureAt,
    lastErrorCategory: context.lastErrorCategory,
    tripMemory: context.tripMemory,
    tripIsSpared: context.tripIsSpared,
    notBefore: context.notBefore,
    openedAt: context.openedAt,
    openCount: context.openCount,
    deniedRequests: context.deniedRequests,
    lastDeniedAt: context.lastDeniedAt,
    probesInFlight: context.probesInFlight,
    probeStarts: context.probeStarts,
    probeSuccesses: context.probeSuccesses,
    probeFailures: context.probeFailures,
    lateResults: context.lateResults,
    isolations: context.isolations,
    isolatedUntil: context.isolatedUntil,
    closedAt: context.closedAt,
    generation: context.generation,
    reportedState: context.reportedState,
  };
  return Object.assign(copy, update);
}

/** A circuit and the event that it is at. */
export interface Moment {
  readonly context: ToolCircuitContext;
  readonly event: ToolCircuitEvent;
}

/** When the event happened: as it says, or now. No event can happen in the future, or at no instant at all. */
export function instant({ context, event }: Moment): number {
  const now = context.now();
  const at = 'at' in event ? event.at : undefined;
  return Number.isFinite(at) && (at as number) <= now ? (at as number) : now;
}

export const categoryOf = (event: ToolCircuitEvent): ErrorCategory =>
  'category' in event && isErrorCategory(event.category) ? event.category : 'executionError';

/** What is left of an open circuit's backoff, in ms, counted from its last failure, or of what the tool asked for. */
export function backoffLeftMs(context: ToolCircuitContext, now: number): number {
  return Math.max(
    remainingMs(context.lastFailureAt, waitMs(context.config, context.currentBackoffMs), now),
    remainingMs(context.notBefore, 0, now),
  );
}

/** What is left of an isolation that has an end, in ms; `Infinity` where one has none. */
export function isolationLeftMs({ isolations, isolatedUntil }: ToolCircuitContext, now: number): number {
  return isolations > 0 || isolatedUntil === null ? Infinity : remainingMs(isolatedUntil, 0, now);
}

/** What is left until the oldest probe in flight gives its place back, in ms. */
export function probeLeftMs(context: ToolCircuitContext, now: number): number {
  return remainingMs(context.probeStarts[0] ?? now, context.config.probeTimeoutMs, now);
}
