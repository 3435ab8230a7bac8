import type { Circuit } from '../circuits/circuit.ts';
import type { Circuits } from '../circuits/circuits.ts';
import type { FleetCounts } from '../circuits/membership.ts';
import type { CallCounts, Latency } from '../telemetry/call-stats.ts';
import { CallStats } from '../telemetry/call-stats.ts';
import type { LoopMetrics } from '../telemetry/loop-counts.ts';

/** The counters of one tool since it was first used. They take bounded memory, however many calls there were. */
export interface ToolMetrics extends CallCounts {
  readonly tool: string;
  /** The target or tenant that the circuit is for; null if it is for all calls of the tool. */
  readonly key: string | null;
  /** The name of the circuit: that of the tool, or `fetch (for example.org)`. */
  readonly circuit: string;
  /** Results of calls that were permitted before the circuit last changed state; they are only counted. */
  readonly lateResults: number;
  /** How many calls were refused, including those that the tool's upstream refused. */
  readonly denials: number;
  /** How long the circuit has been open or isolated in total, in ms. */
  readonly openMs: number;
  /** Null until a call has been timed. */
  readonly latency: Latency | null;
}

/** The registry's counters since its creation. Resetting a tool removes it from `tools` but lowers no counter. */
export interface RegistryMetrics extends CallCounts {
  /** How often any circuit tripped. */
  readonly circuitOpenEvents: number;
  /** How often any circuit became half-open. */
  readonly halfOpenEvents: number;
  /** How many calls were refused. */
  readonly breakerDenials: number;
  readonly lateResults: number;
  /** The counters of the guard against loops. */
  readonly loops: LoopMetrics;
  /** The counters of each known circuit. */
  readonly tools: readonly ToolMetrics[];
  /** The counters of the membership in a fleet; null if the registry has not joined one. */
  readonly fleet: FleetCounts | null;
}

/** The parts of a circuit that metrics are derived from. */
export type Measured = Pick<Circuit, 'id' | 'tool' | 'key' | 'latest' | 'statsIfAny' | 'upstreamDenials'>;

const neverCalled = new CallStats();

/** The counters of one tool, derived from its circuit. */
export function toolMetrics(circuit: Measured, openMs: number): ToolMetrics {
  const stats = circuit.statsIfAny ?? neverCalled;
  const { lateResults, deniedRequests } = circuit.latest.context;
  return {
    tool: circuit.tool,
    key: circuit.key,
    circuit: circuit.id,
    ...stats.counts(),
    lateResults,
    denials: deniedRequests + circuit.upstreamDenials,
    openMs,
    latency: stats.latency(),
  };
}

/** The sums over all tools, including forgotten ones. Upstreams are left out: their calls are counted with their tools. */
export function callTotals(circuits: Circuits): CallCounts & { readonly lateResults: number } {
  const sum = new CallStats();
  sum.add(circuits.forgotten);
  let lateResults = circuits.forgottenLateResults;
  for (const circuit of circuits.all()) {
    if (circuit.statsIfAny && !circuit.isUpstream) sum.add(circuit.statsIfAny);
    lateResults += circuit.latest.context.lateResults;
  }
  return { ...sum.counts(), lateResults };
}
