import {
  type ActorRefFrom,
  type AnyActorRef,
  assign,
  emit,
  enqueueActions,
  raise,
  type SnapshotFrom,
  setup,
} from 'xstate';
import { maxTimerMs, remainingMs } from './backoff.ts';
import type { ErrorCategory } from './categories.ts';
import { circuitName } from './circuit-name.ts';
import { type CircuitState, countsAsOpen } from './circuit-state.ts';
import type { FleetNews } from './fleet-news.ts';
import type { LoopKind } from './loop-memory.ts';
import { noneOpen, type OpenCircuits, openAfter, openWithout } from './open-circuits.ts';
import { pauseReason } from './pause-reason.ts';
import { type RecoveryConfig, recoveryConfig } from './recovery-config.ts';
import type {
  CallSpared,
  CircuitBegan,
  CircuitChanged,
  LoopEnded,
  LoopReport,
  RequestDenied,
  SpareReason,
  TripSpared,
} from './reports.ts';

/** A circuit to forget, and the state that it last reported. */
export interface ForgottenCircuit {
  readonly tool: string;
  /** The target or tenant that the circuit is for. Default null: all calls of the tool. */
  readonly key?: string | null;
  readonly state: CircuitState;
  readonly ref: AnyActorRef;
}

/** The events of a registry actor. */
export type ToolRegistryEvent =
  | CircuitBegan
  | CircuitChanged
  | RequestDenied
  | TripSpared
  | CallSpared
  | LoopReport
  | LoopEnded
  /** Stop these circuits and no longer count them. */
  | { type: 'FORGET'; circuits: readonly ForgottenCircuit[] }
  /** Stop these circuits, but keep counting them, because the registry stops too. */
  | { type: 'STOP_CIRCUITS'; circuits: readonly AnyActorRef[] }
  /** Stop the registry itself; its circuits are stopped separately. */
  | { type: 'STOP' }
  /** The user has decided to go on anyway. */
  | { type: 'ACKNOWLEDGE' }
  /** The membership in a fleet has something to tell. */
  | { type: 'FLEET_NEWS'; news: FleetNews }
  | { type: 'COOLDOWN_OVER' };

/** The context of a registry actor. Instants are in ms of its clock. */
export interface ToolRegistryContext {
  readonly now: () => number;
  readonly config: RecoveryConfig;
  /** How many circuits are in each state. */
  readonly counts: Readonly<Record<CircuitState, number>>;
  /** How many circuits are open or isolated now; in a circuit's context, the same name counts its trips. */
  readonly openCount: number;
  /** The names of the open and isolated circuits, in the order in which they opened. */
  readonly openCircuits: readonly string[];
  /** How many tools they belong to: a tool with several open keys counts once. */
  readonly openTools: number;
  /** How many of them have a key, by tool; tools without any are left out. */
  readonly openKeys: Readonly<Record<string, number>>;
  /** The circuit whose trip `maxOpenShare` has prevented; null if none, or once an open circuit has closed. */
  readonly overCap: string | null;
  /** The runs that repeat themselves so often that they should stop and ask. */
  readonly stoppedRuns: readonly string[];
  /** Why the registry is paused; null while it is not. */
  readonly pauseReason: string | null;
  readonly pausedAt: number | null;
  /** When the silence ends that began when the user said to go on; null if there is none. */
  readonly silencedUntil: number | null;
  /** How often any circuit has tripped since the start. */
  readonly circuitOpenEvents: number;
  /** How often any circuit has become half-open since the start. */
  readonly halfOpenEvents: number;
  /** How many calls were refused since the start. */
  readonly breakerDenials: number;
}

/** The input of a registry actor. */
export interface ToolRegistryInput {
  /** The clock, in ms. It must never go backwards. */
  readonly now: () => number;
  /** Default: `defaultRecoveryConfig`, field by field. */
  readonly recovery?: Partial<RecoveryConfig>;
}

/** The fields of every event about a circuit. */
interface CircuitNews {
  readonly tool: string;
  /** The target or tenant that the circuit is for; null if it is for all calls of the tool. */
  readonly key: string | null;
  readonly lastErrorCategory: ErrorCategory | null;
}

/** The events that a registry actor emits: `actor.on('circuit.opened', (event) => …)`. */
export type ToolRegistryEmitted =
  | FleetNews
  | (CircuitNews & {
      readonly type:
        | 'circuit.opened'
        | 'circuit.halfOpened'
        | 'circuit.closed'
        | 'circuit.isolated'
        | 'circuit.disabled';
      readonly from: CircuitState;
      /** How often this circuit has tripped. */
      readonly openCount: number;
      /** How long the circuit stays open, in ms; 0 once it is closed. */
      readonly currentBackoffMs: number;
    })
  | (CircuitNews & { readonly type: 'circuit.denied'; readonly state: CircuitState; readonly at: number })
  | (CircuitNews & {
      readonly type: 'circuit.spared';
      /** The state of the circuit; of a spared call, that in which it would have been. */
      readonly state: CircuitState;
      /** The circuit only observes, is disabled, or too many are open (`recovery.maxOpenShare`). */
      readonly why: SpareReason;
      /** A trip, told once until a success; or a call that would have been refused, of an observing circuit. */
      readonly what: 'trip' | 'call';
    })
  | {
      /** An answer carries a correction, a call is refused, or the run should stop and ask. */
      readonly type: 'loop.warned' | 'loop.denied' | 'loop.stopped';
      readonly run: string;
      readonly tool: string;
      readonly kind: LoopKind;
      /** How often the run has repeated itself, refused calls included. */
      readonly count: number;
      /** Whether the tool only observes, so that nothing else was done than to tell. */
      readonly observed: boolean;
    }
  /** A run that repeated itself does something else, was quiet for long, or its user said to go on. */
  | { readonly type: 'loop.ended'; readonly run: string }
  | {
      readonly type: 'recovery.paused';
      readonly reason: string;
      /** The runs that repeat themselves. */
      readonly runs: readonly string[];
      readonly openCircuits: readonly string[];
      /** How many circuits are open or isolated. */
      readonly openCount: number;
    }
  | {
      readonly type: 'recovery.resumed';
      /** `recovered`: enough circuits have closed. `acknowledged`: the user said to go on. */
      readonly because: 'recovered' | 'acknowledged';
      /** How many circuits are open or isolated. */
      readonly openCount: number;
    };

const nothingKnown = { openCount: 0, currentBackoffMs: 0, lastErrorCategory: null } as const;

const newsOf = {
  closed: 'circuit.closed',
  open: 'circuit.opened',
  halfOpen: 'circuit.halfOpened',
  isolated: 'circuit.isolated',
  disabled: 'circuit.disabled',
} as const;

/** Whether enough circuits are open that the agent should stop and ask. */
const needsPause = ({ openTools, overCap, stoppedRuns, config }: ToolRegistryContext): boolean =>
  openTools >= config.maxOpenCircuits || overCap !== null || stoppedRuns.length > 0;

const loopNews = {
  LOOP_WARNED: 'loop.warned',
  LOOP_DENIED: 'loop.denied',
  LOOP_STOPPED: 'loop.stopped',
} as const;

/** The fields that follow from the runs that should stop. */
const withStopped = (context: ToolRegistryContext, stoppedRuns: readonly string[]) => ({
  stoppedRuns,
  pauseReason:
    context.pauseReason === null ? null : pauseReason(context.openCircuits, context.overCap, stoppedRuns),
});

/** What a registry knows, with something else in it. Field by field: many times as fast as a spread of a spread. */
export function registryContextWith(
  context: ToolRegistryContext,
  update: Partial<ToolRegistryContext>,
): ToolRegistryContext {
  // A whole one.
  if ('config' in update) return update as ToolRegistryContext;
  const copy: ToolRegistryContext = {
    now: context.now,
    config: context.config,
    counts: context.counts,
    openCount: context.openCount,
    openCircuits: context.openCircuits,
    openTools: context.openTools,
    openKeys: context.openKeys,
    overCap: context.overCap,
    stoppedRuns: context.stoppedRuns,
    pauseReason: context.pauseReason,
    pausedAt: context.pausedAt,
    silencedUntil: context.silencedUntil,
    circuitOpenEvents: context.circuitOpenEvents,
    halfOpenEvents: context.halfOpenEvents,
    breakerDenials: context.breakerDenials,
  };
  return Object.assign(copy, update);
}

/** The fields that follow from the open circuits. */
const withOpen = (
  context: ToolRegistryContext,
  { openCircuits, openTools, openKeys }: OpenCircuits,
  overCap: string | null = context.overCap,
  counts: ToolRegistryContext['counts'] = context.counts,
) => ({
  counts,
  openCircuits,
  openTools,
  openKeys,
  openCount: openCircuits.length,
  overCap,
  pauseReason: context.pauseReason === null ? null : pauseReason(openCircuits, overCap, context.stoppedRuns),
});

/** All that follows from a circuit that has begun in a state, or has gone from one to another. */
function recounted(
  context: ToolRegistryContext,
  circuit: CircuitBegan | CircuitChanged,
  from: CircuitState | null,
  to: CircuitState,
  overCap: string | null,
): ToolRegistryContext {
  const { closed, halfOpen, isolated, disabled } = context.counts;
  const counts = { closed, open: context.counts.open, halfOpen, isolated, disabled };
  if (from !== null) counts[from] -= 1;
  counts[to] += 1;
  const { openCircuits, openTools, openKeys } = openAfter(context, circuit, from, to);
  const isPaused = context.pauseReason !== null;
  // The whole context, field by field: V8 assigns so many at a quarter of what `Object.assign` takes.
  return {
    now: context.now,
    config: context.config,
    counts,
    openCount: openCircuits.length,
    openCircuits,
    openTools,
    openKeys,
    overCap,
    stoppedRuns: context.stoppedRuns,
    pauseReason: isPaused ? pauseReason(openCircuits, overCap, context.stoppedRuns) : null,
    pausedAt: context.pausedAt,
    silencedUntil: context.silencedUntil,
    circuitOpenEvents: context.circuitOpenEvents + (from !== null && to === 'open' ? 1 : 0),
    halfOpenEvents: context.halfOpenEvents + (from !== null && to === 'halfOpen' ? 1 : 0),
    breakerDenials: context.breakerDenials,
  };
}

/**
 * The parent of all circuits. It counts them from their reports, so that no decision has to walk over all tools, and calls
 * for a recovery pause when too many are open.
 */
export const toolRegistryMachine = setup({
  types: {
    context: {} as ToolRegistryContext,
    events: {} as ToolRegistryEvent,
    input: {} as ToolRegistryInput,
    emitted: {} as ToolRegistryEmitted,
  },
  delays: {
    cooldown: ({ context }) => Math.min(remainingMs(context.silencedUntil, 0, context.now()), maxTimerMs),
  },
  guards: {
    tooManyAreOpen: ({ context }) => needsPause(context) && context.silencedUntil === null,
    enoughHaveRecovered: ({ context }) => !needsPause(context),
    cooldownIsOver: ({ context }) => remainingMs(context.silencedUntil, 0, context.now()) === 0,
  },
  actions: {
    countBegun: assign(({ context }, began: CircuitBegan) =>
      recounted(context, began, null, began.state, context.overCap),
    ),
    recount: assign(({ context }, changed: CircuitChanged) =>
      recounted(context, changed, changed.from, changed.to, changed.to === 'closed' ? null : context.overCap),
    ),
    announceTransition: emit((_, change: CircuitChanged) => ({
      type: newsOf[change.to],
      tool: change.tool,
      key: change.key ?? null,
      from: change.from,
      openCount: change.openCount,
      currentBackoffMs: change.currentBackoffMs,
      lastErrorCategory: change.lastErrorCategory,
    })),
    noteCap: assign(({ context }, { tool, key, why }: TripSpared) =>
      withOpen(context, context, why === 'cap' ? circuitName(tool, key) : context.overCap),
    ),
    announceSparedTrip: enqueueActions(({ enqueue }, spared: TripSpared) => {
      const { type: _type, isFirst, ...news } = spared;
      if (isFirst) enqueue.emit({ type: 'circuit.spared', what: 'trip', ...news, key: news.key ?? null });
    }),
    announceSparedCall: emit((_, { tool, key = null, state, lastErrorCategory }: CallSpared) => ({
      type: 'circuit.spared' as const,
      what: 'call' as const,
      tool,
      key,
      state,
      why: 'observe' as const,
      lastErrorCategory,
    })),
    announceLoop: emit((_, { type, run, tool, kind, count, isObserved }: LoopReport) => ({
      type: loopNews[type],
      run,
      tool,
      kind,
      count,
      observed: isObserved,
    })),
    noteStoppedRun: assign(({ context }, { run, isObserved }: LoopReport) =>
      isObserved ? {} : withStopped(context, [...context.stoppedRuns.filter((each) => each !== run), run]),
    ),
    noteEndOfLoop: assign(({ context }, { run }: LoopEnded) =>
      withStopped(
        context,
        context.stoppedRuns.filter((each) => each !== run),
      ),
    ),
    announceEndOfLoop: emit((_, { run }: LoopEnded) => ({ type: 'loop.ended' as const, run })),
    countDenial: assign(({ context }) => ({ breakerDenials: context.breakerDenials + 1 })),
    announceDenial: emit((_, denial: RequestDenied) => ({
      type: 'circuit.denied' as const,
      tool: denial.tool,
      key: denial.key ?? null,
      at: denial.at,
      state: denial.state,
      lastErrorCategory: denial.lastErrorCategory,
    })),
    announceFleetNews: emit((_, news: FleetNews) => news),
    forget: enqueueActions(({ context, enqueue }, circuits: readonly ForgottenCircuit[]) => {
      const counts = { ...context.counts };
      const forgotten: ForgottenCircuit[] = [];
      let { overCap } = context;
      for (const circuit of circuits) {
        const { tool, key = null, state, ref } = circuit;
        counts[state] -= 1;
        if (countsAsOpen(state)) forgotten.push(circuit);
        if (state !== 'closed' || circuitName(tool, key) === overCap) overCap = null;
        if (state !== 'closed') {
          enqueue.emit({ type: 'circuit.closed', tool, key, from: state, ...nothingKnown });
        }
        enqueue.stopChild(ref);
      }
      enqueue.assign(withOpen(context, openWithout(context, forgotten), overCap, counts));
    }),
    stopCircuits: enqueueActions(({ enqueue }, circuits: readonly AnyActorRef[]) => {
      for (const circuit of circuits) enqueue.stopChild(circuit);
    }),
    notePause: assign(({ context }) => ({
      pauseReason: pauseReason(context.openCircuits.slice(), context.overCap, context.stoppedRuns),
      pausedAt: context.now(),
    })),
    announcePause: emit(({ context }) => ({
      type: 'recovery.paused' as const,
      reason: context.pauseReason ?? '',
      runs: context.stoppedRuns,
      openCircuits: context.openCircuits.slice(),
      openCount: context.openCount,
    })),
    noteResumption: assign({ pauseReason: null, pausedAt: null }),
    announceResumption: emit(({ context }, { because }: { because: 'recovered' | 'acknowledged' }) => ({
      type: 'recovery.resumed' as const,
      because,
      openCount: context.openCount,
    })),
    silence: assign(({ context }) => ({ silencedUntil: context.now() + context.config.cooldownMs })),
    awaitCooldown: raise({ type: 'COOLDOWN_OVER' }, { id: 'cooldown', delay: 'cooldown' }),
    endSilence: assign({ silencedUntil: null }),
  },
}).createMachine({
  id: 'toolRegistry',
  context: ({ input }) => ({
    now: input.now,
    config: recoveryConfig(input.recovery),
    counts: { closed: 0, open: 0, halfOpen: 0, isolated: 0, disabled: 0 },
    openCount: 0,
    ...noneOpen,
    overCap: null,
    stoppedRuns: [],
    pauseReason: null,
    pausedAt: null,
    silencedUntil: null,
    circuitOpenEvents: 0,
    halfOpenEvents: 0,
    breakerDenials: 0,
  }),
  initial: 'operational',
  on: {
    CIRCUIT_BEGAN: { actions: { type: 'countBegun', params: ({ event }) => event } },
    CIRCUIT_CHANGED: {
      actions: [
        { type: 'recount', params: ({ event }) => event },
        { type: 'announceTransition', params: ({ event }) => event },
      ],
    },
    TRIP_SPARED: {
      actions: [
        { type: 'noteCap', params: ({ event }) => event },
        { type: 'announceSparedTrip', params: ({ event }) => event },
      ],
    },
    CALL_SPARED: { actions: { type: 'announceSparedCall', params: ({ event }) => event } },
    LOOP_WARNED: { actions: { type: 'announceLoop', params: ({ event }) => event } },
    LOOP_DENIED: { actions: { type: 'announceLoop', params: ({ event }) => event } },
    LOOP_STOPPED: {
      actions: [
        { type: 'noteStoppedRun', params: ({ event }) => event },
        { type: 'announceLoop', params: ({ event }) => event },
      ],
    },
    LOOP_ENDED: {
      actions: [
        { type: 'noteEndOfLoop', params: ({ event }) => event },
        { type: 'announceEndOfLoop', params: ({ event }) => event },
      ],
    },
    REQUEST_DENIED: {
      actions: ['countDenial', { type: 'announceDenial', params: ({ event }) => event }],
    },
    FLEET_NEWS: { actions: { type: 'announceFleetNews', params: ({ event }) => event.news } },
    FORGET: { actions: { type: 'forget', params: ({ event }) => event.circuits } },
    STOP_CIRCUITS: { actions: { type: 'stopCircuits', params: ({ event }) => event.circuits } },
    STOP: { target: '.stopped' },
  },
  states: {
    operational: {
      always: { guard: 'tooManyAreOpen', target: 'paused' },
      on: {
        COOLDOWN_OVER: [
          { guard: 'cooldownIsOver', actions: 'endSilence' },
          // The wait is longer than a host timer can be, or the timer fired early.
          { actions: 'awaitCooldown' },
        ],
      },
    },
    paused: {
      entry: ['notePause', 'announcePause'],
      exit: 'noteResumption',
      always: {
        guard: 'enoughHaveRecovered',
        target: 'operational',
        actions: { type: 'announceResumption', params: { because: 'recovered' } },
      },
      on: {
        ACKNOWLEDGE: {
          target: 'operational',
          actions: [
            'silence',
            'awaitCooldown',
            { type: 'announceResumption', params: { because: 'acknowledged' } },
          ],
        },
      },
    },
    stopped: { type: 'final' },
  },
});

/** A running registry actor. */
export type ToolRegistryRef = ActorRefFrom<typeof toolRegistryMachine>;

/** The snapshot that a subscriber to the registry actor receives. */
export type ToolRegistrySnapshot = SnapshotFrom<typeof toolRegistryMachine>;
