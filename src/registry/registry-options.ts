import { jitters } from '../../machines/backoff.ts';
import { type CircuitConfig, circuitConfig } from '../../machines/circuit-config.ts';
import { type RecoveryConfig, recoveryConfig } from '../../machines/recovery-config.ts';
import { isOwn, type TripStrategy } from '../../machines/trip-strategy.ts';
import type { CallContext, ExecuteOptions } from '../calls/call.ts';
import { show } from '../options/show.ts';
import { containedBackoff, containedStrategy } from '../options/strangers.ts';
import { eventTypes } from '../telemetry/channels.ts';
import type { Clock } from '../time/clock.ts';

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
const aFunctionOrNull: Rule = ['a function or null', (value) => value === null || isFunction(value)];
const share: Rule = ['a number above 0 and at most 1', (value) => isNumber(value) && value > 0 && value <= 1];
const jitter: Rule = [`one of ${jitters.join(', ')}`, (value) => jitters.some((each) => each === value)];
const strategy: Rule = [
  'a trip strategy: an object with start and the functions record and trips',
  (value) => {
    const { record, trips } = (value ?? {}) as Partial<TripStrategy>;
    return (
      typeof value === 'object' &&
      value !== null &&
      'start' in value &&
      isFunction(record) &&
      isFunction(trips)
    );
  },
];
const aName: Rule = ['the name of a tool', (value) => typeof value === 'string'];
const anything: Rule = ['anything', () => true];
const clock: Rule = [
  'an object with the functions now, setTimeout and clearTimeout, and if it has wallNow, a function',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    (['now', 'setTimeout', 'clearTimeout'] as const).every((name) => isFunction((value as Clock)[name])) &&
    ['undefined', 'function'].includes(typeof (value as Clock).wallNow),
];
const observer: Rule = [
  'a function or an object with a function next',
  (value) => isFunction(value) || isFunction((value as { next?: unknown } | null)?.next),
];
const plainObject: Rule = [
  'an object',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Map || value instanceof Set),
];

const names: Rule = [
  'a list of tool names',
  (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
];

const circuitRules: Record<keyof CircuitConfig, Rule> = {
  trip: strategy,
  failureThreshold: positiveInteger,
  resetTimeoutMs: positiveMs,
  minBackoffMs: ms,
  maxBackoffMs: ms,
  backoffFactor: factor,
  backoff: aFunctionOrNull,
  jitter,
  backoffResetMs: ms,
  halfOpenMaxProbes: positiveIntegerOrInfinity,
  successThreshold: positiveInteger,
  probesPerVerdict: positiveInteger,
  maxRetryAfterMs: ms,
  probeTimeoutMs: positiveMs,
};
const toolRules = { ...circuitRules, alternatives: names, upstream: aName, probe: aFunction };
const recoveryRules: Record<keyof RecoveryConfig, Rule> = {
  maxOpenCircuits: positiveIntegerOrInfinity,
  cooldownMs: ms,
  maxOpenShare: share,
};
const registryRules = {
  circuit: plainObject,
  tools: plainObject,
  recovery: plainObject,
  maxTools: positiveIntegerOrInfinity,
  clock,
  random: aFunction,
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
  if (config.probesPerVerdict < config.successThreshold) {
    throw new RangeError(
      `${path}.probesPerVerdict must be at least successThreshold (${config.successThreshold}), got ${config.probesPerVerdict}`,
    );
  }
  return config;
}

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

/** What a registry knows of one tool's settings. */
export interface ToolSettings {
  readonly circuit: CircuitConfig;
  readonly alternatives: readonly string[];
  readonly upstream: string | undefined;
  readonly probe: ((context: CallContext) => unknown) | undefined;
}

/** The settings of a registry, complete and in order. */
export interface RegistryConfig {
  readonly circuit: CircuitConfig;
  readonly tools: ReadonlyMap<string, ToolSettings>;
  readonly recovery: RecoveryConfig;
  readonly maxTools: number;
}

/** The strangers' functions of a circuit's settings, made safe to be called from a statechart. */
function contained(config: Partial<CircuitConfig>): Partial<CircuitConfig> {
  return {
    ...config,
    ...(config.trip && !isOwn(config.trip) && { trip: containedStrategy(config.trip) }),
    ...(config.backoff && { backoff: containedBackoff(config.backoff) }),
  };
}

function checkUpstreams(tools: ReadonlyMap<string, ToolSettings>): void {
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
 * Checks what a user gives `createToolRegistry`.
 *
 * @throws TypeError for an unknown setting, RangeError for a bad value; both name the setting and the value.
 */
export function checkOptions(options: unknown): RegistryConfig {
  const given = check(options, registryRules, 'options');
  const base = contained(check(given.circuit ?? {}, circuitRules, 'circuit') as Partial<CircuitConfig>);
  const circuit = checkCircuit(base, {}, 'circuit');
  const tools = new Map<string, ToolSettings>();
  for (const [name, overrides] of Object.entries((given.tools ?? {}) as object)) {
    if (overrides === undefined) continue;
    const path = `tools[${show(name)}]`;
    const { alternatives = [], upstream, probe, ...rest } = check(overrides, toolRules, path) as ToolConfig;
    tools.set(name, {
      circuit: checkCircuit(contained(rest), base, path),
      alternatives: Object.freeze([...alternatives]),
      upstream,
      probe,
    });
  }
  checkUpstreams(tools);
  return {
    circuit,
    tools,
    recovery: recoveryConfig(
      check(given.recovery ?? {}, recoveryRules, 'recovery') as Partial<RecoveryConfig>,
    ),
    maxTools: (given.maxTools as number | undefined) ?? 10_000,
  };
}

const executeOptions: Readonly<Record<keyof ExecuteOptions<unknown>, true>> = {
  upstream: true,
  signal: true,
  timeoutMs: true,
  fallback: true,
  isFailure: true,
};

/** @throws TypeError for an unknown option of a call: a time limit that is misspelt would be none. */
export function checkExecuteOptions(options: object): void {
  for (const name in options) {
    if (name in executeOptions) continue;
    throw new TypeError(`${name} is no option; the options are ${Object.keys(executeOptions).join(', ')}`);
  }
}

/** @throws TypeError for an event that nothing emits: its listener would wait for ever. */
export function checkEventType(type: unknown): void {
  if (type === '*' || eventTypes.some((each) => each === type)) return;
  throw new TypeError(`${show(type)} is no event; the events are ${eventTypes.join(', ')}, and * for all`);
}

/** @throws RangeError for an upstream that is none. */
export function checkUpstream(tool: string, upstream: unknown): void {
  if (typeof upstream === 'string' && upstream !== tool) return;
  throw new RangeError(
    `upstream must be the name of another circuit than ${show(tool)}, got ${show(upstream)}`,
  );
}

/** @throws RangeError for what is no time to be isolated. */
export function checkForMs(forMs: unknown): void {
  const [must, holds] = positiveMs;
  if (!holds(forMs)) throw new RangeError(`forMs must be ${must}, got ${show(forMs)}`);
}

/** @throws RangeError for what is no number of circuits. */
export function checkMaxOpenCircuits(count: unknown): void {
  if (!(isNumber(count) && count >= 0)) {
    throw new RangeError(`maxOpenCircuits must be a number, 0 or more, got ${show(count)}`);
  }
}

/** @throws RangeError for what is no time to wait. */
export function checkTimeout(timeoutMs: unknown): void {
  const [must, holds] = positiveMs;
  if (!holds(timeoutMs)) throw new RangeError(`timeoutMs must be ${must}, got ${show(timeoutMs)}`);
}
