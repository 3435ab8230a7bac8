import type { CircuitConfig } from '../../machines/circuit-config.ts';
import { aFunction, checkFields, type Rule, type Rules, show } from '../../machines/rule.ts';
import type { CallContext } from '../calls/call.ts';
import type { SettingsOfTools, ToolSettings } from '../calls/tool-settings.ts';
import { checkCircuit, circuitRules, contained } from './circuit-options.ts';

/** The settings of one tool: those of its circuit, and what concerns the tool alone. */
export interface ToolConfig extends Partial<CircuitConfig> {
  /** Tools that may stand in for this one while it is unavailable. A model is told of these and of no others. */
  readonly alternatives?: readonly string[];
  /**
   * What the tool depends on, such as its server: another circuit, by name. A call needs leave from both, and a failure
   * counts against the one that it is evidence against.
   */
  readonly upstream?: string;
  /**
   * Finds out whether the tool works again, when its circuit has become half-open: it recovers before a user's call pays
   * for it. A promise that is fulfilled is a success. It is given up after nine tenths of `probeTimeoutMs`.
   */
  readonly probe?: (context: CallContext) => unknown;
}

const toolNames: Rule = [
  'a list of tool names',
  (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
];
const aToolName: Rule = ['the name of a tool', (value) => typeof value === 'string'];

const toolRules: Rules<keyof ToolConfig> = {
  ...circuitRules,
  alternatives: toolNames,
  upstream: aToolName,
  probe: aFunction,
};

function checkUpstreams(tools: SettingsOfTools): void {
  for (const [name, { upstream }] of tools) {
    if (upstream === undefined) continue;
    const path = `tools[${show(name)}].upstream`;
    if (upstream === name) throw new RangeError(`${path} must be another circuit, got ${show(upstream)}`);
    if (tools.get(upstream)?.upstream !== undefined) {
      throw new RangeError(`${path} must be a circuit that has no upstream itself, got ${show(upstream)}`);
    }
  }
}

/**
 * Checks the settings of single tools, and completes them from those of every circuit.
 *
 * @throws TypeError for an unknown setting, RangeError for a bad value; both name the setting and the value.
 */
export function checkTools(given: object, base: Partial<CircuitConfig>): SettingsOfTools {
  const tools = new Map<string, ToolSettings>();
  for (const [name, overrides] of Object.entries(given)) {
    if (overrides === undefined) continue;
    const path = `tools[${show(name)}]`;
    const {
      alternatives = [],
      upstream,
      probe,
      ...rest
    } = checkFields<ToolConfig>(overrides, toolRules, path);
    tools.set(name, {
      circuit: checkCircuit(contained(rest), base, path),
      alternatives: Object.freeze([...alternatives]),
      upstream,
      probe,
    });
  }
  checkUpstreams(tools);
  return tools;
}
