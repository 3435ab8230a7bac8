import type { InspectionEvent, Observer } from 'xstate';
import type { ErrorCategory } from '../../machines/categories.ts';
import type { CircuitConfig } from '../../machines/circuit-config.ts';
import { type RecoveryConfig, recoveryConfig } from '../../machines/recovery-config.ts';
import {
  aFunction,
  anObject,
  anything,
  checkFields,
  isFunction,
  ms,
  positiveIntegerOrInfinity,
  type Rule,
  type Rules,
  share,
} from '../../machines/rule.ts';
import type { SettingsOfTools } from '../calls/tool-settings.ts';
import type { Mode } from '../circuits/modes.ts';
import type { PersistedRegistry } from '../persistence/persisted.ts';
import type { Clock } from '../time/clock.ts';
import { checkCircuit, circuitRules, contained } from './circuit-options.ts';
import { checkLoops, type LoopOptions, type LoopSettings, trueFalseOrObject } from './loop-options.ts';
import { aMode, checkTools, type ToolConfig } from './tool-options.ts';

/** Options of `createToolRegistry`. All are optional. */
export interface ToolRegistryOptions {
  /** Settings that apply to every circuit. */
  readonly circuit?: Partial<CircuitConfig>;
  /** Settings of individual tools, by name; whatever they leave out comes from `circuit`. */
  readonly tools?: Readonly<Record<string, ToolConfig>>;
  /**
   * Whether circuits refuse calls (`enforce`) or only observe: everything is counted and reported, and nothing is refused.
   * `setMode` changes it later. Default `enforce`.
   */
  readonly mode?: Mode;
  /**
   * Guards the runs of agents against loops: a run is named by the option `run` of a call. `true` for the defaults. Default: off,
   * except for runs that `registry.run(id)` has begun.
   */
  readonly loops?: boolean | LoopOptions;
  /** When the registry tells the agent to pause and ask its user. */
  readonly recovery?: Partial<RecoveryConfig>;
  /**
   * The largest number of circuits to keep. Beyond it, the least recently used closed circuit is forgotten; a circuit that
   * is not closed never is. Default 10 000.
   */
  readonly maxTools?: number;
  /** The source of time and timers. Default: `systemClock`, which is monotonic and whose backoffs do not keep a process alive. */
  readonly clock?: Clock;
  /** The random source of the jitter: returns a number from 0 up to, but not including, 1. Default `Math.random`. */
  readonly random?: () => number;
  /** An XState inspection observer of the registry and its circuits. Its errors are printed and go no further. */
  readonly inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void);
  /** Categorises errors before `categorize` does. If it returns undefined or throws, `categorize` decides. */
  readonly classify?: (error: unknown) => ErrorCategory | undefined;
  /** The document that an earlier registry's `persist()` returned, as JSON or parsed. */
  readonly restore?: string | PersistedRegistry;
}

/** The settings of a registry, checked and complete. */
export interface RegistryConfig {
  readonly circuit: CircuitConfig;
  readonly tools: SettingsOfTools;
  readonly mode: Mode;
  readonly loops: LoopSettings;
  readonly recovery: RecoveryConfig;
  readonly maxTools: number;
}

const aClock: Rule = [
  'an object with the functions now, setTimeout and clearTimeout, and optionally wallNow',
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
  mode: aMode,
  loops: trueFalseOrObject,
  recovery: anObject,
  maxTools: positiveIntegerOrInfinity,
  clock: aClock,
  random: aFunction,
  inspect: anObserver,
  classify: aFunction,
  restore: anything,
};

/**
 * Checks the options of `createToolRegistry`.
 *
 * @throws TypeError for an unknown setting, RangeError for an invalid value; both name the setting and the value.
 */
export function checkOptions(options: unknown): RegistryConfig {
  const {
    circuit = {},
    tools = {},
    mode = 'enforce',
    loops = false,
    recovery = {},
    maxTools = 10_000,
  } = checkFields<ToolRegistryOptions>(options, registryRules, 'options');
  const base = contained(checkFields<CircuitConfig>(circuit, circuitRules, 'circuit'));
  return {
    circuit: checkCircuit(base, {}, 'circuit'),
    tools: checkTools(tools, base),
    mode,
    loops: checkLoops(loops),
    recovery: recoveryConfig(checkFields<RecoveryConfig>(recovery, recoveryRules, 'recovery')),
    maxTools,
  };
}
