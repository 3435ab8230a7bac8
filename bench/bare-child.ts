import { toolCircuitMachine } from 'toolfuse/machines';
import { type AnyActorRef, createActor, createMachine, setup } from 'xstate';

const now = (): number => performance.now();
/** What a circuit knows, to be known by the bare child as well. */
const { context } = createActor(toolCircuitMachine, { input: { tool: '', now } }).getSnapshot();

/** The least that a circuit could be: three states, a delayed transition, and the same context. */
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

/** An XState child of that machine, made as the registry makes its own: `spawn` would copy all children each time. */
export const startBareChild = (parent: AnyActorRef, tool: string): AnyActorRef =>
  createActor(bareMachine, { parent, id: tool, input: { tool } }).start();
