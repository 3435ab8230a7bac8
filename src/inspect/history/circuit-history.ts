import type { CircuitState, ToolRegistry, ToolRegistryEmitted } from 'toolfuse';
import { circuitName } from '../../../machines/circuit-name.ts';
import { notRunning, type StateSpan, StateSpans } from './state-spans.ts';

/** Of how many circuits the past is kept; those that changed last. */
const maxCircuits = 1_000;
/** How many changes of state of each are kept in a file. */
const maxKept = 100;

/** The pasts of circuits as JSON: by the circuit's name, pairs of a state and the wall-clock time in ms at which it began. */
export type KeptHistory = Readonly<Record<string, readonly (readonly [state: string, at: number])[]>>;

const states: Readonly<Partial<Record<ToolRegistryEmitted['type'], CircuitState>>> = {
  'circuit.opened': 'open',
  'circuit.halfOpened': 'halfOpen',
  'circuit.closed': 'closed',
  'circuit.isolated': 'isolated',
  'circuit.disabled': 'disabled',
};

/** The past of a circuit as it was kept; anything else is left out. */
function spansIn(kept: unknown): StateSpan[] {
  if (!Array.isArray(kept)) return [];
  return kept.slice(-maxKept).flatMap((each: unknown) => {
    const [state, at] = Array.isArray(each) ? (each as unknown[]) : [];
    return typeof state === 'string' && Number.isFinite(at)
      ? [{ state: state.slice(0, 20), at: Math.min(at as number, Date.now()) }]
      : [];
  });
}

/**
 * The states of a registry's circuits over hours, whether or not anybody looks on. It hears of changes only, so that a call costs
 * nothing.
 */
export class CircuitHistory {
  readonly #spans = new Map<string, StateSpans>();
  readonly #stop: () => void;

  /**
   * @param kept What `toJSON` returned in an earlier process.
   * @param keptAt When that process last wrote it, in ms of the wall clock: nothing is known from then on.
   */
  constructor(registry: ToolRegistry, kept: unknown = {}, keptAt = Date.now()) {
    const entries = typeof kept === 'object' && kept !== null ? Object.entries(kept) : [];
    for (const [circuit, past] of entries.slice(-maxCircuits)) {
      const spans = new StateSpans(spansIn(past));
      if (spans.latest === undefined) continue;
      spans.push(notRunning, Math.min(keptAt, Date.now()));
      spans.push(registry.state(circuit), Date.now());
      this.#spans.set(circuit, spans);
    }
    const subscription = registry.on('*', (event) => this.#onEvent(event));
    this.#stop = () => subscription.unsubscribe();
  }

  /** The states of a circuit, oldest first. */
  readonly past = (circuit: string): readonly StateSpan[] => this.#spans.get(circuit)?.all ?? [];

  toJSON(): KeptHistory {
    return Object.fromEntries(
      [...this.#spans].map(([circuit, { all }]) => [
        circuit,
        all.slice(-maxKept).map(({ state, at }) => [state, at]),
      ]),
    );
  }

  stop(): void {
    this.#stop();
  }

  #onEvent(event: ToolRegistryEmitted): void {
    const state = states[event.type];
    if (state === undefined || !('from' in event)) return;
    const circuit = circuitName(event.tool, event.key);
    const spans = this.#spans.get(circuit) ?? new StateSpans();
    // Of the time before its first change, only the state is known.
    if (spans.latest === undefined) spans.push(event.from, Date.now());
    spans.push(state, Date.now());
    this.#spans.delete(circuit);
    this.#spans.set(circuit, spans);
    const [oldest] = this.#spans.keys();
    if (this.#spans.size > maxCircuits && oldest !== undefined) this.#spans.delete(oldest);
  }
}
