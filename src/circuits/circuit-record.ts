import type { CircuitState } from '../../machines/circuit-state.ts';
import { CallStats } from '../telemetry/call-stats.ts';
import type { Admission, Endings } from './admission.ts';

/** What the registry keeps of one circuit, apart from what the circuit knows itself. */
export class CircuitRecord {
  /** The time of its last use, counted in uses of all circuits. */
  usedAt = 0;
  /** Whether the registry has forgotten it, so that events sent to it no longer count. */
  isForgotten = false;
  /** The message of its last counted failure. */
  lastError: string | null = null;
  /** The state in which its owner last counted it. */
  countedAs: CircuitState = 'closed';
  /** Its neighbours among the circuits that are open or isolated, in the order in which they opened. */
  previousOpen: this | undefined;
  nextOpen: this | undefined;
  /** When it became open or isolated; null while it is neither. */
  openSince: number | null = null;
  /** How long it had been open or isolated before that, in ms. */
  openMs = 0;
  /** Cached permission for untimed, non-probe calls; cleared by every event. */
  freeAdmission: Admission<this> | undefined;
  /**
   * The same permission while a success by it changes only counters and what the trip strategy remembers; cleared by every event, and
   * by every result that is told.
   */
  quietAdmission: Admission<this> | undefined;
  /** How all calls with that permission end; made by the first of them. */
  endings: Endings | undefined;
  /** The circuit that the tool depends on by its settings. */
  upstream: string | undefined;
  /** The circuit that the last call of the tool depended on, by its settings or by an option of the call. */
  lastUpstream: string | undefined;
  /** Whether other circuits depend on it. */
  isUpstream = false;
  /** How many of its calls were refused because of its upstream. */
  upstreamDenials = 0;
  /** The counters of its calls; undefined before the first one. */
  statsIfAny: CallStats | undefined;

  /** Takes back the cached permissions. */
  revoke(): void {
    this.endings = undefined;
    this.freeAdmission = undefined;
    this.quietAdmission = undefined;
  }

  get stats(): CallStats {
    this.statsIfAny ??= new CallStats();
    return this.statsIfAny;
  }
}
