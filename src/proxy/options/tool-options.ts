import { NamePattern } from '../../registry/name-pattern.ts';
import type { OwnSettings } from './settings.ts';

/** How many names that patterns match are remembered: names come from models. */
const maxMatched = 1_000;

/** The settings of tools, by name and by pattern: a more specific pattern goes over a less specific one, and a name over all. */
export class ToolOptions {
  readonly #exact: Readonly<Record<string, OwnSettings>>;
  /** The least specific one first. */
  readonly #patterns: readonly { readonly pattern: NamePattern; readonly own: OwnSettings }[];
  readonly #matched = new Map<string, OwnSettings>();

  constructor(tools: Readonly<Record<string, OwnSettings>>) {
    this.#exact = tools;
    this.#patterns = Object.entries(tools)
      .filter(([name]) => NamePattern.isOne(name))
      .map(([name, own]) => ({ pattern: new NamePattern(name), own }))
      .sort((a, b) => a.pattern.weight - b.pattern.weight);
  }

  /** Whether any tool has this setting. */
  haveAny(name: keyof OwnSettings): boolean {
    return Object.values(this.#exact).some((own) => own[name] !== undefined);
  }

  /** @param tool '' for no tool. */
  of(tool: string): OwnSettings {
    if (tool === '') return {};
    const exact = Object.hasOwn(this.#exact, tool) ? this.#exact[tool] : undefined;
    if (this.#patterns.length === 0) return exact ?? {};
    const known = this.#matched.get(tool);
    if (known !== undefined) return known;
    const matching = this.#patterns.filter(({ pattern }) => pattern.matches(tool)).map(({ own }) => own);
    const all: OwnSettings = Object.assign({}, ...matching, exact);
    if (this.#matched.size < maxMatched) this.#matched.set(tool, all);
    return all;
  }
}
