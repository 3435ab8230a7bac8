import { toolCircuitMachine } from 'toolfuse/machines';
import { type ActorRefFrom, type AnyActorRef, createActor, createMachine, setup } from 'xstate';
import type { BenchClock } from './bench-clock.ts';

const now = (): number => performance.now();
/** The context of a circuit, which the bare child has as well. */
const { context } = createActor(toolCircuitMachine, { input: { tool: '', now } }).getSnapshot();

/** The simplest possible circuit: three states, a delayed transition, and the same context. */
const bareMachine = setup({
  types: { context: {} as typeof context, input: {} as { tool: string }, events: {} as { type: 'FAILURE' } },
}).createMachine({
  context: ({ input }) => ({ ...context, tool: input.tool }),
  initial: 'closed',
  states: {
    closed: { on: { FAILURE: 'open' } },
    open: { after: { 5000: 'halfOpen' } },
    halfOpen: { on: { FAILURE: 'open' } },
  },
});

export const startParent = (): AnyActorRef => createActor(createMachine({})).start();

/** An XState child of that machine, created as the registry creates its own, because `spawn` copies all children. */
export const startBareChild = (parent: AnyActorRef, tool: string): AnyActorRef =>
  createActor(bareMachine, { parent, id: tool, input: { tool } }).start();

/** What somebody would write by hand: three states and a delayed transition, and nothing that is counted. */
const plainMachine = createMachine({
  initial: 'closed',
  states: {
    closed: { on: { FAILURE: 'open' } },
    open: { after: { 5000: 'halfOpen' } },
    halfOpen: { on: { SUCCESS: 'closed', FAILURE: 'open' } },
  },
});

export type PlainActor = ActorRefFrom<typeof plainMachine>;

export const startPlain = (clock: BenchClock, id: string): PlainActor =>
  createActor(plainMachine, { clock, id }).start();
