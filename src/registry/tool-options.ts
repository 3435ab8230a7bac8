import type { CircuitConfig } from '../../machines/circuit-config.ts';
import {
  aFunction,
  checkFields,
  oneOf,
  type Rule,
  type Rules,
  show,
  trueOrFalse,
} from '../../machines/rule.ts';
import type { CallContext } from '../calls/call.ts';
import type { SettingsOfTools } from '../calls/tool-settings.ts';
import type { Mode } from '../circuits/modes.ts';
import { circuitRules, contained } from './circuit-options.ts';
import { SettingsByName } from './settings-by-name.ts';

/** The settings of one tool: those of its circuit, and those of the tool itself. */
export interface ToolConfig extends Partial<CircuitConfig> {
  /** Tools that can replace this one while it is unavailable. Denials suggest these to the model, and no others. */
  readonly alternatives?: readonly string[];
  /**
   * The name of another circuit that the tool depends on, such as its server. A call needs permission from both, and a
   * failure counts against the one that it is evidence against. An upstream cannot have an upstream itself.
   */
  readonly upstream?: string;
  /**
   * Says which target or tenant a call is for, by what the tool is called with: each has a circuit of its own, with the tool's
   * settings. Without a key (null, undefined, empty, or if it throws), the call needs the circuit of all calls of the tool.
   *
   * @example
   * { key: ({ url }) => new URL(url).host }
   */
  // biome-ignore lint/suspicious/noExplicitAny: only the tool itself knows the type of its input.
  readonly key?: (input: any) => string | number | null | undefined;
  /** Whether the tool is meant to be called again until its result changes, which then is no loop. Default false. */
  readonly polling?: boolean;
  /** Whether the tool's circuit refuses calls or only observes. Default: the `mode` of the registry. */
  readonly mode?: Mode;
  /**
   * A cheap call that finds out whether the tool works again. It runs when the circuit becomes half-open, so that the tool
   * recovers without risking a user's call. Returning, or fulfilling the promise, is a success. It times out after 90 % of
   * `probeTimeoutMs`.
   */
  readonly probe?: (context: CallContext) => unknown;
}

const toolNames: Rule = [
  'a list of tool names',
  (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
];
const aToolName: Rule = ['the name of a tool', (value) => typeof value === 'string'];

/** The rule for a mode. */
export const aMode: Rule = oneOf(['enforce', 'observe']);

const toolRules: Rules<keyof ToolConfig> = {
  ...circuitRules,
  alternatives: toolNames,
  upstream: aToolName,
  probe: aFunction,
  mode: aMode,
  key: aFunction,
  polling: trueOrFalse,
};

/**
 * Checks the settings of individual tools, and fills in the rest from the settings of every circuit.
 *
 * @throws TypeError for an unknown setting, RangeError for an invalid value; both name the setting and the value.
 */
export function checkTools(given: object, base: Partial<CircuitConfig>): SettingsOfTools {
  const tools = new Map<string, ToolConfig>();
  for (const [name, overrides] of Object.entries(given)) {
    if (overrides === undefined) continue;
    tools.set(name, contained(checkFields<ToolConfig>(overrides, toolRules, `tools[${show(name)}]`)));
  }
  return new SettingsByName(tools, base);
}
