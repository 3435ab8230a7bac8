import type { ErrorCategory } from './categories.ts';

/** What an operator can order for the circuit of a tool in all processes of a fleet. */
export type FleetOrder = 'isolate' | 'disable' | 'release' | 'close';

/** The states of a process's membership in a fleet. */
export type FleetState = 'joining' | 'connected' | 'degraded' | 'left';

/** The fields of every event about a membership. */
interface MembershipNews {
  readonly namespace: string;
  /** The name of this process in the fleet. */
  readonly member: string;
}

/** The events that a registry emits while it is a member of a fleet. */
export type FleetNews =
  /** The store of the fleet answers: at first, or again after `fleet.degraded`. */
  | (MembershipNews & { readonly type: 'fleet.connected' })
  /** The store has not answered several times in a row, so that local rules hold until it does. */
  | (MembershipNews & { readonly type: 'fleet.degraded'; readonly reason: string })
  | (MembershipNews & { readonly type: 'fleet.left' })
  /** The circuit of a tool has tripped here, and this process has voted to open it for all. */
  | {
      readonly type: 'fleet.voted';
      readonly tool: string;
      /** How many processes have voted so, out of how many that call the tool, and how many votes open it for all. */
      readonly votes: number;
      readonly callers: number;
      readonly needed: number;
    }
  /** The fleet has opened the circuit of a tool, which this process may not have used yet, for all processes. */
  | {
      readonly type: 'fleet.opened';
      readonly tool: string;
      readonly epoch: number;
      /** How long until one process may probe it, in ms. */
      readonly leftMs: number;
      readonly lastErrorCategory: ErrorCategory | null;
    }
  | { readonly type: 'fleet.closed'; readonly tool: string; readonly epoch: number }
  /** This process has asked for the lease of a probe, and was answered after `waitedMs`. */
  | {
      readonly type: 'fleet.leased';
      readonly tool: string;
      readonly granted: boolean;
      readonly waitedMs: number;
    }
  /** An operator has given an order for all processes, here or elsewhere. */
  | { readonly type: 'fleet.ordered'; readonly tool: string; readonly order: FleetOrder };
