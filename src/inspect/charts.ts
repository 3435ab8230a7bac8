/** The largest total size of all definitions, in characters. Beyond it, actors of an app are shown without their charts. */
const maxTextLength = 32 * 2 ** 20;

/** The charts of all actors. Each is stored once, because a thousand tools share one. */
export class Charts {
  readonly #byDefinition = new Map<string, string>();
  #text = 0;
  readonly #all: { readonly id: string; readonly definition: string }[] = [];

  /** In order of arrival. */
  get all(): readonly { readonly id: string; readonly definition: string }[] {
    return this.#all;
  }

  /** The name of the chart with this definition, as JSON; null if there is no room for it. */
  idOf(definition: string): string | null {
    const known = this.#byDefinition.get(definition);
    if (known !== undefined) return known;
    if (this.#text + definition.length > maxTextLength) return null;
    this.#text += definition.length;
    const id = `c${this.#all.length + 1}`;
    this.#byDefinition.set(definition, id);
    this.#all.push({ id, definition });
    return id;
  }
}
