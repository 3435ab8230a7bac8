import type { PermitStamp } from '../../machines/circuit-context.ts';
import type { CircuitActor } from './circuit-actor.ts';

/** Leave for one call, of one circuit. */
export interface Leave {
  readonly admitted: true;
  readonly circuit: CircuitActor;
  readonly stamp: PermitStamp;
  /** When the call began, where it is timed. */
  readonly startedAt: number | undefined;
  /** Leave of the circuit that the tool depends on, where it has one. */
  readonly upstream: Leave | undefined;
}

/** Whether the call is a probe of a half-open circuit. */
export const isProbe = ({ stamp, upstream }: Leave): boolean =>
  stamp.probeStart !== null || (upstream !== undefined && upstream.stamp.probeStart !== null);

/** Leave of one circuit alone, for a call that is not timed. */
export const leaveOf = (circuit: CircuitActor, stamp: PermitStamp): Leave => ({
  admitted: true,
  circuit,
  stamp,
  startedAt: undefined,
  upstream: undefined,
});
