import type * as Api from '@opentelemetry/api';
import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import type { ToolRegistry } from 'toolfuse';
import { checkFields, type Rule, type Rules, trueOrFalse } from '../../machines/rule.ts';
import { version } from '../../package.json';
import { checkRegistry, type MeterOptions, meterDefaults, meterRules } from '../measure/meter-options.ts';
import type { RegistryMeterOptions } from '../measure/registry-meter.ts';
import { callSpans } from './call-spans.ts';
import { reportMetrics } from './report-metrics.ts';

/** Options of `instrument`. All are optional. */
export interface InstrumentOptions extends MeterOptions {
  /** Where metrics go. Default: the global provider. */
  readonly meterProvider?: MeterProvider;
  /** Where spans go. Default: the global provider. */
  readonly tracerProvider?: TracerProvider;
  /** Whether to report metrics. Default true. */
  readonly metrics?: boolean;
  /** Whether to report spans. Default true. */
  readonly spans?: boolean;
  /**
   * Whether the status of a span has the error's message, which may quote what the tool was called with. Otherwise it has a few
   * words on the category of the error. Default false.
   */
  readonly errorMessages?: boolean;
}

const having = (what: string, method: string): Rule => [
  `a ${what} of OpenTelemetry`,
  (value) => typeof (value as Record<string, unknown> | null)?.[method] === 'function',
];

const rules: Rules<keyof InstrumentOptions> = {
  ...meterRules,
  meterProvider: having('MeterProvider', 'getMeter'),
  tracerProvider: having('TracerProvider', 'getTracer'),
  metrics: trueOrFalse,
  spans: trueOrFalse,
  errorMessages: trueOrFalse,
};

/**
 * Reports a registry through a given copy of the API of OpenTelemetry: the command has to use the one that belongs to the SDK.
 *
 * @param more What only this package knows of the circuits.
 */
export function instrumentWith(
  api: typeof Api,
  registry: ToolRegistry,
  options: InstrumentOptions,
  more: Pick<RegistryMeterOptions, 'rename' | 'kindOf'> = {},
): () => void {
  checkRegistry(registry, 'instrument');
  const checked = checkFields<InstrumentOptions>(options, rules, 'options');
  const { tools, ...meterOptions } = meterDefaults(checked);
  const { metrics = true, spans = true, errorMessages = false } = checked;
  registry.declareTools(tools);
  const stops: (() => void)[] = [];
  // Two steps, so that metrics that fail do not keep a span from ending.
  if (metrics) {
    const provider = checked.meterProvider ?? api.metrics.getMeterProvider();
    stops.push(reportMetrics(provider.getMeter('toolfuse', version), registry, { ...meterOptions, ...more }));
  }
  if (spans) {
    const provider = checked.tracerProvider ?? api.trace.getTracerProvider();
    const tracer = provider.getTracer('toolfuse', version);
    stops.push(registry.intercept(callSpans({ api, tracer, registry, errorMessages })));
  }
  return () => {
    for (const stop of stops.splice(0)) stop();
  };
}
