import { type CircuitConfig, createToolRegistry, type ToolRegistry } from 'toolfuse';
import { type Fleet, type FleetOptions, type FleetStore, joinFleet, memoryStore } from 'toolfuse/fleet';
import { TestClock } from 'toolfuse/testing';

export interface FleetMember {
  readonly registry: ToolRegistry;
  readonly fleet: Fleet;
}

export interface FleetOfOptions extends Partial<Omit<FleetOptions, 'store'>> {
  readonly clock?: TestClock;
  readonly store?: FleetStore;
  readonly circuit?: Partial<CircuitConfig>;
}

/** Fails as often as trips the circuit of a tool. */
export const trip = ({ registry }: FleetMember, tool = 'search'): void =>
  registry.recordFailure(tool, 'timeout');

/** Members of one fleet on one clock, connected, whose circuits trip at the first failure. */
export async function fleetOf(size: number, { clock = new TestClock(), ...options }: FleetOfOptions = {}) {
  const { circuit, store = memoryStore({ clock }), namespace = 'agents', ...others } = options;
  const members = Array.from({ length: size }, (_, index): FleetMember => {
    const registry = createToolRegistry({
      clock,
      random: () => 0.5,
      circuit: { failureThreshold: 1, ...circuit },
    });
    const fleet = joinFleet(registry, { store, namespace, member: `member-${index}`, ...others });
    return { registry, fleet };
  });
  await clock.advanceAsync(0);
  /** Makes all members known as callers of a tool. */
  const useEverywhere = async (tool = 'search'): Promise<void> => {
    for (const { registry } of members) registry.recordSuccess(tool);
    await clock.advanceAsync(5_000);
  };
  const states = (tool = 'search') => members.map(({ registry }) => registry.state(tool));
  return { clock, store, members, useEverywhere, states };
}
