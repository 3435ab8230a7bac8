import { type ActorRefFrom, assign, enqueueActions, type SnapshotFrom, setup } from 'xstate';
import { longestTimerMs, nextBackoffMs, remainingMs, waitMs } from './backoff.ts';
import { type ErrorCategory, isCounted, isErrorCategory } from './categories.ts';
import { type CircuitConfig, circuitConfig } from './circuit-config.ts';
import type { CircuitState } from './circuit-state.ts';
import type { CircuitBegan, CircuitChanged, RequestDenied } from './reports.ts';

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
  /** A call succeeded. */
  | { type: 'SUCCESS'; at?: number; stamp?: PermitStamp }
  /** A call failed. No category: `executionError`. `retryAfterMs` is how long the tool asks to be left alone. */
  | { type: 'FAILURE'; category?: ErrorCategory; retryAfterMs?: number; at?: number; stamp?: PermitStamp }
  /** A call ended with nothing to say of the tool. */
  | { type: 'ABANDON'; stamp?: PermitStamp }
  /** A call is about to be made. */
  | { type: 'REQUEST'; at?: number }
  /** Become fresh and closed. */
  | { type: 'RESET' }
  /** An operator opens the circuit, until it is released as often as it was isolated. */
  | { type: 'ISOLATE'; at?: number }
  | { type: 'RELEASE' }
  /** The circuit was made from a snapshot: report it, and start its timer, which XState does not. */
  | { type: 'RESUME' }
  /** The actor is about to be stopped: let go of its timer, so that stopping many is cheap. */
  | { type: 'DISARM' };

/** What a circuit knows. Instants are in ms of the circuit's clock; null where there was none. */
export interface ToolCircuitContext {
  readonly tool: string;
  readonly config: CircuitConfig;
  readonly now: () => number;
  /** Counted failures since the last success. */
  readonly failureCount: number;
  readonly lastFailureAt: number | null;
  readonly lastErrorCategory: ErrorCategory | null;
  /** The backoff in force, or that was in force before half-open; 0 while closed. */
  readonly currentBackoffMs: number;
  /** Since when the circuit is open or isolated. */
  /** Until when the tool has asked to be left alone. An open circuit does not half-open before. */
  readonly notBefore: number | null;
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
  /** Results of calls that were permitted before the circuit last moved. */
  readonly lateResults: number;
  /** Isolations not yet released. */
  readonly isolations: number;
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
}

const noProbes = Object.freeze({ probesInFlight: 0, probeStarts: Object.freeze([]), probeSuccesses: 0 });
const recovered = Object.freeze({
  failureCount: 0,
  lastFailureAt: null,
  lastErrorCategory: null,
  currentBackoffMs: 0,
  notBefore: null,
  openedAt: null,
  isolations: 0,
  ...noProbes,
});
const fresh = Object.freeze({
  ...recovered,
  openCount: 0,
  deniedRequests: 0,
  lastDeniedAt: null,
  lateResults: 0,
});

/** What a circuit knows when it begins, closed and fresh. */
export function initialContext({ tool, now, config }: ToolCircuitInput): ToolCircuitContext {
  return { tool, config: circuitConfig(config), now, ...fresh, generation: 0, reportedState: 'closed' };
}

type Moment = { context: ToolCircuitContext; event: ToolCircuitEvent };

/** When the event happened: as it says, or now. No event can happen in the future, or at no instant at all. */
function instant({ context, event }: Moment): number {
  const now = context.now();
  const at = 'at' in event ? event.at : undefined;
  return Number.isFinite(at) && (at as number) <= now ? (at as number) : now;
}

const categoryOf = (event: ToolCircuitEvent): ErrorCategory =>
  'category' in event && isErrorCategory(event.category) ? event.category : 'executionError';

/** What is left of an open circuit's backoff, in ms, counted from its last failure, or of what the tool asked for. */
export function backoffLeftMs(context: ToolCircuitContext, now: number): number {
  return Math.max(
    remainingMs(context.lastFailureAt, waitMs(context.config, context.currentBackoffMs), now),
    remainingMs(context.notBefore, 0, now),
  );
}

/** Until when the tool is to be left alone after a failure: as it asks, within bounds, and as it has asked before. */
function notBeforeAfter(moment: Moment): number | null {
  const { config, notBefore } = moment.context;
  const askedMs = 'retryAfterMs' in moment.event ? moment.event.retryAfterMs : undefined;
  if (typeof askedMs !== 'number' || !(askedMs > 0)) return notBefore;
  return Math.max(instant(moment) + Math.min(askedMs, config.maxRetryAfterMs), notBefore ?? -Infinity);
}

/** What is left until the oldest probe in flight gives its place back, in ms. */
export function probeLeftMs(context: ToolCircuitContext, now: number): number {
  return remainingMs(context.probeStarts[0] ?? now, context.config.probeTimeoutMs, now);
}

/** Takes back the places of the probes that have not reported in time. */
function withoutHungProbes({ config, probesInFlight, probeStarts }: ToolCircuitContext, now: number) {
  const live = probeStarts.filter((start) => remainingMs(start, config.probeTimeoutMs, now) > 0);
  return { probesInFlight: probesInFlight - (probeStarts.length - live.length), probeStarts: live };
}

/** Whether a half-open circuit lets another probe through: a place is free, and its verdict is still needed. */
function hasFreePlace(context: ToolCircuitContext, now: number): boolean {
  const { config, probeSuccesses } = context;
  const { probesInFlight } = withoutHungProbes(context, now);
  return (
    probesInFlight < config.halfOpenMaxProbes &&
    probesInFlight + probeSuccesses < Math.max(config.halfOpenMaxProbes, config.successThreshold)
  );
}

/** Whether a result is of a call whose time is over: the circuit has moved, or its probe's place was taken back. */
function isLate(
  { generation, config, probeStarts }: ToolCircuitContext,
  stamp: PermitStamp | undefined,
): boolean {
  if (typeof stamp !== 'object' || stamp === null) return false;
  if (stamp.generation !== generation) return true;
  const { probeStart } = stamp;
  return (
    probeStart !== null && Number.isFinite(config.halfOpenMaxProbes) && !probeStarts.includes(probeStart)
  );
}

/** The probes without the one that has ended: the stamped one, or else the oldest. */
function withoutProbe(context: ToolCircuitContext, event: ToolCircuitEvent) {
  const start = 'stamp' in event ? event.stamp?.probeStart : undefined;
  const index = start == null ? 0 : context.probeStarts.indexOf(start);
  return {
    probesInFlight: Math.max(0, context.probesInFlight - 1),
    probeStarts: context.probeStarts.toSpliced(index, 1),
  };
}

/** What every counted failure leaves behind. */
const failed = (moment: Moment) => ({
  lastFailureAt: Math.max(instant(moment), moment.context.lastFailureAt ?? -Infinity),
  lastErrorCategory: categoryOf(moment.event),
  notBefore: notBeforeAfter(moment),
});

const tripped = (moment: Moment, currentBackoffMs: number) => ({
  ...failed(moment),
  currentBackoffMs,
  openedAt: instant(moment),
  openCount: moment.context.openCount + 1,
  ...noProbes,
});

/** The circuit of one tool. It tells its parent, if it has one, of each change of state and of each denial. */
export const toolCircuitMachine = setup({
  types: {
    context: {} as ToolCircuitContext,
    events: {} as ToolCircuitEvent,
    input: {} as ToolCircuitInput,
  },
  delays: {
    // Held to what a timer can count: a timer that fires before its time is set again.
    backoff: ({ context }) => Math.min(backoffLeftMs(context, context.now()), longestTimerMs),
    probeTimeout: ({ context }) => Math.min(probeLeftMs(context, context.now()), longestTimerMs),
  },
  guards: {
    resultIsLate: ({ context, event }) => isLate(context, 'stamp' in event ? event.stamp : undefined),
    categoryIsIgnored: ({ event }) => !isCounted(categoryOf(event)),
    thresholdIsReached: ({ context }) => context.failureCount + 1 >= context.config.failureThreshold,
    backoffHasRunOut: (moment) => backoffLeftMs(moment.context, instant(moment)) === 0,
    placeIsFree: (moment) => hasFreePlace(moment.context, instant(moment)),
    probesAreTimed: ({ context }) => context.probeStarts.length > 0,
    successesSuffice: ({ context }) => context.probeSuccesses + 1 >= context.config.successThreshold,
    isolatedMoreThanOnce: ({ context }) => context.isolations > 1,
  },
  actions: {
    forgetFailures: assign({ failureCount: 0, notBefore: null }),
    countFailure: assign((moment) => ({
      failureCount: moment.context.failureCount + 1,
      ...failed(moment),
    })),
    trip: assign((moment) => ({
      failureCount: moment.context.failureCount + 1,
      ...tripped(moment, moment.context.config.minBackoffMs),
    })),
    tripAgain: assign((moment) =>
      tripped(moment, nextBackoffMs(moment.context.config, moment.context.currentBackoffMs)),
    ),
    startWaitAgain: assign(failed),
    recover: assign(recovered),
    startFresh: assign(({ context }) => ({ ...fresh, generation: context.generation + 1 })),

    startProbing: assign(noProbes),
    takePlace: assign((moment) => {
      const now = instant(moment);
      const { probesInFlight, probeStarts } = withoutHungProbes(moment.context, now);
      const timed = Number.isFinite(moment.context.config.halfOpenMaxProbes);
      return {
        probesInFlight: probesInFlight + 1,
        probeStarts: timed ? [...probeStarts, Math.max(now, probeStarts.at(-1) ?? now)] : probeStarts,
      };
    }),
    giveBackPlace: assign(({ context, event }) => withoutProbe(context, event)),
    giveBackHungPlaces: assign(({ context }) => withoutHungProbes(context, context.now())),
    countSuccess: assign(({ context }) => ({ probeSuccesses: context.probeSuccesses + 1 })),

    countLateResult: assign({ lateResults: ({ context }) => context.lateResults + 1 }),

    isolate: assign((moment) => ({ openedAt: instant(moment), isolations: 1, ...noProbes })),
    isolateAgain: assign({ isolations: ({ context }) => context.isolations + 1 }),
    releaseOnce: assign({ isolations: ({ context }) => context.isolations - 1 }),

    deny: assign((moment) => ({
      deniedRequests: moment.context.deniedRequests + 1,
      lastDeniedAt: instant(moment),
    })),
    // No `enqueueActions`: this is the one action that every circuit runs when it is spawned.
    reportBeginning: ({ context, self }) =>
      self._parent?.send({
        type: 'CIRCUIT_BEGAN',
        tool: context.tool,
        state: 'closed',
      } satisfies CircuitBegan),
    reportDenial: enqueueActions(({ context, self, enqueue }) => {
      if (self._parent === undefined) return;
      enqueue.sendTo(self._parent, {
        type: 'REQUEST_DENIED',
        tool: context.tool,
        at: context.lastDeniedAt ?? 0,
        state: context.reportedState ?? 'open',
        lastErrorCategory: context.lastErrorCategory,
      } satisfies RequestDenied);
    }),
    reportState: enqueueActions(({ context, self, enqueue }, { state }: { state: CircuitState }) => {
      const from = context.reportedState;
      if (from === state) return;
      enqueue.assign({ reportedState: state, generation: context.generation + 1 });
      if (self._parent === undefined) return;
      const { tool } = context;
      if (from === null) {
        enqueue.sendTo(self._parent, { type: 'CIRCUIT_BEGAN', tool, state } satisfies CircuitBegan);
        return;
      }
      enqueue.sendTo(self._parent, {
        type: 'CIRCUIT_CHANGED',
        tool,
        from,
        to: state,
        openCount: context.openCount,
        currentBackoffMs: context.currentBackoffMs,
        lastErrorCategory: context.lastErrorCategory,
      } satisfies CircuitChanged);
    }),
    letGoOfTimer: enqueueActions(({ enqueue }) => {
      enqueue.cancel('xstate.after.backoff.toolCircuit.open');
      enqueue.cancel('xstate.after.probeTimeout.toolCircuit.halfOpen');
    }),
  },
}).createMachine({
  id: 'toolCircuit',
  context: ({ input }) => initialContext(input),
  initial: 'closed',
  entry: 'reportBeginning',
  on: {
    DISARM: { actions: 'letGoOfTimer' },
  },
  states: {
    closed: {
      entry: { type: 'reportState', params: { state: 'closed' } },
      on: {
        RESUME: { target: 'closed', reenter: true },
        SUCCESS: [{ guard: 'resultIsLate', actions: 'countLateResult' }, { actions: 'forgetFailures' }],
        FAILURE: [
          { guard: 'resultIsLate', actions: 'countLateResult' },
          { guard: 'categoryIsIgnored' },
          { guard: 'thresholdIsReached', target: 'open', actions: 'trip' },
          { actions: 'countFailure' },
        ],
        RESET: { actions: 'startFresh' },
        ISOLATE: { target: 'isolated', actions: 'isolate' },
      },
    },
    open: {
      entry: { type: 'reportState', params: { state: 'open' } },
      after: {
        backoff: [
          { guard: 'backoffHasRunOut', target: 'halfOpen', actions: 'startProbing' },
          { target: 'open', reenter: true },
        ],
      },
      on: {
        RESUME: { target: 'open', reenter: true },
        REQUEST: [
          // The timer may be late; a request never is.
          { guard: 'backoffHasRunOut', target: 'halfOpen', actions: ['startProbing', 'takePlace'] },
          { actions: ['deny', 'reportDenial'] },
        ],
        SUCCESS: [
          { guard: 'resultIsLate', actions: 'countLateResult' },
          { target: 'closed', actions: 'recover' },
        ],
        FAILURE: [
          { guard: 'resultIsLate', actions: 'countLateResult' },
          { guard: 'categoryIsIgnored' },
          { target: 'open', reenter: true, actions: 'startWaitAgain' },
        ],
        RESET: { target: 'closed', actions: 'startFresh' },
        ISOLATE: { target: 'isolated', actions: 'isolate' },
      },
    },
    halfOpen: {
      entry: { type: 'reportState', params: { state: 'halfOpen' } },
      after: {
        probeTimeout: {
          guard: 'probesAreTimed',
          target: 'halfOpen',
          reenter: true,
          actions: 'giveBackHungPlaces',
        },
      },
      on: {
        RESUME: { target: 'halfOpen', reenter: true },
        REQUEST: [
          // Entered anew, so that the timer runs for the oldest probe.
          { guard: 'placeIsFree', target: 'halfOpen', reenter: true, actions: 'takePlace' },
          { actions: ['deny', 'reportDenial'] },
        ],
        SUCCESS: [
          { guard: 'resultIsLate', actions: 'countLateResult' },
          { guard: 'successesSuffice', target: 'closed', actions: 'recover' },
          { actions: ['giveBackPlace', 'countSuccess'] },
        ],
        FAILURE: [
          { guard: 'resultIsLate', actions: 'countLateResult' },
          { guard: 'categoryIsIgnored', actions: 'giveBackPlace' },
          { target: 'open', actions: 'tripAgain' },
        ],
        ABANDON: [{ guard: 'resultIsLate' }, { actions: 'giveBackPlace' }],
        RESET: { target: 'closed', actions: 'startFresh' },
        ISOLATE: { target: 'isolated', actions: 'isolate' },
      },
    },
    isolated: {
      entry: { type: 'reportState', params: { state: 'isolated' } },
      on: {
        RESUME: { target: 'isolated', reenter: true },
        SUCCESS: { guard: 'resultIsLate', actions: 'countLateResult' },
        FAILURE: { guard: 'resultIsLate', actions: 'countLateResult' },
        REQUEST: { actions: ['deny', 'reportDenial'] },
        RESET: { target: 'closed', actions: 'startFresh' },
        ISOLATE: { actions: 'isolateAgain' },
        RELEASE: [
          { guard: 'isolatedMoreThanOnce', actions: 'releaseOnce' },
          { target: 'closed', actions: 'recover' },
        ],
      },
    },
  },
});

/** A running circuit. */
export type ToolCircuitRef = ActorRefFrom<typeof toolCircuitMachine>;

/** What a subscriber to a circuit sees. */
export type ToolCircuitSnapshot = SnapshotFrom<typeof toolCircuitMachine>;
