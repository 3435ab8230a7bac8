import { remainingMs } from './backoff.ts';
import type { ErrorCategory } from './categories.ts';

/**
 * Who has the one lease for the probe of a circuit that a fleet has opened: nobody that we know of (`free`), nobody yet because
 * this process has asked for it (`asked`), this process (`held`), or another one (`elsewhere`).
 */
export type Lease = 'free' | 'asked' | 'held' | 'elsewhere';

/** What a fleet of processes has decided about a circuit, as far as this process knows. */
export interface FleetVerdict {
  /** The number of the verdict. A later verdict has a higher one. */
  readonly epoch: number;
  readonly isOpen: boolean;
  readonly lease: Lease;
  /**
   * In ms of the circuit's clock. `free`: when the backoff of the fleet ends. `asked`: until when the answer is waited for.
   * `held`: when the lease ends. `elsewhere`: when to ask again.
   */
  readonly until: number;
  /** How long an answer about the lease is waited for, in ms. */
  readonly answerMs: number;
}

/** The events by which a circuit learns what its fleet has decided. `at` is the instant in ms of the circuit's clock. */
export type FleetEvent =
  /** The fleet has opened the circuit for all processes, for `leftMs` from `at`. */
  | {
      type: 'FLEET_OPENED';
      epoch: number;
      leftMs: number;
      answerMs: number;
      category: ErrorCategory | null;
      at?: number;
    }
  /** The fleet has closed the circuit. A trip of this process stays in force. */
  | { type: 'FLEET_CLOSED'; epoch: number; at?: number }
  /** The store of the fleet is gone. A verdict in force lasts until its time ends and `extraMs` longer; then local rules hold. */
  | { type: 'FLEET_LOST'; extraMs: number; at?: number }
  /** This process has asked for the lease. */
  | { type: 'LEASE_ASKED'; at?: number }
  /** This process has the lease for `leftMs` from `at`. */
  | { type: 'LEASE_GRANTED'; leftMs: number; at?: number }
  /** Another process has the lease; it is worth asking again after `leftMs`. */
  | { type: 'LEASE_REFUSED'; leftMs: number; at?: number }
  /** The lease of this process has run out, or was given back. */
  | { type: 'LEASE_ENDED'; at?: number };

/** Whether a fleet holds the circuit open, so that no probe is made without its lease. */
export const isHeld = (fleet: FleetVerdict | null): fleet is FleetVerdict => fleet?.isOpen === true;

/** How much longer the fleet's verdict, or a question about its lease, keeps calls out, in ms. */
export const fleetLeftMs = (fleet: FleetVerdict | null, now: number): number =>
  isHeld(fleet) ? remainingMs(fleet.until, 0, now) : 0;

/** Whether a half-open circuit may admit a probe as far as its fleet goes: there is no verdict, or the lease is ours. */
export const mayProbe = (fleet: FleetVerdict | null, now: number): boolean =>
  !isHeld(fleet) || (fleet.lease === 'held' && remainingMs(fleet.until, 0, now) > 0);

/** Whether a verdict says nothing new: a later one is known, or the same one is in force or was overruled here. */
export const isOldVerdict = (fleet: FleetVerdict | null, { type, epoch }: FleetEvent & { epoch: number }) =>
  fleet !== null && (epoch < fleet.epoch || (epoch === fleet.epoch && type === 'FLEET_OPENED'));
