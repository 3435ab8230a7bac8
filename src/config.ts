import { type CircuitConfig, circuitConfig } from '../machines/circuit-config.ts';
import { type RecoveryConfig, recoveryConfig } from '../machines/recovery-config.ts';
import type { Clock } from './clock.ts';
import { show } from './show.ts';

type Check = (value: unknown) => boolean;

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isFunction: Check = (value) => typeof value === 'function';

/** What a field must be, in words, and the check that says so. */
type Rule = readonly [must: string, check: Check];

const positiveInteger: Rule = [
  'a positive integer',
  (value) => isNumber(value) && Number.isSafeInteger(value) && value > 0,
];
const positiveIntegerOrInfinity: Rule = [
  'a positive integer or Infinity',
  (value) => value === Infinity || positiveInteger[1](value),
];
const positiveMs: Rule = [
  'a finite number of milliseconds above 0',
  (value) => isNumber(value) && Number.isFinite(value) && value > 0,
];
const ms: Rule = [
  'a finite number of milliseconds, 0 or more',
  (value) => isNumber(value) && Number.isFinite(value) && value >= 0,
];
const factor: Rule = [
  'a finite number, 1 or more',
  (value) => isNumber(value) && Number.isFinite(value) && value >= 1,
];
const aFunction: Rule = ['a function', isFunction];
const anything: Rule = ['anything', () => true];
const clock: Rule = [
  'an object with the functions now, setTimeout and clearTimeout',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    (['now', 'setTimeout', 'clearTimeout'] as const).every((name) => isFunction((value as Clock)[name])),
];
const observer: Rule = [
  'a function or an object with a function next',
  (value) => isFunction(value) || isFunction((value as { next?: unknown } | null)?.next),
];
const plainObject: Rule = [
  'an object',
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
];

const names: Rule = [
  'a list of tool names',
  (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
];

const circuitRules: Record<keyof CircuitConfig, Rule> = {
  failureThreshold: positiveInteger,
  resetTimeoutMs: positiveMs,
  minBackoffMs: ms,
  maxBackoffMs: ms,
  backoffFactor: factor,
  halfOpenMaxProbes: positiveIntegerOrInfinity,
  successThreshold: positiveInteger,
  maxRetryAfterMs: ms,
  probeTimeoutMs: positiveMs,
};
const toolRules = { ...circuitRules, alternatives: names };
const recoveryRules: Record<keyof RecoveryConfig, Rule> = {
  maxOpenCircuits: positiveIntegerOrInfinity,
  cooldownMs: ms,
};
const registryRules = {
  circuit: plainObject,
  tools: plainObject,
  recovery: plainObject,
  maxTools: positiveIntegerOrInfinity,
  clock,
  inspect: observer,
  classify: aFunction,
  restore: anything,
} satisfies Record<string, Rule>;

/** Refuses fields that do not exist and values that cannot be meant; a field that is undefined is not given. */
function check<Field extends string>(
  given: unknown,
  rules: Record<Field, Rule>,
  path: string,
): Partial<Record<Field, unknown>> {
  if (!plainObject[1](given)) throw new TypeError(`${path} must be an object, got ${show(given)}`);
  const checked: Partial<Record<Field, unknown>> = {};
  for (const [name, value] of Object.entries(given as object)) {
    if (!Object.hasOwn(rules, name)) {
      const fields = Object.keys(rules).join(', ');
      throw new TypeError(`${path}.${name} is no setting; the settings of ${path} are ${fields}`);
    }
    if (value === undefined) continue;
    const [must, holds] = rules[name as Field];
    if (!holds(value)) throw new RangeError(`${path}.${name} must be ${must}, got ${show(value)}`);
    checked[name as Field] = value;
  }
  return checked;
}

function checkCircuit(given: unknown, base: Partial<CircuitConfig>, path: string): CircuitConfig {
  const checked = check(given, circuitRules, path) as Partial<CircuitConfig>;
  const config = circuitConfig({ ...base, ...checked });
  if (config.maxBackoffMs < config.minBackoffMs) {
    const field = checked.maxBackoffMs === undefined ? 'minBackoffMs' : 'maxBackoffMs';
    throw new RangeError(
      field === 'maxBackoffMs'
        ? `${path}.maxBackoffMs must be at least minBackoffMs (${config.minBackoffMs}), got ${config.maxBackoffMs}`
        : `${path}.minBackoffMs must be at most maxBackoffMs (${config.maxBackoffMs}), got ${config.minBackoffMs}`,
    );
  }
  return config;
}

/** The settings of one tool: those of its circuit, and what concerns the tool alone. */
export interface ToolConfig extends Partial<CircuitConfig> {
  /** Tools that may stand in for this one while it is unavailable. A model is told of these and of no others. */
  readonly alternatives?: readonly string[];
}

/** The settings of a registry, complete and in order. */
export interface RegistryConfig {
  readonly circuit: CircuitConfig;
  readonly tools: ReadonlyMap<
    string,
    { readonly circuit: CircuitConfig; readonly alternatives: readonly string[] }
  >;
  readonly recovery: RecoveryConfig;
  readonly maxTools: number;
}

/**
 * Checks what a user gives `createToolRegistry`.
 *
 * @throws TypeError for an unknown setting, RangeError for a bad value; both name the setting and the value.
 */
export function checkOptions(options: unknown): RegistryConfig {
  const given = check(options, registryRules, 'options');
  const base = check(given.circuit ?? {}, circuitRules, 'circuit') as Partial<CircuitConfig>;
  const circuit = checkCircuit(base, {}, 'circuit');
  const tools = new Map<string, { circuit: CircuitConfig; alternatives: readonly string[] }>();
  for (const [name, overrides] of Object.entries((given.tools ?? {}) as object)) {
    if (overrides === undefined) continue;
    const path = `tools[${show(name)}]`;
    const { alternatives = [], ...circuit } = check(overrides, toolRules, path) as ToolConfig;
    tools.set(name, {
      circuit: checkCircuit(circuit, base, path),
      alternatives: Object.freeze([...alternatives]),
    });
  }
  return {
    circuit,
    tools,
    recovery: recoveryConfig(
      check(given.recovery ?? {}, recoveryRules, 'recovery') as Partial<RecoveryConfig>,
    ),
    maxTools: (given.maxTools as number | undefined) ?? 10_000,
  };
}

/** @throws RangeError for what is no time to wait. */
export function checkTimeout(timeoutMs: unknown): void {
  const [must, holds] = positiveMs;
  if (!holds(timeoutMs)) throw new RangeError(`timeoutMs must be ${must}, got ${show(timeoutMs)}`);
}
