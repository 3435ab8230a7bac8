import type { CircuitActor } from '../circuits/circuit-actor.ts';
import type { Circuits } from '../circuits/circuits.ts';
import type { CallCounts, Latency } from '../telemetry/call-stats.ts';
import { CallStats } from '../telemetry/call-stats.ts';

/** What is counted of one tool, since it was first used. Memory is bounded, however many calls there were. */
export interface ToolMetrics extends CallCounts {
  readonly tool: string;
  /** Results of calls that were permitted before the circuit last moved: counted, and nothing else. */
  readonly lateResults: number;
  /** Calls refused, those refused because of the tool's upstream included. */
  readonly denials: number;
  /** How long the circuit has been open or isolated in all, in ms. */
  readonly openMs: number;
  /** Null while no call was timed. */
  readonly latency: Latency | null;
}

/** What the registry has counted since its start. A reset clears none of it, but that its tool is not listed. */
export interface RegistryMetrics extends CallCounts {
  /** Circuits that tripped. */
  readonly circuitOpenEvents: number;
  /** Circuits that became half-open. */
  readonly halfOpenEvents: number;
  /** Calls refused. */
  readonly breakerDenials: number;
  readonly lateResults: number;
  /** Each known circuit. */
  readonly tools: readonly ToolMetrics[];
}

/** What is read off a circuit. */
export type Measured = Pick<CircuitActor, 'id' | 'latest' | 'statsIfAny' | 'upstreamDenials'>;

const neverCalled = new CallStats();

/** What is counted of one tool. */
export function toolMetrics(circuit: Measured, openMs: number): ToolMetrics {
  const stats = circuit.statsIfAny ?? neverCalled;
  const { lateResults, deniedRequests } = circuit.latest.context;
  return {
    tool: circuit.id,
    ...stats.counts(),
    lateResults,
    denials: deniedRequests + circuit.upstreamDenials,
    openMs,
    latency: stats.latency(),
  };
}

/** The sums over all tools, forgotten ones included. What an upstream counts is counted with its tools already. */
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
