import type { CircuitState } from '../../machines/circuit-state.ts';
import type { FleetOrder } from '../../machines/fleet-news.ts';
import type { Circuit } from './circuit.ts';

/** How much a membership in a fleet has said and heard since it began. */
export interface FleetCounts {
  /** Trips here that were reported to the fleet. */
  readonly votes: number;
  /** Verdicts of the fleet that opened a circuit here. */
  readonly opened: number;
  /** Verdicts of the fleet that closed a circuit here. */
  readonly closed: number;
  /** Leases for a probe that were asked for here. */
  readonly leasesAsked: number;
  /** Those of them that were granted. */
  readonly leasesGranted: number;
  /** Questions to the store. */
  readonly storeCalls: number;
  /** Those of them that were not answered, or not in time. */
  readonly storeMisses: number;
  /** How often the store was given up for the time being. */
  readonly degradations: number;
}

/** What a registry's membership in a fleet of processes is told, and what it is asked. */
export interface Membership {
  /** A circuit has started, and has not been asked about anything yet. */
  onSpawned(circuit: Circuit): void;
  /** A circuit has changed its state. */
  onState(circuit: Circuit, state: CircuitState): void;
  /** A circuit knows something new about the verdict of its fleet. */
  onVerdict(circuit: Circuit): void;
  onForgotten(circuit: Circuit): void;
  /** The registry has stopped. */
  onStopped(): void;
  /**
   * A call is about to be asked about whose caller can wait.
   *
   * @returns What the call has to wait for, which never rejects; undefined if it need not.
   */
  awaited(tool: string, key: string | null, upstream: string | undefined): Promise<void> | undefined;
  /** Whether the fleet holds any circuit open; if not, no call has to wait for anything. */
  readonly holdsAny: boolean;
  /** Whether the store has not answered several times in a row, so that local rules hold. */
  readonly isDegraded: boolean;
  /** An operator gives an order for all processes. */
  order(tool: string, key: string | null, order: FleetOrder, forMs: number | undefined): void;
  counts(): FleetCounts;
}

/** A question to the store of a fleet that has ended. */
export interface StoreCall {
  /** The name of the script that it asked to run. */
  readonly op: string;
  /** `missed`: it failed, or was not answered in time. */
  readonly outcome: 'answered' | 'missed';
  readonly durationMs: number;
}

/** The one place for a membership in a registry. */
export class Seat {
  membership: Membership | undefined;
  /** Those that are told of each question to the store. What one of them throws goes no further. */
  readonly storeWatchers = new Set<(call: StoreCall) => void>();
}

const seats = new WeakMap<object, Seat>();

/**
 * The seat of a registry, by its actor: so that a room that only wants to know of the membership need not load what registries are
 * made of.
 */
export function seatOf(actor: object): Seat {
  const seat = seats.get(actor) ?? new Seat();
  seats.set(actor, seat);
  return seat;
}
