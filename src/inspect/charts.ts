/** The largest total size of all definitions, in characters. Beyond it, actors of an app are shown without their charts. */
const maxTextLength = 32 * 2 ** 20;
const maxCharts = 5_000;

/** The chart of one or more actors. */
export interface Chart {
  readonly id: string;
  /** The machine's config as JSON. */
  readonly definition: string;
}

interface KnownChart extends Chart {
  readonly seq: number;
  uses: number;
}

/** The charts of all actors. Each is stored once, because a thousand tools share one. */
export class Charts {
  readonly #byDefinition = new Map<string, KnownChart>();
  readonly #byId = new Map<string, KnownChart>();
  #text = 0;
  #latest = 0;

  /** In order of arrival. */
  get all(): Chart[] {
    return this.since(0);
  }

  /** The number of the latest one. */
  get latest(): number {
    return this.#latest;
  }

  /** Those that came after the one with a number. */
  since(seq: number): Chart[] {
    return [...this.#byId.values()]
      .filter((chart) => chart.seq > seq)
      .map(({ id, definition }) => ({ id, definition }));
  }

  /** The name of the chart with this definition, as JSON, for one more who uses it; null if there is no room for it. */
  idOf(definition: string): string | null {
    const known = this.#byDefinition.get(definition);
    if (known !== undefined) {
      known.uses += 1;
      return known.id;
    }
    if (this.#text + definition.length > maxTextLength || this.#byId.size >= maxCharts) return null;
    this.#text += definition.length;
    this.#latest += 1;
    const chart = { id: `c${this.#latest}`, definition, seq: this.#latest, uses: 1 };
    this.#byDefinition.set(definition, chart);
    this.#byId.set(chart.id, chart);
    return chart.id;
  }

  /** One less uses a chart. */
  release(id: string): void {
    const chart = this.#byId.get(id);
    if (chart === undefined) return;
    chart.uses -= 1;
    if (chart.uses > 0) return;
    this.#text -= chart.definition.length;
    this.#byId.delete(id);
    this.#byDefinition.delete(chart.definition);
  }
}
