import { toolRegistryMachine } from '../machines/tool-registry.ts';

type Machine = typeof toolRegistryMachine;

/**
 * The registry's machine, with a shortcut for a circuit that begins closed: it adds 1 to a number, and would
 * otherwise be a fifth of the cost of spawning it. A test holds the shortcut against the chart.
 */
export const registryLogic: Machine = Object.create(toolRegistryMachine, {
  transition: {
    value: ((snapshot, event, scope) => {
      if (event.type !== 'CIRCUIT_BEGAN' || event.state !== 'closed') {
        return toolRegistryMachine.transition(snapshot, event, scope);
      }
      const { context } = snapshot;
      const counts = { ...context.counts, closed: context.counts.closed + 1 };
      return { ...snapshot, context: { ...context, counts } };
    }) satisfies Machine['transition'],
  },
});
