/** What all definitions may take up, in characters: past it, what an app sends is shown without its chart. */
const mostText = 32 * 2 ** 20;

/** The charts that actors follow, each kept once: a thousand tools share one. */
export class Charts {
  readonly #byDefinition = new Map<string, string>();
  #text = 0;
  readonly #all: { readonly id: string; readonly definition: string }[] = [];

  /** In the order in which they came. */
  get all(): readonly { readonly id: string; readonly definition: string }[] {
    return this.#all;
  }

  /** The name of a chart, by its definition as JSON; null where there is no room for it. */
  idOf(definition: string): string | null {
    const known = this.#byDefinition.get(definition);
    if (known !== undefined) return known;
    if (this.#text + definition.length > mostText) return null;
    this.#text += definition.length;
    const id = `c${this.#all.length + 1}`;
    this.#byDefinition.set(definition, id);
    this.#all.push({ id, definition });
    return id;
  }
}
