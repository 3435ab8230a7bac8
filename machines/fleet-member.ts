import { type ActorRefFrom, assign, emit, enqueueActions, type SnapshotFrom, setup } from 'xstate';
import type { FleetNews } from './fleet-news.ts';
import { parentOf } from './xstate-internals.ts';

/** The events of a membership. */
export type FleetMemberEvent =
  /** The store has answered. */
  | { type: 'STORE_ANSWERED' }
  /** The store has failed, or has not answered in time. */
  | { type: 'STORE_MISSED'; reason: string }
  /** This process leaves the fleet. */
  | { type: 'LEAVE' }
  /** The registry has stopped, and its actor with it: nobody is left to be told. */
  | { type: 'REGISTRY_STOPPED' };

/** The context of a membership. */
export interface FleetMemberContext {
  readonly namespace: string;
  readonly member: string;
  /** How often the changes are read while connected, in ms. */
  readonly pollMs: number;
  /** How long is waited before the store is asked again while degraded, in ms. */
  readonly retryMs: number;
  /** Returns a number from 0 up to, but not including, 1. */
  readonly chance: () => number;
  /** How many times in a row the store has not answered. */
  readonly misses: number;
  /** What went wrong the last time; null if nothing ever did. */
  readonly lastMiss: string | null;
  /** How often the membership has become degraded. */
  readonly degradations: number;
}

/** The input of a membership. */
export interface FleetMemberInput {
  readonly namespace: string;
  readonly member: string;
  readonly pollMs: number;
  readonly chance: () => number;
}

/** How many misses in a row make a membership degraded. */
const maxMisses = 3;

/** The first wait before a retry, and the longest, in ms. */
const minRetryMs = 1_000;
const maxRetryMs = 30_000;

/** The types of what a membership reports to its parent. */
type Report = Extract<FleetNews['type'], 'fleet.connected' | 'fleet.degraded' | 'fleet.left'>;

const reportOf = <Type extends Report>(type: Type) => ({ type: 'report', params: { type } }) as const;

/** A membership emits this whenever its store is to be asked for changes. */
export type FleetMemberEmitted = { readonly type: 'storeIsDue' };

/**
 * The membership of one process in a fleet. It decides when the store is asked, and when it counts as gone; its host does the
 * asking. It reports each change of its state to its parent, if it has one.
 */
export const fleetMemberMachine = setup({
  types: {
    context: {} as FleetMemberContext,
    events: {} as FleetMemberEvent,
    input: {} as FleetMemberInput,
    emitted: {} as FleetMemberEmitted,
  },
  delays: {
    poll: ({ context }) => context.pollMs,
    // Half of it is random, so that many processes do not return to a store at once.
    retry: ({ context }) => context.retryMs * (0.5 + context.chance() / 2),
  },
  guards: {
    missedTooOften: ({ context }) => context.misses + 1 >= maxMisses,
  },
  actions: {
    askStore: emit(() => ({ type: 'storeIsDue' }) as const),
    forgetMisses: assign({ misses: 0 }),
    countMiss: assign(({ context, event }) => ({
      misses: context.misses + 1,
      lastMiss: event.type === 'STORE_MISSED' ? event.reason : context.lastMiss,
    })),
    countDegradation: assign(({ context }) => ({
      degradations: context.degradations + 1,
      retryMs: minRetryMs,
    })),
    waitLonger: assign(({ context }) => ({ retryMs: Math.min(2 * context.retryMs, maxRetryMs) })),
    report: enqueueActions(({ context, self, enqueue }, { type }: { type: Report }) => {
      const parent = parentOf(self);
      if (parent === undefined) return;
      const { namespace, member, lastMiss } = context;
      const news: FleetNews =
        type === 'fleet.degraded'
          ? { type, namespace, member, reason: lastMiss ?? '' }
          : { type, namespace, member };
      enqueue.sendTo(parent, { type: 'FLEET_NEWS', news });
    }),
  },
}).createMachine({
  id: 'fleetMember',
  context: ({ input }) => ({
    ...input,
    retryMs: minRetryMs,
    misses: 0,
    lastMiss: null,
    degradations: 0,
  }),
  initial: 'joining',
  on: {
    LEAVE: { target: '.left', actions: reportOf('fleet.left') },
    REGISTRY_STOPPED: '.left',
  },
  states: {
    joining: {
      entry: 'askStore',
      after: { poll: { target: 'joining', reenter: true } },
      on: {
        STORE_ANSWERED: { target: 'connected', actions: ['forgetMisses', reportOf('fleet.connected')] },
        STORE_MISSED: [
          {
            guard: 'missedTooOften',
            target: 'degraded',
            actions: ['countMiss', 'countDegradation', reportOf('fleet.degraded')],
          },
          { actions: 'countMiss' },
        ],
      },
    },
    connected: {
      after: { poll: { target: 'connected', reenter: true, actions: 'askStore' } },
      on: {
        STORE_ANSWERED: { actions: 'forgetMisses' },
        STORE_MISSED: [
          {
            guard: 'missedTooOften',
            target: 'degraded',
            actions: ['countMiss', 'countDegradation', reportOf('fleet.degraded')],
          },
          { actions: 'countMiss' },
        ],
      },
    },
    degraded: {
      after: { retry: { target: 'degraded', reenter: true, actions: ['waitLonger', 'askStore'] } },
      on: {
        STORE_ANSWERED: { target: 'connected', actions: ['forgetMisses', reportOf('fleet.connected')] },
        STORE_MISSED: { actions: 'countMiss' },
      },
    },
    // Not a final state, in which an actor tells its parent, which may have stopped.
    left: {},
  },
});

/** A running membership. */
export type FleetMemberRef = ActorRefFrom<typeof fleetMemberMachine>;

/** The snapshot that a subscriber to a membership receives. */
export type FleetMemberSnapshot = SnapshotFrom<typeof fleetMemberMachine>;
