import type { SettingsOfTools } from '../calls/tool-settings.ts';

/** The tools that are known to exist: by the settings, or because somebody has declared them. */
export class KnownTools {
  readonly #names = new Set<string>();
  readonly #upstreams = new Set<string>();
  readonly #maxNames: number;

  constructor(settings: SettingsOfTools, maxNames: number) {
    this.#maxNames = maxNames;
    for (const [name, { upstream }] of settings) {
      this.#names.add(name);
      if (upstream === undefined) continue;
      this.#names.add(upstream);
      this.#upstreams.add(upstream);
    }
  }

  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /** Whether the settings say that a tool depends on it. */
  isUpstream(name: string): boolean {
    return this.#upstreams.has(name);
  }

  /** Adds names, as long as there is room: a server may list ever new ones. */
  declare(names: Iterable<string>): void {
    for (const name of names) {
      if (this.#names.size >= this.#maxNames) return;
      if (typeof name === 'string') this.#names.add(name);
    }
  }
}
