import type { ErrorCategory } from '../../machines/categories.ts';
import { backoffLeftMs } from '../../machines/circuit-context.ts';
import { circuitName } from '../../machines/circuit-name.ts';
import { type CircuitState, countsAsOpen, stateOf } from '../../machines/circuit-state.ts';
import { fleetLeftMs, type Lease } from '../../machines/fleet-verdict.ts';
import type { ToolCircuitSnapshot } from '../../machines/tool-circuit.ts';
import type { WindowRates } from '../../machines/trip-strategy.ts';
import type { Circuit } from '../circuits/circuit.ts';
import type { Mode } from '../circuits/modes.ts';
import type { CallCounts, Latency } from '../telemetry/call-stats.ts';
import type { Availability } from './availability.ts';
import { type Measured, toolMetrics } from './metrics.ts';

/** The state, counters and times of one tool. Instants are in ms of the registry's clock, and null if there was none. */
export interface ToolDiagnostics extends CallCounts {
  readonly tool: string;
  /** The target or tenant that the circuit is for; null if it is for all calls of the tool. */
  readonly key: string | null;
  /** The name of the circuit: that of the tool, or `fetch (for example.org)`. */
  readonly circuit: string;
  readonly status: CircuitState;
  /** Whether the circuit refuses calls or only observes. */
  readonly mode: Mode;
  /** The state in which the circuit would be if it did not only observe; otherwise its `status`. */
  readonly wouldBe: CircuitState;
  /** Counted failures since the last success. */
  readonly failureCount: number;
  /** The current backoff, in ms; 0 while closed. */
  readonly currentBackoffMs: number;
  /** How much of it is left, in ms; null unless the circuit is open. */
  readonly remainingBackoffMs: number | null;
  readonly openedAt: number | null;
  /** How often this circuit has tripped; in a `RegistrySnapshot`, the same name counts the circuits that are open. */
  readonly openCount: number;
  /** Whether the circuit is open or isolated. */
  readonly isOpen: boolean;
  /** How many calls were refused, including those that the tool's upstream refused. */
  readonly deniedRequests: number;
  /** When the tool's own circuit last refused a call. */
  readonly lastDeniedAt: number | null;
  readonly lastErrorCategory: ErrorCategory | null;
  /** Calls that were admitted while half-open and have not reported yet. */
  readonly probesInFlight: number;
  /** Results of calls that were permitted before the circuit last changed state; they are only counted. */
  readonly lateResults: number;
  /** When the isolation ends; null if there is none or it has no end. */
  readonly isolatedUntil: number | null;
  /** Who isolated the tool last, if that was said; null while it is not isolated. */
  readonly isolatedBy: string | null;
  /** `upstream` for a circuit that other tools depend on. */
  readonly kind: 'tool' | 'upstream';
  /** The failure rate in the window of the tool's trip strategy, from 0 to 1; null without a window, or with too few calls in it. */
  readonly failureRate: number | null;
  /** The same for slow calls. */
  readonly slowCallRate: number | null;
  /** The name of the circuit that the tool depends on. */
  readonly upstream: string | null;
  /**
   * Whether a call would be admitted now by the tool's own circuit and by the upstream of its last call. If not,
   * `availability(name)` says for how long.
   */
  readonly available: boolean;
  /** The name of the circuit that would refuse a call now, the tool's own or its upstream's; null if none would. */
  readonly blockedBy: string | null;
  /** How long the circuit has been open or isolated in total, in ms. */
  readonly openMs: number;
  /** Null until a call has been timed. */
  readonly latency: Latency | null;
  /** What the fleet has decided; null if it has not, or the registry has not joined one. */
  readonly fleet: FleetDiagnostics | null;
}

/** What a fleet has decided about a circuit, as far as this process knows. */
export interface FleetDiagnostics {
  /** The number of the verdict: later ones have higher numbers. */
  readonly epoch: number;
  /** Whether the fleet holds the circuit open. */
  readonly isOpen: boolean;
  /** Whether the circuit has tripped here too, so that it stays open when the fleet closes it. */
  readonly isOwnTrip: boolean;
  /** Who has the lease for the probe, as far as is known here. */
  readonly lease: Lease;
  /** How long until a call may ask for the lease, or until the lease of this process ends, in ms. */
  readonly leftMs: number;
}

function diagnoseFleet({ value, context }: ToolCircuitSnapshot, now: number): FleetDiagnostics | null {
  const { fleet, lastFailureAt } = context;
  if (fleet === null) return null;
  const { epoch, isOpen, lease } = fleet;
  const isOwnTrip = value === 'open' && lastFailureAt !== null;
  return { epoch, isOpen, isOwnTrip, lease, leftMs: fleetLeftMs(fleet, now) };
}

/** How much of the backoff is left, in ms; null unless the circuit is open. */
export function remainingBackoffMs(snapshot: ToolCircuitSnapshot, now: number): number | null {
  return snapshot.value === 'open' ? backoffLeftMs(snapshot.context, now) : null;
}

const noRates: WindowRates = { failureRate: null, slowCallRate: null };

/** The diagnostics of a tool, derived from its circuit. */
export function diagnose(
  circuit: Measured & Pick<Circuit, 'lastUpstream' | 'isUpstream' | 'trip' | 'shadow'>,
  now: number,
  openMs: number,
  availability: Availability,
): ToolDiagnostics {
  const { context } = circuit.latest;
  const status = stateOf(circuit.latest);
  const { denials, ...counted } = toolMetrics(circuit, openMs);
  return {
    ...counted,
    status,
    mode: context.isObserved ? 'observe' : 'enforce',
    wouldBe: status === 'closed' ? (circuit.shadow?.stateAt(now) ?? status) : status,
    failureCount: context.failureCount,
    currentBackoffMs: context.currentBackoffMs,
    remainingBackoffMs: remainingBackoffMs(circuit.latest, now),
    openedAt: context.openedAt,
    openCount: context.openCount,
    isOpen: countsAsOpen(status),
    deniedRequests: denials,
    lastDeniedAt: context.lastDeniedAt,
    lastErrorCategory: context.lastErrorCategory,
    probesInFlight: context.probesInFlight,
    isolatedUntil: context.isolatedUntil,
    isolatedBy: context.isolatedBy,
    kind: circuit.isUpstream ? 'upstream' : 'tool',
    ...(circuit.trip.rates?.(context.tripMemory, now) ?? noRates),
    upstream: circuit.lastUpstream ?? null,
    available: availability.available,
    blockedBy: availability.available ? null : availability.because,
    fleet: diagnoseFleet(circuit.latest, now),
  };
}

/** The diagnostics of a tool that has not been used: closed, with every counter at 0. */
export function diagnoseUnknown(
  tool: string,
  key: string | null,
  kind: ToolDiagnostics['kind'],
  upstream: string | undefined,
  availability: Availability,
  mode: Mode,
): ToolDiagnostics {
  return {
    tool,
    key,
    circuit: circuitName(tool, key),
    kind,
    ...noRates,
    status: 'closed',
    mode,
    wouldBe: 'closed',
    failureCount: 0,
    currentBackoffMs: 0,
    remainingBackoffMs: null,
    openedAt: null,
    openCount: 0,
    isOpen: false,
    deniedRequests: 0,
    lastDeniedAt: null,
    lastErrorCategory: null,
    probesInFlight: 0,
    lateResults: 0,
    isolatedUntil: null,
    isolatedBy: null,
    upstream: upstream ?? null,
    available: availability.available,
    blockedBy: availability.available ? null : availability.because,
    calls: 0,
    successes: 0,
    failures: {},
    timeouts: 0,
    answered: 0,
    impatient: 0,
    spared: {},
    wouldDeny: 0,
    openMs: 0,
    latency: null,
    fleet: null,
  };
}
