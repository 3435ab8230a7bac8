import type { CircuitConfig } from '../../machines/circuit-config.ts';
import { show } from '../../machines/rule.ts';
import type { SettingsOfTools, ToolSettings } from '../calls/tool-settings.ts';
import { print } from '../options/strangers.ts';
import { checkCircuit } from './circuit-options.ts';
import { NamePattern } from './name-pattern.ts';
import type { ToolConfig } from './tool-options.ts';

/** How many names that patterns match are remembered. */
const maxMatched = 1_000;

interface PatternSettings {
  readonly pattern: NamePattern;
  readonly given: ToolConfig;
  readonly alone: ToolSettings;
}

/**
 * The settings of tools by name and by pattern (`github.*`). A tool has those of all patterns that match its name, field by
 * field: a more specific pattern goes over a less specific one, and its own name over all.
 */
export class SettingsByName implements SettingsOfTools {
  readonly upstreams = new Set<string>();
  readonly haveKeys: boolean;
  readonly #base: Partial<CircuitConfig>;
  readonly #exact = new Map<string, ToolSettings>();
  /** Least specific first. */
  readonly #patterns: readonly PatternSettings[];
  readonly #matched = new Map<string, ToolSettings | undefined>();

  /**
   * @param given The checked settings by name and pattern.
   * @param base The settings of every circuit.
   * @throws RangeError for settings that contradict each other.
   */
  constructor(given: ReadonlyMap<string, ToolConfig>, base: Partial<CircuitConfig>) {
    this.#base = base;
    this.#patterns = [...given]
      .filter(([name]) => NamePattern.isOne(name))
      .map(([name, config]) => ({
        pattern: new NamePattern(name),
        given: config,
        alone: this.#complete(config, name),
      }))
      .sort((a, b) => a.pattern.weight - b.pattern.weight);
    for (const [name, config] of given) {
      if (NamePattern.isOne(name)) continue;
      const others = this.#matching(name).map((each) => each.given);
      this.#exact.set(name, this.#complete(Object.assign({}, ...others, config), name));
    }
    for (const { upstream } of given.values()) if (upstream !== undefined) this.upstreams.add(upstream);
    this.haveKeys = [...given.values()].some(({ key }) => key !== undefined);
    this.#checkUpstreams(given);
  }

  get names(): ReadonlySet<string> {
    return new Set(this.#exact.keys());
  }

  get(tool: string): ToolSettings | undefined {
    const exact = this.#exact.get(tool);
    if (exact !== undefined || this.#patterns.length === 0) return exact;
    if (this.#matched.has(tool)) return this.#matched.get(tool);
    if (this.#matched.size >= maxMatched) this.#matched.clear();
    const settings = this.#ofPatterns(tool);
    this.#matched.set(tool, settings);
    return settings;
  }

  #matching(tool: string): PatternSettings[] {
    return this.#patterns.filter(({ pattern }) => pattern.matches(tool));
  }

  #ofPatterns(tool: string): ToolSettings | undefined {
    const matching = this.#matching(tool);
    const most = matching.at(-1);
    if (matching.length < 2) return most && withoutSelf(most.alone, tool);
    try {
      const merged = Object.assign({}, ...matching.map(({ given }) => given));
      return withoutSelf(this.#complete(merged, tool), tool);
    } catch (error) {
      // Two patterns that contradict each other were each checked alone, and nothing may end a call for it.
      print(`patterns contradict each other for ${show(tool)}`, error);
      return most && withoutSelf(most.alone, tool);
    }
  }

  #complete(config: ToolConfig, name: string): ToolSettings {
    const { alternatives = [], upstream, probe, mode, key, polling = false, ...circuit } = config;
    return {
      circuit: checkCircuit(circuit, this.#base, `tools[${show(name)}]`),
      alternatives: Object.freeze([...alternatives]),
      upstream,
      probe,
      mode,
      key,
      polling,
    };
  }

  #checkUpstreams(given: ReadonlyMap<string, ToolConfig>): void {
    for (const [name, { upstream }] of given) {
      if (upstream === undefined) continue;
      const path = `tools[${show(name)}].upstream`;
      if (upstream === name) throw new RangeError(`${path} must be another circuit, got ${show(upstream)}`);
      if (this.#exact.get(upstream)?.upstream !== undefined) {
        throw new RangeError(`${path} must be a circuit that has no upstream itself, got ${show(upstream)}`);
      }
    }
  }
}

/** A pattern may match the very circuit that it names as an upstream. */
const withoutSelf = (settings: ToolSettings, tool: string): ToolSettings =>
  settings.upstream === tool ? { ...settings, upstream: undefined } : settings;
