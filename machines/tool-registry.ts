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
import { circuitName } from './circuit-name.ts';
import { countsAsOpen } from './circuit-state.ts';
import type { FleetNews } from './fleet-news.ts';
import { noneOpen, openWithout } from './open-circuits.ts';
import { pauseReason } from './pause-reason.ts';
import { recoveryConfig } from './recovery-config.ts';
import {
  needsPause,
  recounted,
  type ToolRegistryContext,
  type ToolRegistryInput,
  withOpen,
  withStopped,
} from './registry-context.ts';
import type { ForgottenCircuit, ToolRegistryEmitted, ToolRegistryEvent } from './registry-events.ts';
import type {
  CallSpared,
  CircuitBegan,
  CircuitChanged,
  LoopEnded,
  LoopReport,
  RequestDenied,
  TripSpared,
} from './reports.ts';

const nothingKnown = { openCount: 0, currentBackoffMs: 0, lastErrorCategory: null } as const;

const newsOf = {
  closed: 'circuit.closed',
  open: 'circuit.opened',
  halfOpen: 'circuit.halfOpened',
  isolated: 'circuit.isolated',
  disabled: 'circuit.disabled',
} as const;

const loopNews = {
  LOOP_WARNED: 'loop.warned',
  LOOP_DENIED: 'loop.denied',
  LOOP_STOPPED: 'loop.stopped',
} as const;

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
    announceFleetNews: emit((_, news: FleetNews) => ({ ...news })),
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
