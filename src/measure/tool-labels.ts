/** The label of all tools that have none of their own. */
export const otherTools = '_other';

/** The longest name that becomes a label, in characters. */
const maxLength = 200;

export interface ToolLabelsOptions {
  /** The tools that are known to exist. The set may grow. */
  readonly known: ReadonlySet<string>;
  /** The most labels that there may be. */
  readonly maxLabels: number;
  /** Gives several circuits one label, such as the runs of one server. Default: each has its own name. */
  readonly rename?: (circuit: string) => string;
}

/**
 * The labels of tools. A model can make up any name, and each label costs memory here and in every system that stores metrics.
 * So only tools that are known to exist have labels of their own.
 */
export class ToolLabels {
  readonly #options: ToolLabelsOptions;
  readonly #rename: (circuit: string) => string;
  /** The labels that were given; they are never taken back, since a metric must not change its labels. */
  readonly #given = new Set<string>();
  /** How many known names have been looked at. */
  #seen = 0;

  constructor(options: ToolLabelsOptions) {
    this.#options = options;
    this.#rename = options.rename ?? ((circuit) => circuit);
  }

  /** The label of a circuit. */
  of(circuit: string): string {
    this.#update();
    const label = this.#rename(circuit);
    return this.#given.has(label) ? label : otherTools;
  }

  /** The labels of all known tools, in the order in which they became known. */
  all(): ReadonlySet<string> {
    this.#update();
    return this.#given;
  }

  #update(): void {
    const { known, maxLabels } = this.#options;
    if (known.size === this.#seen) return;
    this.#seen = known.size;
    for (const name of known) {
      if (this.#given.size >= maxLabels) return;
      const label = this.#rename(name);
      if (label.length <= maxLength && label !== '') this.#given.add(label);
    }
  }
}
