/** The charts that actors follow, each kept once: a thousand tools share one. */
export class Charts {
  readonly #byDefinition = new Map<string, string>();
  readonly #all: { readonly id: string; readonly definition: string }[] = [];

  /** In the order in which they came. */
  get all(): readonly { readonly id: string; readonly definition: string }[] {
    return this.#all;
  }

  /** The name of a chart, by its definition as JSON. */
  idOf(definition: string): string {
    const known = this.#byDefinition.get(definition);
    if (known !== undefined) return known;
    const id = `c${this.#all.length + 1}`;
    this.#byDefinition.set(definition, id);
    this.#all.push({ id, definition });
    return id;
  }
}

/** A machine's config as JSON, with functions by their names, as `@statelyai/inspect` sends it. */
export function definitionOf(config: unknown): string {
  return JSON.stringify(config, (_key, value: unknown) =>
    typeof value === 'function' ? { type: value.name } : value,
  );
}
