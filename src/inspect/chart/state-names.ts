/** An id made of the parent's and a key. A dot in a key is `\.`. */
export function joinedPath(parent: string, key: string): string {
  const escaped = key.replaceAll('.', '\\.');
  return parent === '' ? escaped : `${parent}.${escaped}`;
}

/** The id of the state that a state is in. */
export const parentOf = (id: string): string => id.replace(/(^|\.)(?:[^.\\]|\\.|\\$)*$/s, '');

/** The states of a machine by all the names that a transition can give them. */
export class StateNames {
  readonly #machineId: string;
  /** What XState calls the states, by their ids. */
  readonly #names = new Map<string, string>();
  readonly #ids = new Map<string, string>();

  constructor(machineId: string) {
    this.#machineId = machineId;
  }

  /** @param ownName What its definition calls it. */
  add(id: string, ownName: string | undefined): void {
    const name = ownName ?? [this.#machineId, id].filter(Boolean).join('.').replaceAll('\\.', '.');
    this.#names.set(id, name);
    this.#ids.set(name, id);
  }

  /** What XState calls a state: its own name, or the path that begins with the machine's. */
  nameOf(id: string): string {
    return this.#names.get(id) ?? id;
  }

  /**
   * The id of a target that a transition names: `sibling.child`, `.child`, `#name.child`.
   *
   * @throws RangeError where there is no such state.
   */
  targetOf(target: string, source: string): string {
    const id = target.startsWith('#') ? this.#named(target.slice(1)) : this.#near(target, source);
    if (id !== undefined) return id;
    throw new RangeError(
      `a transition of ${JSON.stringify(this.nameOf(source))} has the target ${JSON.stringify(target)}, which is no state`,
    );
  }

  #near(target: string, source: string): string | undefined {
    return this.#below(target.startsWith('.') ? source : parentOf(source), target.replace(/^\./, ''));
  }

  /** The longest name that the text begins with, and the path from there. */
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
