import type { BatchObservableResult, Meter, Observable } from '@opentelemetry/api';
import type { ToolRegistry } from 'toolfuse';
import {
  countedInstruments,
  durationBounds,
  type Instrument,
  observedInstruments,
  type ReadName,
  readInstruments,
} from '../measure/instruments.ts';
import { RegistryMeter, type RegistryMeterOptions } from '../measure/registry-meter.ts';
import { errorTypeOf } from './error-type.ts';

const describe = ({ help, unit }: Instrument) => ({ description: help, unit });

const mapped = <Name extends string, Made>(
  table: Readonly<Record<Name, Instrument>>,
  make: (instrument: Instrument) => Made,
): Readonly<Record<Name, Made>> =>
  Object.fromEntries(
    Object.entries<Instrument>(table).map(([name, instrument]) => [name, make(instrument)]),
  ) as Record<Name, Made>;

/** Reports the metrics of a registry through a meter. @returns A function that stops that. */
export function reportMetrics(
  meter: Meter,
  registry: ToolRegistry,
  options: RegistryMeterOptions,
): () => void {
  const advice = { explicitBucketBoundaries: [...durationBounds] };
  const counters = mapped(countedInstruments, (each) => meter.createCounter(each.name, describe(each)));
  const histograms = mapped(observedInstruments, (each) =>
    meter.createHistogram(each.name, {
      ...describe(each),
      advice: { explicitBucketBoundaries: [...(each.bounds ?? durationBounds)] },
    }),
  );
  const observables: Readonly<Record<ReadName, Observable>> = mapped(readInstruments, (each) =>
    each.kind === 'counter'
      ? meter.createObservableCounter(each.name, describe(each))
      : meter.createObservableGauge(each.name, describe(each)),
  );
  const toolDuration = meter.createHistogram('gen_ai.execute_tool.duration', {
    description: 'The duration of the execution of a tool.',
    unit: 's',
    advice,
  });

  const registryMeter = new RegistryMeter(
    registry,
    {
      add: (counter, labels, by) => counters[counter].add(by, labels),
      observe: (histogram, labels, value) => histograms[histogram].record(value, labels),
    },
    options,
  );
  const read = (result: BatchObservableResult): void => {
    for (const [name, readings] of Object.entries(registryMeter.read())) {
      for (const { labels, value } of readings) result.observe(observables[name as ReadName], value, labels);
    }
  };
  registryMeter.start();
  meter.addBatchObservableCallback(read, Object.values(observables));
  const stopTiming = registry.intercept({
    timed: true,
    ended({ tool }, end) {
      if (end.outcome === 'abandoned' || end.durationMs === null) return;
      toolDuration.record(end.durationMs / 1_000, {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': registryMeter.labels.of(tool),
        ...(end.category !== null && { 'error.type': errorTypeOf(end.failure, end.category) }),
      });
    },
  });
  return () => {
    stopTiming();
    meter.removeBatchObservableCallback(read, Object.values(observables));
    registryMeter.stop();
  };
}
