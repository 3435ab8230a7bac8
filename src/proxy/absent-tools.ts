import { NamePattern } from '../registry/name-pattern.ts';

/** Tells, once each, which tools have settings but do not exist: the user may have mistyped their names. */
export class AbsentTools {
  readonly #names: readonly string[];
  readonly #onTrouble: (what: string) => void;
  readonly #told = new Set<string>();

  /** @param names The tools with settings; patterns among them may match none. */
  constructor(names: readonly string[], onTrouble: (what: string) => void) {
    this.#names = names.filter((name) => !NamePattern.isOne(name));
    this.#onTrouble = onTrouble;
  }

  /** The server has told all its tools. */
  compare(known: ReadonlySet<string>): void {
    for (const tool of this.#names) {
      if (known.has(tool) || this.#told.has(tool)) continue;
      this.#told.add(tool);
      this.#onTrouble(
        `there are settings for a tool ${JSON.stringify(tool)}, which the server does not have`,
      );
    }
  }
}
