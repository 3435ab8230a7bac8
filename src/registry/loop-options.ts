import { type LoopConfig, loopConfig } from '../../machines/loop-config.ts';
import {
  checkFields,
  isPlainObject,
  positiveInteger,
  positiveIntegerOrInfinity,
  positiveMs,
  type Rule,
  type Rules,
} from '../../machines/rule.ts';

/** Settings of the guard against loops. */
export interface LoopOptions extends Partial<LoopConfig> {
  /** The largest number of runs to keep; the least recently used one is forgotten first. Default 1 000. */
  readonly maxRuns?: number;
}

/** The same, checked and complete. */
export interface LoopSettings {
  readonly isOn: boolean;
  readonly config: LoopConfig;
  readonly maxRuns: number;
}

/** The rule for the setting as a whole. */
export const trueFalseOrObject: Rule = [
  'true, false or an object',
  (value) => typeof value === 'boolean' || isPlainObject(value),
];

const rules: Rules<keyof LoopOptions> = {
  warnAfter: positiveInteger,
  denyAfter: positiveInteger,
  stopAfter: positiveIntegerOrInfinity,
  quietMs: positiveMs,
  maxRuns: positiveInteger,
};

/** @throws TypeError for an unknown setting, RangeError for an invalid value, or for limits in the wrong order. */
export function checkLoops(given: boolean | LoopOptions): LoopSettings {
  const isOn = given !== false;
  const { maxRuns = 1_000, ...limits } = checkFields<LoopOptions>(
    typeof given === 'boolean' ? {} : given,
    rules,
    'loops',
  );
  const config = loopConfig(limits);
  const { warnAfter, denyAfter, stopAfter } = config;
  if (denyAfter < warnAfter) {
    throw new RangeError(`loops.denyAfter must be at least warnAfter (${warnAfter}), got ${denyAfter}`);
  }
  if (stopAfter < denyAfter) {
    throw new RangeError(`loops.stopAfter must be at least denyAfter (${denyAfter}), got ${stopAfter}`);
  }
  return { isOn, config, maxRuns };
}
