import { type Backoff, remainingMs, waitMs } from './backoff.ts';
import { type ErrorCategory, isErrorCategory } from './categories.ts';
import { type CircuitConfig, circuitConfig } from './circuit-config.ts';
import type { CircuitState } from './circuit-state.ts';
import { type FleetEvent, type FleetVerdict, fleetLeftMs } from './fleet-verdict.ts';
import type { CallOutcome } from './trip-strategy.ts';

/**
 * Records when a call was permitted. A result with a stamp is late if the circuit has changed state since, and then does not
 * move it; a result without one always counts.
 */
export interface PermitStamp {
  /** The circuit's generation. */
  readonly generation: number;
  /** When the call began, if it is a probe. */
  readonly probeStart: number | null;
}

/**
 * The events of a circuit. `at` is the instant of the event, in ms of the circuit's clock; by default the clock is read when
 * the event is processed.
 */
export type ToolCircuitEvent =
  /** A call succeeded after `durationMs`. */
  | { type: 'SUCCESS'; durationMs?: number; at?: number; stamp?: PermitStamp }
  /** A call failed. The default category is `executionError`; `retryAfterMs` is how long the tool asks callers to wait. */
  | {
      type: 'FAILURE';
      category?: ErrorCategory;
      retryAfterMs?: number;
      durationMs?: number;
      at?: number;
      stamp?: PermitStamp;
    }
  /** A call ended without saying anything about the tool. */
  | { type: 'ABANDON'; stamp?: PermitStamp }
  /** A call is about to be made. */
  | { type: 'REQUEST'; at?: number }
  /** Clears the circuit and closes it; the actor and its observers stay. (`registry.reset` stops the actor instead.) */
  | { type: 'RESET' }
  /** An operator, who may be named, takes the tool out of service, for `forMs` or until each isolation has been released. */
  | { type: 'ISOLATE'; forMs?: number; by?: string; at?: number }
  /** An operator admits every call; results are counted, but never trip the circuit. */
  | { type: 'DISABLE' }
  /** The end of a timed isolation has come. */
  | { type: 'ISOLATION_OVER' }
  /** An operator undoes one isolation, or the disabling. */
  | { type: 'RELEASE' }
  /** An operator closes the circuit, whatever its state. */
  | { type: 'CLOSE' }
  /** From now on the circuit only observes: it stays closed, and reports the trips that it is spared. */
  | { type: 'OBSERVE' }
  /** From now on the circuit trips again. */
  | { type: 'ENFORCE' }
  /** The circuit was made from a snapshot: it reports its state and starts its timer, which XState does not. */
  | { type: 'RESUME' }
  /** The actor is about to be stopped: it cancels its timers, so that stopping many actors is cheap. */
  | { type: 'DISARM' }
  | FleetEvent;

/** A circuit's context. Instants are in ms of the circuit's clock, and null if there was none. */
export interface ToolCircuitContext extends Backoff {
  readonly tool: string;
  /** The target or tenant that the circuit is for; null if it is for all calls of the tool. */
  readonly key: string | null;
  readonly config: CircuitConfig;
  readonly now: () => number;
  readonly chance: () => number;
  readonly mayTrip: () => boolean;
  /** Whether the circuit only observes: it never trips, and reports the trips that it is spared. */
  readonly isObserved: boolean;
  /** Counted failures since the last success. */
  readonly failureCount: number;
  readonly lastFailureAt: number | null;
  readonly lastErrorCategory: ErrorCategory | null;
  /** The trip strategy's memory of earlier calls. */
  readonly tripMemory: unknown;
  /** Whether a trip has been suppressed since the last success. */
  readonly tripIsSpared: boolean;
  /** The current backoff, or the last one while half-open, in ms; 0 while closed. */
  readonly currentBackoffMs: number;
  /** The instant before which the tool has asked not to be called; an open circuit becomes half-open no earlier. */
  readonly notBefore: number | null;
  /** When the circuit became open or isolated. */
  readonly openedAt: number | null;
  /** How often this circuit has tripped; in the registry's context, the same name counts open circuits. */
  readonly openCount: number;
  readonly deniedRequests: number;
  readonly lastDeniedAt: number | null;
  readonly probesInFlight: number;
  /** When each probe in flight began, oldest first. Not kept if `halfOpenMaxProbes` is `Infinity`. */
  readonly probeStarts: readonly number[];
  /** Successes since the circuit became half-open. */
  readonly probeSuccesses: number;
  /** Failures since the circuit became half-open. */
  readonly probeFailures: number;
  /** Results of calls that were permitted before the circuit last changed state. */
  readonly lateResults: number;
  /** Isolations without an end that have not been released yet. */
  readonly isolations: number;
  /** When a timed isolation ends. */
  readonly isolatedUntil: number | null;
  /** Who isolated the tool last, if that was said. */
  readonly isolatedBy: string | null;
  /** When the circuit last closed from another state. */
  readonly closedAt: number | null;
  /** What the fleet has decided; null if it has not, or there is none. */
  readonly fleet: FleetVerdict | null;
  /** Grows with every change of state; a call from an earlier generation says nothing about the current one. */
  readonly generation: number;
  /** The state last reported to the parent; null if none was, as in a circuit made from a snapshot. */
  readonly reportedState: CircuitState | null;
}

/** The input of a circuit's actor. */
export interface ToolCircuitInput {
  readonly tool: string;
  /** The target or tenant that the circuit is for. Default null: all calls of the tool. */
  readonly key?: string | null;
  /** The clock, in ms. It must never go backwards. */
  readonly now: () => number;
  /** Default: `defaultCircuitConfig`, field by field. */
  readonly config?: Partial<CircuitConfig>;
  /** The random source of the jitter: returns a number from 0 up to, but not including, 1. Default: always 0, no jitter. */
  readonly chance?: () => number;
  /** Whether a closed circuit may trip; if not, it reports a spared trip instead. Default: always. */
  readonly mayTrip?: () => boolean;
  /** Whether the circuit only observes, until the event `ENFORCE`. Default false. */
  readonly isObserved?: boolean;
}

const none: readonly number[] = Object.freeze([]);
export const noProbes = Object.freeze({
  probesInFlight: 0,
  probeStarts: none,
  probeSuccesses: 0,
  probeFailures: 0,
});
/** The part of the context that every recovery resets. */
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
  isolatedBy: null,
  ...noProbes,
});
/** The part of the context that a reset clears, as it is in an unused circuit. */
export const unused = Object.freeze({
  ...healthy,
  backoffStep: 0,
  baseBackoffMs: 0,
  closedAt: null,
  fleet: null,
  openCount: 0,
  deniedRequests: 0,
  lastDeniedAt: null,
  lateResults: 0,
});

const always = (): boolean => true;
const noChance = (): number => 0;

/** The context of a new circuit. */
export function initialContext(input: ToolCircuitInput): ToolCircuitContext {
  const config = circuitConfig(input.config);
  return {
    tool: input.tool,
    key: input.key ?? null,
    config,
    now: input.now,
    chance: input.chance ?? noChance,
    mayTrip: input.mayTrip ?? always,
    isObserved: input.isObserved ?? false,
    ...unused,
    tripMemory: config.trip.start,
    generation: 0,
    reportedState: 'closed',
  };
}

/** What every trip and every recovery decides anew. */
export type Course = Omit<
  ToolCircuitContext,
  | 'tool'
  | 'key'
  | 'config'
  | 'now'
  | 'chance'
  | 'mayTrip'
  | 'isObserved'
  | 'deniedRequests'
  | 'lastDeniedAt'
  | 'lateResults'
  | 'generation'
  | 'reportedState'
>;

/** A copy of a context on another course. V8 assigns so many fields one by one at a quarter of what `Object.assign` takes. */
export function contextOn(context: ToolCircuitContext, course: Course): ToolCircuitContext {
  return {
    backoffStep: course.backoffStep,
    baseBackoffMs: course.baseBackoffMs,
    currentBackoffMs: course.currentBackoffMs,
    tool: context.tool,
    key: context.key,
    config: context.config,
    now: context.now,
    chance: context.chance,
    mayTrip: context.mayTrip,
    isObserved: context.isObserved,
    failureCount: course.failureCount,
    lastFailureAt: course.lastFailureAt,
    lastErrorCategory: course.lastErrorCategory,
    tripMemory: course.tripMemory,
    tripIsSpared: course.tripIsSpared,
    notBefore: course.notBefore,
    openedAt: course.openedAt,
    openCount: course.openCount,
    deniedRequests: context.deniedRequests,
    lastDeniedAt: context.lastDeniedAt,
    probesInFlight: course.probesInFlight,
    probeStarts: course.probeStarts,
    probeSuccesses: course.probeSuccesses,
    probeFailures: course.probeFailures,
    lateResults: context.lateResults,
    isolations: course.isolations,
    isolatedUntil: course.isolatedUntil,
    isolatedBy: course.isolatedBy,
    closedAt: course.closedAt,
    fleet: course.fleet,
    generation: context.generation,
    reportedState: context.reportedState,
  };
}

/** A copy of a context with some fields changed. Copying field by field is many times faster than spreading. */
export function contextWith(
  context: ToolCircuitContext,
  update: Partial<ToolCircuitContext>,
): ToolCircuitContext {
  // Made by `contextOn`.
  if ('config' in update) return update as ToolCircuitContext;
  return Object.assign(contextOn(context, context), update);
}

/** A circuit's context and the event being processed. */
export interface Moment {
  readonly context: ToolCircuitContext;
  readonly event: ToolCircuitEvent;
  /** When the event happened, once a rule has asked: the clock is read once per moment. */
  at?: number;
  /** The result that the event is, once a rule has asked the trip strategy about it: it is asked once per moment. */
  memo?: { readonly call: CallOutcome; readonly tripMemory: unknown };
}

/** The instant of an event: its own `at`, or now if that is missing, invalid or in the future. */
export function instant(moment: Moment): number {
  if (moment.at === undefined) {
    const now = moment.context.now();
    const at = 'at' in moment.event ? moment.event.at : undefined;
    moment.at = Number.isFinite(at) && (at as number) <= now ? (at as number) : now;
  }
  return moment.at;
}

export const categoryOf = (event: ToolCircuitEvent): ErrorCategory =>
  'category' in event && isErrorCategory(event.category) ? event.category : 'executionError';

/**
 * How long an open circuit still waits, in ms: for its backoff since the last failure, for the time the tool asked for, or for
 * its fleet. A circuit that only its fleet has opened has no last failure.
 */
export function backoffLeftMs(context: ToolCircuitContext, now: number): number {
  return Math.max(
    remainingMs(context.lastFailureAt, waitMs(context.config, context.currentBackoffMs), now),
    remainingMs(context.notBefore, 0, now),
    fleetLeftMs(context.fleet, now),
  );
}

/** How much is left of an isolation, in ms; `Infinity` if it has no end. */
export function isolationLeftMs({ isolations, isolatedUntil }: ToolCircuitContext, now: number): number {
  return isolations > 0 || isolatedUntil === null ? Infinity : remainingMs(isolatedUntil, 0, now);
}

/** How long until the oldest probe in flight loses its slot, in ms. */
export function probeLeftMs(context: ToolCircuitContext, now: number): number {
  return remainingMs(context.probeStarts[0] ?? now, context.config.probeTimeoutMs, now);
}
