import type { PermitStamp } from '../../machines/circuit-context.ts';

/** A circuit's permission for one call. */
export interface Admission<Circuit> {
  readonly admitted: true;
  readonly circuit: Circuit;
  readonly stamp: PermitStamp;
  /** When the call began; undefined if it is not timed. */
  readonly startedAt: number | undefined;
  /** The permission of the tool's upstream, if it has one. */
  readonly upstream: Admission<Circuit> | undefined;
  /**
   * The permission that the shadow of an observed circuit gave; null if it would have refused, left out if the circuit is not
   * observed.
   */
  readonly shadow?: PermitStamp | null;
}

/** What is done when a call without options ends. */
export interface Endings {
  readonly succeeded: <Value>(value: Value) => Value;
  readonly failed: (error: unknown) => PromiseLike<never>;
}

/** Whether the call is a probe of a half-open circuit. */
export const isProbe = ({ stamp, upstream }: Admission<unknown>): boolean =>
  stamp.probeStart !== null || (upstream !== undefined && upstream.stamp.probeStart !== null);

/** The permission of one circuit alone, for an untimed call. */
export const admissionBy = <Circuit>(circuit: Circuit, stamp: PermitStamp): Admission<Circuit> => ({
  admitted: true,
  circuit,
  stamp,
  startedAt: undefined,
  upstream: undefined,
});
