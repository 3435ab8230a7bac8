import { context, type SpanStatus, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import { onTestFinished } from 'vitest';

class Reader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  }
  protected override onForceFlush = async (): Promise<void> => {};
  protected override onShutdown = async (): Promise<void> => {};
}

/** What a test compares of a span. */
export interface PlainSpan {
  readonly name: string;
  readonly attributes: ReadableSpan['attributes'];
  readonly status: SpanStatus;
}

/** The real SDK, in memory. Its context manager is the global one until the test ends. */
export function startSdk(
  exporter: SpanExporter & Partial<InMemorySpanExporter> = new InMemorySpanExporter(),
) {
  const manager = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(manager);
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const reader = new Reader();
  const meterProvider = new MeterProvider({ readers: [reader] });
  onTestFinished(async () => {
    context.disable();
    trace.disable();
    await Promise.allSettled([tracerProvider.shutdown(), meterProvider.shutdown()]);
  });
  return {
    tracerProvider,
    meterProvider,
    tracer: tracerProvider.getTracer('test'),
    spans: (): ReadableSpan[] => exporter.getFinishedSpans?.() ?? [],
    plain: (): PlainSpan[] =>
      (exporter.getFinishedSpans?.() ?? []).map(({ name, attributes, status }) => ({
        name,
        attributes,
        status,
      })),
    /** The points of each metric, by its name. */
    async metrics() {
      const { resourceMetrics, errors } = await reader.collect();
      if (errors.length > 0) throw errors[0];
      const all = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
      return new Map(all.map((metric) => [metric.descriptor.name, metric]));
    },
  };
}
