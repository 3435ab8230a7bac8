import { register as defaultRegister, type Registry } from 'prom-client';
import type { ToolRegistry } from 'toolfuse';
import { checkFields, type Rule, type Rules } from '../../machines/rule.ts';
import { checkRegistry, type MeterOptions, meterDefaults, meterRules } from '../measure/meter-options.ts';
import { RegistryMeter, type RegistryMeterOptions } from '../measure/registry-meter.ts';
import { RegisteredMetrics } from './registered-metrics.ts';

/** Options of `prometheusMetrics`. All are optional. */
export interface PrometheusOptions extends MeterOptions {
  /** The register of prom-client to put the metrics into. Default: the global one. */
  readonly register?: Registry;
}

const aRegister: Rule = [
  'a Registry of prom-client',
  (value) => typeof (value as Partial<Registry> | null)?.registerMetric === 'function',
];

const rules: Rules<keyof PrometheusOptions> = { ...meterRules, register: aRegister };

const registered = new WeakMap<Registry, RegisteredMetrics>();

function metricsIn(register: Registry): RegisteredMetrics {
  let metrics = registered.get(register);
  if (metrics === undefined) {
    metrics = new RegisteredMetrics(register);
    registered.set(register, metrics);
  }
  return metrics;
}

/** Measures a registry, with what only this package knows of its circuits. */
export function measureIn(
  register: Registry,
  registry: ToolRegistry,
  options: RegistryMeterOptions,
): () => void {
  const { meters } = metricsIn(register);
  const { name } = options;
  if (meters.has(name)) {
    throw new Error(
      `prometheusMetrics: a registry is measured as ${JSON.stringify(name)} already; give this one another name`,
    );
  }
  const meter = new RegistryMeter(registry, metricsIn(register), options);
  meter.start();
  meters.set(name, meter);
  return () => {
    if (meters.get(name) !== meter) return;
    meters.delete(name);
    meter.stop();
  };
}

/**
 * Puts the metrics of a registry into a register of prom-client, as `toolfuse_…`. Gauges are read at the scrape. Only tools
 * that are known to exist, by the settings or by `registry.declareTools`, have a label of their own; all others are counted
 * together as `_other`, of which gauges show the worst. Several registries can share a register, each with its own `name`.
 *
 * @example
 * const register = new Registry();
 * prometheusMetrics(registry, { register });
 * createServer(async (_, response) => {
 *   response.setHeader('content-type', register.contentType);
 *   response.end(await register.metrics());
 * }).listen(9464);
 *
 * @returns A function that stops measuring. Counters keep their values.
 * @throws TypeError for an unknown option, RangeError for an invalid value, Error if the register has metrics of these names
 * that this function did not make, or a registry with this name.
 */
export function prometheusMetrics(registry: ToolRegistry, options: PrometheusOptions = {}): () => void {
  checkRegistry(registry, 'prometheusMetrics');
  const checked = checkFields<PrometheusOptions>(options, rules, 'options');
  const { tools, ...meterOptions } = meterDefaults(checked);
  registry.declareTools(tools);
  return measureIn(checked.register ?? defaultRegister, registry, meterOptions);
}
