import type { ToolRegistry } from 'toolfuse';
import {
  aFunction,
  checkFields,
  oneOf,
  positiveMs,
  type Rule,
  type Rules,
  trueOrFalse,
} from '../../machines/rule.ts';
import type { ResultErrors } from './result-errors.ts';

/** What the guards of both ends take. */
export interface McpGuardOptions {
  readonly registry: ToolRegistry;
  /** The name of a tool's circuit. Default: the tool's own name. For servers that share a registry and names of tools. */
  readonly toolName?: (tool: string) => string;
  /** Whether an `isError` result can count against its tool. Default `tool`: by its words. `ignore`: never. */
  readonly resultErrors?: ResultErrors;
  /** After so long a call is given up, and counts as `timeout`. In ms. */
  readonly timeoutMs?: number;
}

const aName: Rule = [
  'a name for the circuit of the server',
  (value) => typeof value === 'string' && value !== '',
];
const aRegistry: Rule = [
  'what createToolRegistry gives',
  (value) => typeof (value as ToolRegistry | null)?.tryAcquire === 'function',
];

/** The settings of both guards, and what each must be. */
const rules = {
  registry: aRegistry,
  server: aName,
  toolName: aFunction,
  resultErrors: oneOf(['tool', 'ignore']),
  timeoutMs: positiveMs,
  hideOpen: trueOrFalse,
  denied: oneOf(['result', 'throw']),
} satisfies Rules;

/**
 * Checks the options of a guard.
 *
 * @param guard Its name, for errors: `guardMcpClient`.
 * @throws TypeError for a setting that does not exist or is missing, RangeError for a bad value; both name it.
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
