import type { RunOfCall, ToolRegistry } from 'toolfuse';
import {
  aFunction,
  anything,
  checkFields,
  oneOf,
  positiveMs,
  type Rule,
  type Rules,
  trueOrFalse,
} from '../../machines/rule.ts';
import { type ResultErrors, resultErrorPolicies } from './result-error-policy.ts';

/** The options that both guards share. */
export interface McpGuardOptions {
  /** The registry that holds the circuits. */
  readonly registry: ToolRegistry;
  /**
   * Returns the name of a tool's circuit. Default: the tool's own name. Needed if several servers in one registry have tools
   * of the same name.
   */
  readonly toolName?: (tool: string) => string;
  /**
   * Whether an `isError` result can count against its tool: `tool` (default), depending on its text; `known`, only if its text names
   * the network, a timeout, a rate limit or unavailability; or `ignore`, never.
   */
  readonly resultErrors?: ResultErrors;
  /**
   * The run of an agent that makes the calls, or a function that returns its name, to guard it against loops (see `registry.run`). The
   * correction for a model is added to the result as a further text. Default: none.
   */
  readonly run?: RunOfCall;
  /** How long a call may take, in ms, before it counts as `timeout`. Default: no limit. */
  readonly timeoutMs?: number;
}

const aName: Rule = [
  'a name for the circuit of the server',
  (value) => typeof value === 'string' && value !== '',
];
const aRegistry: Rule = [
  'a registry made by createToolRegistry',
  (value) => typeof (value as ToolRegistry | null)?.tryAcquire === 'function',
];

/** The rule for each setting of the two guards. */
const rules = {
  registry: aRegistry,
  server: aName,
  toolName: aFunction,
  resultErrors: oneOf(resultErrorPolicies),
  timeoutMs: positiveMs,
  run: anything,
  hideOpen: trueOrFalse,
  denied: oneOf(['result', 'throw']),
} satisfies Rules;

/**
 * Checks the options of a guard.
 *
 * @param guard The name of the guard in errors: `guardMcpClient`.
 * @throws TypeError for an unknown or missing setting, RangeError for an invalid value; both name the setting.
 */
export function checkOptions(
  options: unknown,
  guard: string,
  { needed, known }: { needed: readonly (keyof typeof rules)[]; known: readonly (keyof typeof rules)[] },
): void {
  const own = Object.fromEntries([...needed, ...known].map((name) => [name, rules[name]]));
  const given: Readonly<Record<string, unknown>> = checkFields(options ?? {}, own, guard);
  for (const name of needed) {
    if (given[name] === undefined) {
      throw new TypeError(`${guard}.${name} is missing; it must be ${rules[name][0]}`);
    }
  }
}
