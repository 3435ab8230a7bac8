import type { InspectionEvent, Observer } from 'xstate';
import type { ErrorCategory } from '../../machines/categories.ts';
import type { CircuitConfig } from '../../machines/circuit-config.ts';
import { type RecoveryConfig, recoveryConfig } from '../../machines/recovery-config.ts';
import {
  aFunction,
  anObject,
  anything,
  checkFields,
  ms,
  positiveIntegerOrInfinity,
  type Rule,
  type Rules,
  share,
} from '../../machines/rule.ts';
import type { SettingsOfTools } from '../calls/tool-settings.ts';
import type { PersistedRegistry } from '../persistence/persisted.ts';
import type { Clock } from '../time/clock.ts';
import { checkCircuit, circuitRules, contained } from './circuit-options.ts';
import { checkTools, type ToolConfig } from './tool-options.ts';

/** What `createToolRegistry` takes. Every field may be left out. */
export interface ToolRegistryOptions {
  /** The settings of every circuit. */
  readonly circuit?: Partial<CircuitConfig>;
  /** Settings of single tools, by name; what they leave out is taken from `circuit`. */
  readonly tools?: Readonly<Record<string, ToolConfig>>;
  readonly recovery?: Partial<RecoveryConfig>;
  /**
   * So many circuits are kept at most. Past it the closed one that was not used for longest is forgotten; one that
   * is not closed never is. Default 10 000.
   */
  readonly maxTools?: number;
  /** Default: a monotonic clock whose timers keep no process alive. */
  readonly clock?: Clock;
  /** Where jitter takes its chance from: a number from 0 up to, but not including, 1. Default `Math.random`. */
  readonly random?: () => number;
  /** Sees every event and snapshot of the registry and its circuits. What it throws is printed and goes no further. */
  readonly inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void);
  /** Asked first for the category of an error; undefined leaves it to `categorize`, and so does a throw. */
  readonly classify?: (error: unknown) => ErrorCategory | undefined;
  /** What an earlier registry's `persist()` gave, as JSON or parsed. */
  readonly restore?: string | PersistedRegistry;
}

/** The settings of a registry, checked and complete. */
export interface RegistryConfig {
  readonly circuit: CircuitConfig;
  readonly tools: SettingsOfTools;
  readonly recovery: RecoveryConfig;
  readonly maxTools: number;
}

const isFunction = (value: unknown): boolean => typeof value === 'function';

const aClock: Rule = [
  'an object with the functions now, setTimeout and clearTimeout, and if it has wallNow, a function',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    (['now', 'setTimeout', 'clearTimeout'] as const).every((name) => isFunction((value as Clock)[name])) &&
    ['undefined', 'function'].includes(typeof (value as Clock).wallNow),
];
const anObserver: Rule = [
  'a function or an object with a function next',
  (value) => isFunction(value) || isFunction((value as { next?: unknown } | null)?.next),
];

const recoveryRules: Rules<keyof RecoveryConfig> = {
  maxOpenCircuits: positiveIntegerOrInfinity,
  cooldownMs: ms,
  maxOpenShare: share,
};

const registryRules: Rules<keyof ToolRegistryOptions> = {
  circuit: anObject,
  tools: anObject,
  recovery: anObject,
  maxTools: positiveIntegerOrInfinity,
  clock: aClock,
  random: aFunction,
  inspect: anObserver,
  classify: aFunction,
  restore: anything,
};

/**
 * Checks what a user gives `createToolRegistry`.
 *
 * @throws TypeError for an unknown setting, RangeError for a bad value; both name the setting and the value.
 */
export function checkOptions(options: unknown): RegistryConfig {
  const {
    circuit = {},
    tools = {},
    recovery = {},
    maxTools = 10_000,
  } = checkFields<ToolRegistryOptions>(options, registryRules, 'options');
  const base = contained(checkFields<CircuitConfig>(circuit, circuitRules, 'circuit'));
  return {
    circuit: checkCircuit(base, {}, 'circuit'),
    tools: checkTools(tools, base),
    recovery: recoveryConfig(checkFields<RecoveryConfig>(recovery, recoveryRules, 'recovery')),
    maxTools,
  };
}
