import type { FleetState } from '../../machines/fleet-news.ts';
import type { FleetCounts } from '../circuits/membership.ts';

/** A circuit that a fleet holds open, as it looks from this process. */
export interface SharedVerdict {
  readonly tool: string;
  /** The number of the verdict: later ones have higher numbers. */
  readonly epoch: number;
  /** How long until one process may probe the circuit, in ms. */
  readonly leftMs: number;
  /** Whether this process has the lease for the probe. */
  readonly isLeaseHeld: boolean;
}

/** A membership as it is now. */
export interface FleetStatus extends FleetCounts {
  readonly state: FleetState;
  readonly namespace: string;
  readonly member: string;
  /** How many times in a row the store has not answered. */
  readonly misses: number;
  /** What went wrong the last time that it did not answer; null if it always has. */
  readonly lastMiss: string | null;
  /** The circuits that the fleet holds open. */
  readonly verdicts: readonly SharedVerdict[];
}
