import type { AnyActorRef } from 'xstate';
import type { ErrorCategory } from './categories.ts';
import type { CircuitState } from './circuit-state.ts';
import type { FleetNews } from './fleet-news.ts';
import type { LoopKind } from './loop-memory.ts';
import type {
  CallSpared,
  CircuitBegan,
  CircuitChanged,
  LoopEnded,
  LoopReport,
  RequestDenied,
  SpareReason,
  TripSpared,
} from './reports.ts';

/** A circuit to forget, and the state that it last reported. */
export interface ForgottenCircuit {
  readonly tool: string;
  /** The target or tenant that the circuit is for. Default null: all calls of the tool. */
  readonly key?: string | null;
  readonly state: CircuitState;
  readonly ref: AnyActorRef;
}

/** The events of a registry actor. */
export type ToolRegistryEvent =
  | CircuitBegan
  | CircuitChanged
  | RequestDenied
  | TripSpared
  | CallSpared
  | LoopReport
  | LoopEnded
  /** Stop these circuits and no longer count them. */
  | { type: 'FORGET'; circuits: readonly ForgottenCircuit[] }
  /** Stop these circuits, but keep counting them, because the registry stops too. */
  | { type: 'STOP_CIRCUITS'; circuits: readonly AnyActorRef[] }
  /** Stop the registry itself; its circuits are stopped separately. */
  | { type: 'STOP' }
  /** The user has decided to go on anyway. */
  | { type: 'ACKNOWLEDGE' }
  /** The membership in a fleet has something to tell. */
  | { type: 'FLEET_NEWS'; news: FleetNews }
  | { type: 'COOLDOWN_OVER' };

/** The fields of every event about a circuit. */
interface CircuitNews {
  readonly tool: string;
  /** The target or tenant that the circuit is for; null if it is for all calls of the tool. */
  readonly key: string | null;
  readonly lastErrorCategory: ErrorCategory | null;
}

/** The events that a registry actor emits: `actor.on('circuit.opened', (event) => …)`. */
export type ToolRegistryEmitted =
  | FleetNews
  | (CircuitNews & {
      readonly type:
        | 'circuit.opened'
        | 'circuit.halfOpened'
        | 'circuit.closed'
        | 'circuit.isolated'
        | 'circuit.disabled';
      readonly from: CircuitState;
      /** How often this circuit has tripped. */
      readonly openCount: number;
      /** How long the circuit stays open, in ms; 0 once it is closed. */
      readonly currentBackoffMs: number;
    })
  | (CircuitNews & { readonly type: 'circuit.denied'; readonly state: CircuitState; readonly at: number })
  | (CircuitNews & {
      readonly type: 'circuit.spared';
      /** The state of the circuit; of a spared call, that in which it would have been. */
      readonly state: CircuitState;
      /** The circuit only observes, is disabled, or too many are open (`recovery.maxOpenShare`). */
      readonly why: SpareReason;
      /** A trip, told once until a success; or a call that would have been refused, of an observing circuit. */
      readonly what: 'trip' | 'call';
    })
  | {
      /** An answer carries a correction, a call is refused, or the run should stop and ask. */
      readonly type: 'loop.warned' | 'loop.denied' | 'loop.stopped';
      readonly run: string;
      readonly tool: string;
      readonly kind: LoopKind;
      /** How often the run has repeated itself, refused calls included. */
      readonly count: number;
      /** Whether the tool only observes, so that nothing else was done than to tell. */
      readonly observed: boolean;
    }
  /** A run that repeated itself does something else, was quiet for long, or its user said to go on. */
  | { readonly type: 'loop.ended'; readonly run: string }
  | {
      readonly type: 'recovery.paused';
      readonly reason: string;
      /** The runs that repeat themselves. */
      readonly runs: readonly string[];
      readonly openCircuits: readonly string[];
      /** How many circuits are open or isolated. */
      readonly openCount: number;
    }
  | {
      readonly type: 'recovery.resumed';
      /** `recovered`: enough circuits have closed. `acknowledged`: the user said to go on. */
      readonly because: 'recovered' | 'acknowledged';
      /** How many circuits are open or isolated. */
      readonly openCount: number;
    };
