/** The id of a child state, from its parent's id and its key. A dot in a key is written `\.`. */
export function joinedPath(parent: string, key: string): string {
  const escaped = key.replaceAll('.', '\\.');
  return parent === '' ? escaped : `${parent}.${escaped}`;
}

/** The id of a state's parent. */
export const parentOf = (id: string): string => id.replace(/(^|\.)(?:[^.\\]|\\.|\\$)*$/s, '');

/** Finds states by any name that a transition may use. */
export class StateNames {
  readonly #machineId: string;
  /** XState's names of the states, by id. */
  readonly #names = new Map<string, string>();
  readonly #ids = new Map<string, string>();

  constructor(machineId: string) {
    this.#machineId = machineId;
  }

  /** @param ownName The `id` in the state's definition. */
  add(id: string, ownName: string | undefined): void {
    const name = ownName ?? [this.#machineId, id].filter(Boolean).join('.').replaceAll('\\.', '.');
    this.#names.set(id, name);
    this.#ids.set(name, id);
  }

  /** XState's name of a state: its own `id`, or the path from the machine's. */
  nameOf(id: string): string {
    return this.#names.get(id) ?? id;
  }

  /**
   * The id of a transition's target: `sibling.child`, `.child` or `#name.child`.
   *
   * @throws RangeError if there is no such state.
   */
  targetOf(target: string, source: string): string {
    const id = target.startsWith('#') ? this.#named(target.slice(1)) : this.#near(target, source);
    if (id !== undefined) return id;
    throw new RangeError(
      `a transition of ${JSON.stringify(this.nameOf(source))} has the target ${JSON.stringify(target)}, which is not a state`,
    );
  }

  #near(target: string, source: string): string | undefined {
    return this.#below(target.startsWith('.') ? source : parentOf(source), target.replace(/^\./, ''));
  }

  /** The longest known name at the beginning of the text, and the rest as a path. */
  #named(text: string): string | undefined {
    for (let end = text.length; end > 0; end = text.lastIndexOf('.', end - 1)) {
      const id = this.#ids.get(text.slice(0, end));
      const found = id === undefined ? undefined : this.#below(id, text.slice(end + 1));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #below(id: string, path: string): string | undefined {
    const whole = [id, path].filter(Boolean).join('.');
    return this.#names.has(whole) ? whole : undefined;
  }
}
