import { Actor, type ActorOptions } from 'xstate';
import {
  type FleetMemberContext,
  type FleetMemberSnapshot,
  fleetMemberMachine,
} from '../../machines/fleet-member.ts';
import type { Scope } from '../../machines/xstate-internals.ts';
import { CompiledChart } from '../circuits/compiled-chart.ts';

type Machine = typeof fleetMemberMachine;

export const fleetMemberChart = new CompiledChart<FleetMemberSnapshot>(
  fleetMemberMachine,
  (context: FleetMemberContext, update: Partial<FleetMemberContext>): FleetMemberContext => ({
    ...context,
    ...update,
  }),
);

/** The actor of a membership, whose chart runs without XState's interpreter while nobody watches every step. */
export class MemberActor extends Actor<Machine> {
  /** @param isInspected Whether somebody watches every step now. */
  constructor(options: ActorOptions<Machine>, isInspected: () => boolean) {
    super(
      Object.create(fleetMemberMachine, {
        transition: {
          value: ((snapshot, event, scope) =>
            (isInspected() ? undefined : fleetMemberChart.step(snapshot, event, scope as unknown as Scope)) ??
            fleetMemberMachine.transition(snapshot, event, scope)) satisfies Machine['transition'],
        },
      }) as Machine,
      options,
    );
  }
}
