/** One metric, whatever library it is reported through. */
export interface Instrument {
  /** Its name in OpenTelemetry; `prometheusName` makes that of Prometheus from it. */
  readonly name: string;
  readonly kind: 'gauge' | 'counter' | 'histogram';
  /** `s` for seconds; empty for a number of something. */
  readonly unit: '' | 's';
  readonly help: string;
  /** The labels besides `registry`. */
  readonly labels: readonly string[];
  /** The bounds of the buckets of a histogram. */
  readonly bounds?: readonly number[];
}

/** The bounds of the buckets of durations, in s. A call of a tool may take minutes. */
export const durationBounds = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] as const;

/** The bounds for questions to the store of a fleet, in s, which are answered within ms. */
const storeBounds = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2] as const;

const define = <Name extends string>(
  instruments: Readonly<Record<Name, Instrument>>,
): Readonly<Record<Name, Instrument>> => instruments;

/** Values that are read when somebody asks for them. */
export const readInstruments = define({
  circuitState: {
    name: 'toolfuse.circuit.state',
    kind: 'gauge',
    unit: '',
    help: 'Whether the circuit is in this state (1) or not (0).',
    labels: ['tool', 'kind', 'state'],
  },
  circuits: {
    name: 'toolfuse.circuits',
    kind: 'gauge',
    unit: '',
    help: 'How many circuits are in this state.',
    labels: ['state'],
  },
  failureRate: {
    name: 'toolfuse.failure_rate',
    kind: 'gauge',
    unit: '',
    help: 'The share of failed calls in the window of the trip strategy, once that holds enough calls.',
    labels: ['tool'],
  },
  slowCallRate: {
    name: 'toolfuse.slow_call_rate',
    kind: 'gauge',
    unit: '',
    help: 'The share of slow calls in the window of the trip strategy, once that holds enough calls.',
    labels: ['tool'],
  },
  backoffRemaining: {
    name: 'toolfuse.backoff_remaining',
    kind: 'gauge',
    unit: 's',
    help: 'How long the circuit stays open, 0 unless it is open.',
    labels: ['tool'],
  },
  probesInFlight: {
    name: 'toolfuse.probes_in_flight',
    kind: 'gauge',
    unit: '',
    help: 'How many probes of the half-open circuit have not ended yet.',
    labels: ['tool'],
  },
  openTime: {
    name: 'toolfuse.open',
    kind: 'counter',
    unit: 's',
    help: 'How long the circuit has been open or isolated in total.',
    labels: ['tool'],
  },
  recoveryPaused: {
    name: 'toolfuse.recovery_paused',
    kind: 'gauge',
    unit: '',
    help: 'Whether so many circuits are open that the agent should stop and ask its user.',
    labels: [],
  },
  fleetDegraded: {
    name: 'toolfuse.fleet.degraded',
    kind: 'gauge',
    unit: '',
    help: 'Whether the store of the fleet has not answered several times in a row (1), so that local rules hold, or has (0).',
    labels: [],
  },
  runs: {
    name: 'toolfuse.runs',
    kind: 'gauge',
    unit: '',
    help: 'How many runs of agents are guarded against loops, by their state.',
    labels: ['state'],
  },
  info: {
    name: 'toolfuse.info',
    kind: 'gauge',
    unit: '',
    help: 'Always 1; the label has the version of toolfuse.',
    labels: ['version'],
  },
});

/** Values that grow when something happens. */
export const countedInstruments = define({
  failures: {
    name: 'toolfuse.failures',
    kind: 'counter',
    unit: '',
    help: 'Failed calls, by the category of their error.',
    labels: ['tool', 'category'],
  },
  denied: {
    name: 'toolfuse.denied',
    kind: 'counter',
    unit: '',
    help: 'Refused calls, by what refused them.',
    labels: ['tool', 'reason'],
  },
  transitions: {
    name: 'toolfuse.transitions',
    kind: 'counter',
    unit: '',
    help: 'Changes of state of the circuit.',
    labels: ['tool', 'from', 'to'],
  },
  spared: {
    name: 'toolfuse.spared',
    kind: 'counter',
    unit: '',
    help: 'Trips and refusals that were not carried out, by why.',
    labels: ['tool', 'why'],
  },
  lateResults: {
    name: 'toolfuse.late_results',
    kind: 'counter',
    unit: '',
    help: 'Results of calls during which the circuit had changed its state.',
    labels: ['tool'],
  },
  slowCalls: {
    name: 'toolfuse.slow_calls',
    kind: 'counter',
    unit: '',
    help: 'Calls that took longer than the slowCallMs of their trip strategy.',
    labels: ['tool'],
  },
  loops: {
    name: 'toolfuse.loops',
    kind: 'counter',
    unit: '',
    help: 'What was done about runs of agents that repeat themselves. Of tools that only observe: what would have been.',
    labels: ['tool', 'verdict'],
  },
  recoveryPauses: {
    name: 'toolfuse.recovery_pauses',
    kind: 'counter',
    unit: '',
    help: 'How often the registry has called for a pause.',
    labels: [],
  },
});

/** Distributions. */
export const observedInstruments = define({
  callDuration: {
    name: 'toolfuse.call.duration',
    kind: 'histogram',
    unit: 's',
    help: 'How long calls took, by how they ended. Calls that are reported without a permit have no duration.',
    labels: ['tool', 'outcome'],
    bounds: durationBounds,
  },
  fleetStore: {
    name: 'toolfuse.fleet.store',
    kind: 'histogram',
    unit: 's',
    help: 'How long the store of the fleet took to answer, by what it was asked, and whether it did in time.',
    labels: ['op', 'outcome'],
    bounds: storeBounds,
  },
});

export type ReadName = keyof typeof readInstruments;
export type CountedName = keyof typeof countedInstruments;
export type ObservedName = keyof typeof observedInstruments;

/** The name of an instrument in Prometheus, with its unit, and `_total` if it only grows. */
export function prometheusName({ name, unit, kind }: Instrument): string {
  const parts = [name.replaceAll('.', '_')];
  if (unit === 's') parts.push('seconds');
  if (kind === 'counter') parts.push('total');
  return parts.join('_');
}
