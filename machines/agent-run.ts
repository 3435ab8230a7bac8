import { type ActorRefFrom, assign, enqueueActions, type SnapshotFrom, setup } from 'xstate';
import { maxTimerMs, remainingMs } from './backoff.ts';
import { type LoopConfig, loopConfig } from './loop-config.ts';
import {
  type AskedCall,
  type EndedCall,
  type Loop,
  type LoopMemory,
  loopOf,
  memoryAfter,
  memoryAfterRefusal,
  nothingRepeated,
  refusedFor,
  worstLoop,
} from './loop-memory.ts';
import type { LoopReport } from './reports.ts';
import { parentOf } from './xstate-internals.ts';

/** The states of a run: it does new things, repeats itself, is refused repetitions, or should stop and ask. */
export type AgentRunState = 'steady' | 'repeating' | 'refusing' | 'stopped' | 'ended';

/** The events of a run. */
export type AgentRunEvent =
  /** A call is about to be made. `isObserved`: its tool only observes, so that it is not refused. */
  | { type: 'CALL_ASKED'; call: AskedCall; isObserved?: boolean }
  /** A call has ended. */
  | { type: 'CALL_ENDED'; call: EndedCall; isObserved?: boolean }
  /** The user has decided to go on anyway. */
  | { type: 'ACKNOWLEDGE' }
  /** The run is over. */
  | { type: 'END' };

/** The context of a run. */
export interface AgentRunContext {
  /** The name of the run. */
  readonly run: string;
  readonly config: LoopConfig;
  readonly now: () => number;
  readonly memory: LoopMemory;
  /** What is repeated most often; null while nothing is. */
  readonly loop: Loop | null;
  /** Whether the tool of the last call only observes. */
  readonly isObserved: boolean;
  /** When a call was last asked for or ended; null before the first one. */
  readonly lastAt: number | null;
  /** How many answers carried a correction. */
  readonly warned: number;
  /** How many calls were refused. */
  readonly denied: number;
}

/** The input of a run's actor. */
export interface AgentRunInput {
  readonly run: string;
  /** The clock, in ms. It must never go backwards. */
  readonly now: () => number;
  /** Default: `defaultLoopConfig`, field by field. */
  readonly config?: Partial<LoopConfig>;
}

interface RunMoment {
  readonly context: AgentRunContext;
  readonly event: AgentRunEvent;
}

const quietLeftMs = ({ lastAt, config, now }: AgentRunContext): number =>
  remainingMs(lastAt, config.quietMs, now());

/** What a run remembers now: nothing if it has been quiet for long. */
const currentMemory = (context: AgentRunContext): LoopMemory =>
  quietLeftMs(context) === 0 ? nothingRepeated : context.memory;

/** What a call would repeat once too often; null if it may be made. */
export const refusalOf = (context: AgentRunContext, call: AskedCall): Loop | null =>
  refusedFor(currentMemory(context), call, context.config.denyAfter);

/** What a call that has just ended repeats so often that its answer carries a correction; null if it does not. */
export function correctionOf({ memory, config }: AgentRunContext, call: EndedCall): Loop | null {
  const loop = loopOf(memory, call);
  return loop !== null && loop.count >= config.warnAfter ? loop : null;
}

const countOf = ({ loop }: AgentRunContext): number => loop?.count ?? 0;

const rules = {
  callIsRefused: ({ context, event }: RunMoment): boolean =>
    event.type === 'CALL_ASKED' && refusalOf(context, event.call) !== null,
  loopCallsForStop: ({ context }: RunMoment): boolean => countOf(context) >= context.config.stopAfter,
  loopIsRefused: ({ context }: RunMoment): boolean => countOf(context) >= context.config.denyAfter,
  loopIsWarnedOf: ({ context }: RunMoment): boolean => countOf(context) >= context.config.warnAfter,
  loopIsOver: ({ context }: RunMoment): boolean => countOf(context) < context.config.warnAfter,
  loopIsLessThanStop: ({ context }: RunMoment): boolean => countOf(context) < context.config.stopAfter,
  loopIsLessThanRefused: ({ context }: RunMoment): boolean => countOf(context) < context.config.denyAfter,
  runIsQuiet: ({ context }: RunMoment): boolean => quietLeftMs(context) === 0,
};

const remembering = (context: AgentRunContext, memory: LoopMemory, isObserved: boolean) => ({
  memory,
  loop: worstLoop(memory),
  lastAt: context.now(),
  isObserved,
});

const updates = {
  remember({ context, event }: RunMoment) {
    if (event.type !== 'CALL_ENDED') return {};
    const memory = memoryAfter(currentMemory(context), event.call);
    const next = { ...context, ...remembering(context, memory, event.isObserved === true) };
    return { ...next, warned: context.warned + (correctionOf(next, event.call) === null ? 0 : 1) };
  },
  countRefusal({ context, event }: RunMoment) {
    const loop = event.type === 'CALL_ASKED' ? refusalOf(context, event.call) : null;
    if (event.type !== 'CALL_ASKED' || loop === null) return {};
    const isObserved = event.isObserved === true;
    const before = currentMemory(context);
    // A call that is spared runs, and is counted when it ends.
    const memory = isObserved ? before : memoryAfterRefusal(before, event.call, loop);
    return { ...remembering(context, memory, isObserved), denied: context.denied + 1 };
  },
  forget: () => ({ memory: nothingRepeated, loop: null }),
};

/** The report of what a run does, about one loop. */
const reportOf = (
  run: string,
  type: LoopReport['type'],
  { kind, tool, count }: Loop,
  isObserved: boolean,
): LoopReport => ({ type, run, kind, tool, count, isObserved });

/** The guard against loops of one run of an agent. It reports to its parent, if it has one. */
export const agentRunMachine = setup({
  types: {
    context: {} as AgentRunContext,
    events: {} as AgentRunEvent,
    input: {} as AgentRunInput,
  },
  delays: {
    quiet: ({ context }) => Math.min(quietLeftMs(context), maxTimerMs),
  },
  guards: rules,
  actions: {
    remember: assign(updates.remember),
    countRefusal: assign(updates.countRefusal),
    forget: assign(updates.forget),
    reportWarning: enqueueActions(({ context, event, self, enqueue }) => {
      const parent = parentOf(self);
      const loop = event.type === 'CALL_ENDED' ? correctionOf(context, event.call) : null;
      if (parent === undefined || loop === null) return;
      enqueue.sendTo(parent, reportOf(context.run, 'LOOP_WARNED', loop, context.isObserved));
    }),
    reportRefusal: enqueueActions(({ context, event, self, enqueue }) => {
      const parent = parentOf(self);
      const loop = event.type === 'CALL_ASKED' ? refusalOf(context, event.call) : null;
      if (parent === undefined || event.type !== 'CALL_ASKED' || loop === null) return;
      const isObserved = event.isObserved === true;
      const counted = { ...loop, count: loop.count + (isObserved ? 0 : 1) };
      enqueue.sendTo(parent, reportOf(context.run, 'LOOP_DENIED', counted, isObserved));
    }),
    reportStop: enqueueActions(({ context, self, enqueue }) => {
      const parent = parentOf(self);
      if (parent === undefined || context.loop === null) return;
      enqueue.sendTo(parent, reportOf(context.run, 'LOOP_STOPPED', context.loop, context.isObserved));
    }),
    reportEnd: enqueueActions(({ context, self, enqueue }) => {
      const parent = parentOf(self);
      if (parent !== undefined) enqueue.sendTo(parent, { type: 'LOOP_ENDED', run: context.run });
    }),
  },
}).createMachine({
  id: 'agentRun',
  context: ({ input }) => ({
    run: input.run,
    config: loopConfig(input.config),
    now: input.now,
    memory: nothingRepeated,
    loop: null,
    isObserved: false,
    lastAt: null,
    warned: 0,
    denied: 0,
  }),
  initial: 'steady',
  on: {
    CALL_ASKED: { guard: 'callIsRefused', actions: ['reportRefusal', 'countRefusal'] },
    CALL_ENDED: { actions: ['remember', 'reportWarning'] },
    END: { target: '.ended' },
  },
  states: {
    steady: {
      always: { guard: 'loopIsWarnedOf', target: 'repeating' },
    },
    repeating: {
      always: [
        { guard: 'loopIsRefused', target: 'refusing' },
        { guard: 'loopIsOver', target: 'steady', actions: 'reportEnd' },
      ],
      after: {
        quiet: [
          { guard: 'runIsQuiet', target: 'steady', actions: ['forget', 'reportEnd'] },
          { target: 'repeating', reenter: true },
        ],
      },
    },
    refusing: {
      always: [
        { guard: 'loopCallsForStop', target: 'stopped', actions: 'reportStop' },
        { guard: 'loopIsLessThanRefused', target: 'repeating' },
      ],
      after: {
        quiet: [
          { guard: 'runIsQuiet', target: 'steady', actions: ['forget', 'reportEnd'] },
          { target: 'refusing', reenter: true },
        ],
      },
    },
    stopped: {
      // On every way out, the parent is told that it is no longer among the runs that should stop.
      always: [
        { guard: 'loopIsOver', target: 'steady', actions: 'reportEnd' },
        { guard: 'loopIsLessThanStop', target: 'refusing', actions: 'reportEnd' },
      ],
      on: {
        ACKNOWLEDGE: { target: 'steady', actions: ['forget', 'reportEnd'] },
        END: { target: 'ended', actions: 'reportEnd' },
      },
      after: {
        quiet: [
          { guard: 'runIsQuiet', target: 'steady', actions: ['forget', 'reportEnd'] },
          { target: 'stopped', reenter: true },
        ],
      },
    },
    ended: { type: 'final' },
  },
});

/** A running guard of one run. */
export type AgentRunRef = ActorRefFrom<typeof agentRunMachine>;

/** The snapshot that a subscriber to a run receives. */
export type AgentRunSnapshot = SnapshotFrom<typeof agentRunMachine>;
