import type { CircuitState, ToolRegistry } from 'toolfuse';

const isOpen = (state: CircuitState): boolean => state === 'open' || state === 'isolated';

/** A period that goes on. Its label stays the same, even if the tool becomes known meanwhile. */
interface Period {
  readonly label: string;
  readonly since: number;
}

/** What names one circuit: a tool, and the target or tenant that the circuit is for. */
interface CircuitId {
  readonly tool: string;
  readonly key: string | null;
}

/** No name of a tool and key can look like that of another. */
const idOf = ({ tool, key }: CircuitId): string => JSON.stringify([tool, key]);

/**
 * How long the circuits of each label have been open or isolated, in total. It never shrinks, even when a circuit is forgotten
 * with all its counters, since a counter that shrinks would be read as a restart.
 */
export class OpenTime {
  readonly #now: () => number;
  readonly #labelOf: (circuit: string) => string;
  /** The time of the periods that are over, in ms, by label. */
  readonly #past = new Map<string, number>();
  /** The periods that go on, by circuit. */
  readonly #periods = new Map<string, Period>();

  constructor(registry: ToolRegistry, labelOf: (circuit: string) => string) {
    this.#now = registry.clock.now;
    this.#labelOf = labelOf;
    const now = this.#now();
    for (const circuit of registry.snapshot().diagnostics) {
      const { tool, status, openMs } = circuit;
      const label = labelOf(tool);
      this.#past.set(label, (this.#past.get(label) ?? 0) + openMs);
      if (isOpen(status)) this.#periods.set(idOf(circuit), { label, since: now });
    }
  }

  /** A circuit has changed its state. */
  onState(circuit: CircuitId, state: CircuitState): void {
    const id = idOf(circuit);
    const period = this.#periods.get(id);
    if (isOpen(state)) {
      if (period === undefined) {
        this.#periods.set(id, { label: this.#labelOf(circuit.tool), since: this.#now() });
      }
    } else if (period !== undefined) {
      this.#periods.delete(id);
      const { label, since } = period;
      this.#past.set(label, (this.#past.get(label) ?? 0) + this.#now() - since);
    }
  }

  /** The total of each label until now, in ms. Labels whose circuits never opened are left out. */
  totals(): ReadonlyMap<string, number> {
    const now = this.#now();
    const totals = new Map(this.#past);
    for (const { label, since } of this.#periods.values()) {
      totals.set(label, (totals.get(label) ?? 0) + now - since);
    }
    return totals;
  }
}
