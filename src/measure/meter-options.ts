import type { ToolRegistry } from 'toolfuse';
import { aText, positiveInteger, type Rule, type Rules, show } from '../../machines/rule.ts';

/** How a registry is measured. */
export interface MeterOptions {
  /** The value of the label `registry`, which tells several registries apart. Default `default`. */
  readonly name?: string;
  /** The names of further tools that have a label of their own, besides those that `registry.knownTools()` names. */
  readonly tools?: readonly string[];
  /** The most tools that have a label of their own; all others are counted together as `_other`. Default 500. */
  readonly maxTools?: number;
}

const names: Rule = [
  'a list of tool names',
  (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
];

export const meterRules: Rules<keyof MeterOptions> = { name: aText, tools: names, maxTools: positiveInteger };

/** Fills in the defaults of options that were checked. */
export const meterDefaults = ({ name = 'default', tools = [], maxTools = 500 }: MeterOptions) => ({
  name,
  tools,
  maxTools,
});

/** @throws TypeError for anything that is not a registry. */
export function checkRegistry(registry: unknown, of: string): void {
  const { intercept, knownTools } = (registry ?? {}) as Partial<ToolRegistry>;
  if (typeof intercept !== 'function' || typeof knownTools !== 'function') {
    throw new TypeError(`${of}: registry must be made by createToolRegistry, got ${show(registry)}`);
  }
}
