import type { SettingsOfCircuits } from './circuit-settings.ts';

/** Whether circuits refuse calls, or only tell which calls they would have refused. */
export type Mode = 'enforce' | 'observe';

/** The mode of each tool: its own, set later or in the settings, or else that of all tools. */
export class Modes {
  #ofAll: Mode;
  readonly #settings: Pick<SettingsOfCircuits, 'get'>;
  /** Set after the start; there are as many as an operator has set. */
  readonly #own = new Map<string, Mode>();

  constructor(ofAll: Mode, settings: Pick<SettingsOfCircuits, 'get'>) {
    this.#ofAll = ofAll;
    this.#settings = settings;
  }

  of(tool: string): Mode {
    return this.#own.get(tool) ?? this.#settings.get(tool)?.mode ?? this.#ofAll;
  }

  get ofAll(): Mode {
    return this.#ofAll;
  }

  /** @param tool Default: all tools that have no mode of their own. */
  set(mode: Mode, tool?: string): void {
    if (tool === undefined) this.#ofAll = mode;
    else this.#own.set(tool, mode);
  }
}
