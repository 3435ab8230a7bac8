import type { Circuit } from '../circuits/circuit.ts';
import type { StandingOrder } from './orders.ts';

/** The lease of this process for the probe of one circuit. */
export interface HeldLease {
  readonly token: string;
  /** How many successes the circuit had counted when the lease was granted. */
  readonly successes: number;
  /** Since when no probe has been in flight, in ms of the registry's clock; null while one is. */
  idleSince: number | null;
}

/** The last thing that a member has to say of a circuit. A later one replaces an earlier one. */
export type Word =
  | { readonly says: 'trips'; readonly hasWaited: boolean }
  | { readonly says: 'works' }
  | {
      readonly says: 'settled';
      readonly token: string;
      readonly outcome: 'works' | 'fails' | 'released';
    };

/** What a member keeps in mind of a circuit of its registry that it shares with its fleet. */
export class SharedCircuit {
  readonly circuit: Circuit;
  readonly id: string;
  /** How often it has tripped, as far as the member has noticed. */
  openCount: number;
  /** How many calls and how many successes it had counted at the last sign of life, and when that was. */
  calls = 0;
  successes = 0;
  signAt = Number.NEGATIVE_INFINITY;
  /** Whether its vote may be counted in the store. */
  hasVoted = false;
  lease: HeldLease | undefined;
  /** While a question about the lease has no answer: a promise that resolves when it has, or its deadline has passed. */
  asking: Promise<void> | undefined;
  /** What is yet to be said, and whether the store is being told of something. */
  word: Word | undefined;
  isBeingSaid = false;
  /** The operator's order to the fleet that this circuit obeys. */
  order: StandingOrder | undefined;

  constructor(circuit: Circuit, id: string) {
    this.circuit = circuit;
    this.id = id;
    this.openCount = circuit.latest.context.openCount;
  }

  /** Whether the circuit is open because it has tripped here. */
  get isOwnTrip(): boolean {
    const { value, context } = this.circuit.latest;
    return value === 'open' && context.lastFailureAt !== null;
  }
}
