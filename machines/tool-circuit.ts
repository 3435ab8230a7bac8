import { type ActorRefFrom, assign, cancel, enqueueActions, type SnapshotFrom, setup } from 'xstate';
import { maxTimerMs } from './backoff.ts';
import {
  backoffLeftMs,
  initialContext,
  isolationLeftMs,
  probeLeftMs,
  type ToolCircuitContext,
  type ToolCircuitEvent,
  type ToolCircuitInput,
} from './circuit-context.ts';
import { rules, updates } from './circuit-rules.ts';
import type { CircuitState } from './circuit-state.ts';
import type { CircuitBegan, CircuitChanged } from './reports.ts';
import { denialReport, sparedTripReport } from './reports.ts';
import { afterId, parentOf } from './xstate-internals.ts';

/** The circuit of one tool. It reports each change of state and each denial to its parent, if it has one. */
export const toolCircuitMachine = setup({
  types: {
    context: {} as ToolCircuitContext,
    events: {} as ToolCircuitEvent,
    input: {} as ToolCircuitInput,
  },
  delays: {
    // Limited to the longest host timer: a timer that fires before the wait has ended is set again.
    backoff: ({ context }) => Math.min(backoffLeftMs(context, context.now()), maxTimerMs),
    probeTimeout: ({ context }) => Math.min(probeLeftMs(context, context.now()), maxTimerMs),
    isolation: ({ context }) => Math.min(isolationLeftMs(context, context.now()), maxTimerMs),
  },
  guards: rules,
  actions: {
    rememberSuccess: assign(updates.rememberSuccess),
    rememberFailure: assign(updates.rememberFailure),
    rememberSlowSuccess: assign(updates.rememberSlowSuccess),
    noteSparedTrip: assign(updates.noteSparedTrip),
    observe: assign(updates.observe),
    enforce: assign(updates.enforce),
    trip: assign(updates.trip),
    tripAgain: assign(updates.tripAgain),
    startWaitAgain: assign(updates.startWaitAgain),
    recover: assign(updates.recover),
    startOver: assign(updates.startOver),
    startFresh: assign(updates.startFresh),
    startProbing: assign(updates.startProbing),
    takePlace: assign(updates.takePlace),
    giveBackPlace: assign(updates.giveBackPlace),
    giveBackHungPlaces: assign(updates.giveBackHungPlaces),
    countProbeSuccess: assign(updates.countProbeSuccess),
    countProbeFailure: assign(updates.countProbeFailure),
    countLateResult: assign(updates.countLateResult),
    deny: assign(updates.deny),
    isolate: assign(updates.isolate),
    isolateAgain: assign(updates.isolateAgain),
    releaseOnce: assign(updates.releaseOnce),
    openForFleet: assign(updates.openForFleet),
    holdForFleet: assign(updates.holdForFleet),
    noteVerdict: assign(updates.noteVerdict),
    awaitLease: assign(updates.awaitLease),
    holdLease: assign(updates.holdLease),
    noteOthersLease: assign(updates.noteOthersLease),
    giveUpLease: assign(updates.giveUpLease),
    fallBack: assign(updates.fallBack),
    forgetFleet: assign(updates.forgetFleet),

    reportBeginning: enqueueActions(({ context, self, enqueue }) => {
      const parent = parentOf(self);
      if (parent === undefined) return;
      enqueue.sendTo(parent, {
        type: 'CIRCUIT_BEGAN',
        tool: context.tool,
        key: context.key,
        state: 'closed',
      } satisfies CircuitBegan);
    }),
    reportDenial: enqueueActions(({ context, self, enqueue }) => {
      const parent = parentOf(self);
      if (parent !== undefined) enqueue.sendTo(parent, denialReport(context));
    }),
    reportSparedTrip: enqueueActions(({ context, self, enqueue }) => {
      const parent = parentOf(self);
      if (parent !== undefined) enqueue.sendTo(parent, sparedTripReport(context));
    }),
    reportState: enqueueActions(({ context, self, enqueue }, { state }: { state: CircuitState }) => {
      const from = context.reportedState;
      if (from === state) return;
      enqueue.assign({ reportedState: state, generation: context.generation + 1 });
      const parent = parentOf(self);
      if (parent === undefined) return;
      const { tool, key } = context;
      if (from === null) {
        enqueue.sendTo(parent, { type: 'CIRCUIT_BEGAN', tool, key, state } satisfies CircuitBegan);
        return;
      }
      enqueue.sendTo(parent, {
        type: 'CIRCUIT_CHANGED',
        tool,
        key,
        from,
        to: state,
        openCount: context.openCount,
        currentBackoffMs: context.currentBackoffMs,
        lastErrorCategory: context.lastErrorCategory,
      } satisfies CircuitChanged);
    }),
    // Most isolations have no end and need no timer.
    awaitEndOfIsolation: enqueueActions(({ context, enqueue }) => {
      if (context.isolations > 0 || context.isolatedUntil === null) return;
      enqueue.raise({ type: 'ISOLATION_OVER' }, { id: 'isolation', delay: 'isolation' });
    }),
    awaitNoEndOfIsolation: cancel('isolation'),
    letGoOfTimer: enqueueActions(({ enqueue }) => {
      enqueue.cancel(afterId('backoff', 'toolCircuit.open'));
      enqueue.cancel(afterId('probeTimeout', 'toolCircuit.halfOpen'));
      enqueue.cancel('isolation');
    }),
  },
}).createMachine({
  id: 'toolCircuit',
  context: ({ input }) => initialContext(input),
  initial: 'closed',
  entry: 'reportBeginning',
  on: {
    DISARM: { actions: 'letGoOfTimer' },
    OBSERVE: { actions: 'observe' },
    ENFORCE: { actions: 'enforce' },
  },
  states: {
    closed: {
      entry: { type: 'reportState', params: { state: 'closed' } },
      on: {
        SUCCESS: [
          { guard: 'resultIsLate', actions: 'countLateResult' },
          // A success can trip too, if it was too slow.
          { guard: 'tripIsSpared', actions: ['rememberSlowSuccess', 'reportSparedTrip', 'noteSparedTrip'] },
          { guard: 'callTrips', target: 'open', actions: 'trip' },
          { actions: 'rememberSuccess' },
        ],
        FAILURE: [
          { guard: 'resultIsLate', actions: 'countLateResult' },
          { guard: 'categoryIsIgnored' },
          { guard: 'tripIsSpared', actions: ['rememberFailure', 'reportSparedTrip', 'noteSparedTrip'] },
          { guard: 'callTrips', target: 'open', actions: 'trip' },
          { actions: 'rememberFailure' },
        ],
        RESUME: { target: 'closed', reenter: true },
        RESET: { actions: 'startFresh' },
        ISOLATE: { target: 'isolated', actions: 'isolate' },
        DISABLE: { target: 'disabled', actions: 'forgetFleet' },
        CLOSE: { actions: 'startOver' },
        FLEET_OPENED: [
          { guard: 'verdictIsOld' },
          { guard: 'onlyObserves' },
          { target: 'open', actions: 'openForFleet' },
        ],
        FLEET_CLOSED: [{ guard: 'verdictIsOld' }, { actions: 'noteVerdict' }],
        FLEET_LOST: { actions: 'forgetFleet' },
      },
    },
    open: {
      entry: { type: 'reportState', params: { state: 'open' } },
      after: {
        backoff: [
          // What a fleet holds open is probed only with its lease, for which a call asks.
          { guard: 'leaseIsDue' },
          { guard: 'backoffHasRunOut', target: 'halfOpen', actions: 'startProbing' },
          { target: 'open', reenter: true },
        ],
      },
      on: {
        REQUEST: [
          {
            guard: 'leaseIsDue',
            target: 'open',
            reenter: true,
            actions: ['deny', 'awaitLease', 'reportDenial'],
          },
          // The timer may be late, so a request checks the time itself.
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
        RESUME: { target: 'open', reenter: true },
        RESET: { target: 'closed', actions: 'startFresh' },
        ISOLATE: { target: 'isolated', actions: 'isolate' },
        DISABLE: { target: 'disabled', actions: ['recover', 'forgetFleet'] },
        CLOSE: { target: 'closed', actions: 'recover' },
        // Nothing is refused while observing.
        OBSERVE: { target: 'closed', actions: ['recover', 'observe'] },
        FLEET_OPENED: [{ guard: 'verdictIsOld' }, { target: 'open', reenter: true, actions: 'holdForFleet' }],
        FLEET_CLOSED: [
          { guard: 'verdictIsOld' },
          // The fleet never lifts a trip of this process.
          { guard: 'ownTripHolds', target: 'open', reenter: true, actions: 'noteVerdict' },
          { target: 'closed', actions: ['recover', 'noteVerdict'] },
        ],
        FLEET_LOST: { guard: 'fleetHolds', target: 'open', reenter: true, actions: 'fallBack' },
        LEASE_ASKED: { guard: 'fleetHolds', target: 'open', reenter: true, actions: 'awaitLease' },
        LEASE_GRANTED: { guard: 'fleetHolds', target: 'halfOpen', actions: 'holdLease' },
        LEASE_REFUSED: { guard: 'fleetHolds', target: 'open', reenter: true, actions: 'noteOthersLease' },
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
        REQUEST: [
          // The state is re-entered so that its timer runs for the oldest probe.
          { guard: 'placeIsFree', target: 'halfOpen', reenter: true, actions: 'takePlace' },
          { actions: ['deny', 'reportDenial'] },
        ],
        SUCCESS: [
          { guard: 'resultIsLate', actions: 'countLateResult' },
          // A probe that succeeds too slowly counts as failed.
          { guard: 'tooManyProbesFail', target: 'open', actions: 'tripAgain' },
          { guard: 'probeFails', actions: ['giveBackPlace', 'countProbeFailure'] },
          { guard: 'successesSuffice', target: 'closed', actions: 'recover' },
          { actions: ['giveBackPlace', 'countProbeSuccess'] },
        ],
        FAILURE: [
          { guard: 'resultIsLate', actions: 'countLateResult' },
          { guard: 'categoryIsIgnored', actions: 'giveBackPlace' },
          { guard: 'tooManyProbesFail', target: 'open', actions: 'tripAgain' },
          { actions: ['giveBackPlace', 'countProbeFailure'] },
        ],
        ABANDON: [{ guard: 'resultIsLate' }, { actions: 'giveBackPlace' }],
        RESUME: { target: 'halfOpen', reenter: true },
        RESET: { target: 'closed', actions: 'startFresh' },
        ISOLATE: { target: 'isolated', actions: 'isolate' },
        DISABLE: { target: 'disabled', actions: ['recover', 'forgetFleet'] },
        CLOSE: { target: 'closed', actions: 'recover' },
        OBSERVE: { target: 'closed', actions: ['recover', 'observe'] },
        FLEET_OPENED: [{ guard: 'verdictIsOld' }, { target: 'open', actions: 'holdForFleet' }],
        FLEET_CLOSED: [
          { guard: 'verdictIsOld' },
          { guard: 'ownTripHolds', actions: 'noteVerdict' },
          { target: 'closed', actions: ['recover', 'noteVerdict'] },
        ],
        FLEET_LOST: { actions: 'forgetFleet' },
        LEASE_ENDED: { guard: 'leaseIsHeld', target: 'open', actions: 'giveUpLease' },
      },
    },
    isolated: {
      entry: [{ type: 'reportState', params: { state: 'isolated' } }, 'awaitEndOfIsolation'],
      exit: 'awaitNoEndOfIsolation',
      on: {
        ISOLATION_OVER: [
          { guard: 'isolationHasRunOut', target: 'closed', actions: 'recover' },
          { target: 'isolated', reenter: true },
        ],
        REQUEST: [
          { guard: 'isolationHasRunOut', target: 'closed', actions: 'recover' },
          { actions: ['deny', 'reportDenial'] },
        ],
        SUCCESS: { guard: 'resultIsLate', actions: 'countLateResult' },
        FAILURE: { guard: 'resultIsLate', actions: 'countLateResult' },
        RELEASE: [
          { guard: 'isolatedMoreThanOnce', target: 'isolated', reenter: true, actions: 'releaseOnce' },
          { target: 'closed', actions: 'recover' },
        ],
        RESUME: { target: 'isolated', reenter: true },
        RESET: { target: 'closed', actions: 'startFresh' },
        ISOLATE: { target: 'isolated', reenter: true, actions: 'isolateAgain' },
        DISABLE: { target: 'disabled', actions: 'recover' },
        CLOSE: { target: 'closed', actions: 'recover' },
      },
    },
    disabled: {
      entry: { type: 'reportState', params: { state: 'disabled' } },
      on: {
        SUCCESS: [
          { guard: 'resultIsLate', actions: 'countLateResult' },
          { guard: 'callTrips', actions: ['rememberSlowSuccess', 'reportSparedTrip', 'noteSparedTrip'] },
          { actions: 'rememberSuccess' },
        ],
        FAILURE: [
          { guard: 'resultIsLate', actions: 'countLateResult' },
          { guard: 'categoryIsIgnored' },
          { guard: 'callTrips', actions: ['rememberFailure', 'reportSparedTrip', 'noteSparedTrip'] },
          { actions: 'rememberFailure' },
        ],
        RELEASE: { target: 'closed', actions: 'recover' },
        RESUME: { target: 'disabled', reenter: true },
        RESET: { target: 'closed', actions: 'startFresh' },
        ISOLATE: { target: 'isolated', actions: 'isolate' },
        CLOSE: { target: 'closed', actions: 'recover' },
      },
    },
  },
});

/** A running circuit. */
export type ToolCircuitRef = ActorRefFrom<typeof toolCircuitMachine>;

/** The snapshot that a subscriber to a circuit receives. */
export type ToolCircuitSnapshot = SnapshotFrom<typeof toolCircuitMachine>;
