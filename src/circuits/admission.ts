import type { PermitStamp } from '../../machines/circuit-context.ts';

/** A circuit's permission for one call. */
export interface Admission<Circuit> {
  readonly admitted: true;
  readonly circuit: Circuit;
  readonly stamp: PermitStamp;
  /** When the call began, where it is timed. */
  readonly startedAt: number | undefined;
  /** The permission of the circuit that the tool depends on, where it has one. */
  readonly upstream: Admission<Circuit> | undefined;
}

/** Whether the call is a probe of a half-open circuit. */
export const isProbe = ({ stamp, upstream }: Admission<unknown>): boolean =>
  stamp.probeStart !== null || (upstream !== undefined && upstream.stamp.probeStart !== null);

/** The permission of one circuit alone, for a call that is not timed. */
export const admissionBy = <Circuit>(circuit: Circuit, stamp: PermitStamp): Admission<Circuit> => ({
  admitted: true,
  circuit,
  stamp,
  startedAt: undefined,
  upstream: undefined,
});
