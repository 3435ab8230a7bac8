import type { SettingsOfTools } from '../calls/tool-settings.ts';

/** The tools that are known to exist: by the settings, or because somebody has declared them. */
export class KnownTools {
  readonly #names = new Set<string>();
  readonly #upstreams: ReadonlySet<string>;
  readonly #maxNames: number;

  constructor(settings: SettingsOfTools, maxNames: number) {
    this.#maxNames = maxNames;
    for (const name of [...settings.names, ...settings.upstreams]) this.#names.add(name);
    this.#upstreams = settings.upstreams;
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
