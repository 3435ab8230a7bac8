import { jitters } from '../../machines/backoff.ts';
import { type CircuitConfig, completed } from '../../machines/circuit-config.ts';
import {
  aFunctionOrNull,
  checkFields,
  factor,
  isFunction,
  ms,
  oneOf,
  positiveInteger,
  positiveIntegerOrInfinity,
  positiveMs,
  type Rule,
  type Rules,
} from '../../machines/rule.ts';
import { isOwn, type TripStrategy } from '../../machines/trip-strategy.ts';
import { containedBackoff, containedStrategy } from '../options/strangers.ts';

const aTripStrategy: Rule = [
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

/** The rule for each setting of a circuit. */
export const circuitRules: Rules<keyof CircuitConfig> = {
  trip: aTripStrategy,
  failureThreshold: positiveInteger,
  resetTimeoutMs: positiveMs,
  minBackoffMs: ms,
  maxBackoffMs: ms,
  backoffFactor: factor,
  backoff: aFunctionOrNull,
  jitter: oneOf(jitters),
  backoffResetMs: ms,
  halfOpenMaxProbes: positiveIntegerOrInfinity,
  successThreshold: positiveInteger,
  probesPerVerdict: positiveInteger,
  maxRetryAfterMs: ms,
  probeTimeoutMs: positiveMs,
};

/** Makes the user's functions in a circuit's settings safe to call from a statechart. */
export function contained<Config extends Partial<CircuitConfig>>(config: Config): Config {
  return {
    ...config,
    ...(config.trip && !isOwn(config.trip) && { trip: containedStrategy(config.trip) }),
    ...(config.backoff && { backoff: containedBackoff(config.backoff) }),
  };
}

/**
 * Checks the settings of a circuit, and fills in the rest from `base` and the defaults.
 *
 * @param path How errors name the settings: `circuit` or `tools["search"]`.
 * @throws TypeError for an unknown setting, RangeError for an invalid value; both name the setting and the value.
 */
export function checkCircuit(given: unknown, base: Partial<CircuitConfig>, path: string): CircuitConfig {
  const checked = checkFields<CircuitConfig>(given, circuitRules, path);
  const config = completed({ ...base, ...checked });
  if (config.maxBackoffMs < config.minBackoffMs) {
    throw new RangeError(
      checked.maxBackoffMs !== undefined
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
