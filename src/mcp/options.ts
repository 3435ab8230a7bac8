import type { ToolRegistry } from 'toolfuse';
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

type Rule = readonly [must: string, holds: (value: unknown) => boolean];

const isOneOf =
  (...words: readonly string[]) =>
  (value: unknown): boolean =>
    words.some((word) => word === value);

/** The settings of both guards, and what each must be. */
const rules = {
  registry: [
    'what createToolRegistry gives',
    (value) => typeof (value as ToolRegistry | null)?.tryAcquire === 'function',
  ],
  server: ['a name for the circuit of the server', (value) => typeof value === 'string' && value !== ''],
  toolName: ['a function', (value) => typeof value === 'function'],
  resultErrors: ["'tool' or 'ignore'", isOneOf('tool', 'ignore')],
  timeoutMs: [
    'a finite number of milliseconds above 0',
    (value) => typeof value === 'number' && Number.isFinite(value) && value > 0,
  ],
  hideOpen: ['true or false', (value) => typeof value === 'boolean'],
  denied: ["'result' or 'throw'", isOneOf('result', 'throw')],
} satisfies Record<string, Rule>;

/** A value in an error message: short, on one line. */
const show = (value: unknown): string =>
  typeof value === 'string'
    ? JSON.stringify(value.slice(0, 80))
    : typeof value === 'object'
      ? 'an object'
      : String(value);

/** @throws TypeError for a setting that does not exist or is missing, RangeError for a bad value; both name it. */
export function checkOptions(
  options: object,
  path: string,
  { needed, known }: { needed: readonly (keyof typeof rules)[]; known: readonly (keyof typeof rules)[] },
): void {
  const given = (options ?? {}) as Record<string, unknown>;
  const all: readonly string[] = [...needed, ...known];
  for (const name of Object.keys(given)) {
    if (!all.includes(name)) {
      throw new TypeError(`${path}: ${name} is no setting; the settings are ${all.join(', ')}`);
    }
  }
  for (const name of [...needed, ...known]) {
    const value = given[name];
    if (value === undefined && known.includes(name)) continue;
    const [must, holds] = rules[name];
    if (value === undefined) throw new TypeError(`${path}: ${name} is missing; it must be ${must}`);
    if (!holds(value)) throw new RangeError(`${path}: ${name} must be ${must}, got ${show(value)}`);
  }
}
