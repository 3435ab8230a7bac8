import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { Registry } from 'prom-client';
import { createToolRegistry } from 'toolfuse';
import { instrument } from 'toolfuse/opentelemetry';
import { prometheusMetrics } from 'toolfuse/prometheus';
import { TestClock } from 'toolfuse/testing';
import { describe, expect, it } from 'vitest';
import { scraped } from '../prometheus/scraped.ts';
import { startSdk } from './sdk.ts';

const withSortedLabels = (series: string): string =>
  series.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').sort().join(',')}}`);

/** The series of a metric by the rules that OpenTelemetry's Collector follows: unit and `_total` become parts of the name. */
function inPrometheus({ descriptor, dataPointType, dataPoints, ...metric }: MetricData): string[] {
  const isSum = dataPointType === DataPointType.SUM && 'isMonotonic' in metric && metric.isMonotonic;
  const unit = descriptor.unit === 's' ? '_seconds' : '';
  const name = `${descriptor.name.replaceAll('.', '_')}${unit}${isSum ? '_total' : ''}`;
  return dataPoints.flatMap(({ attributes, value }) => {
    const labels = Object.entries(attributes).map(([label, text]) => `${label}="${text}"`);
    const series = (suffix: string, number: unknown): string =>
      withSortedLabels(`${name}${suffix}{${labels.join(',')}} ${number}`);
    return typeof value === 'number'
      ? [series('', value)]
      : [series('_count', value.count), series('_sum', 'sum' in value ? value.sum : undefined)];
  });
}

const setUp = () => {
  const sdk = startSdk();
  const clock = new TestClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 2, minBackoffMs: 10_000 },
    tools: { search: { upstream: 'github' }, shell: {} },
    recovery: { maxOpenCircuits: 1 },
    loops: { warnAfter: 2, denyAfter: 3 },
  });
  const stop = instrument(registry, { meterProvider: sdk.meterProvider, spans: false });
  const work = async () => {
    for (let call = 0; call < 12; call++) {
      await registry
        .execute(call % 3 === 0 ? 'search' : 'shell', () => {
          clock.advance(call * 100);
          if (call % 2 === 1) throw new Error(call % 4 === 1 ? 'read ECONNRESET' : 'boom');
        })
        .catch(() => undefined);
      clock.advance(3_000);
    }
    for (let call = 0; call < 4; call++) {
      await registry.execute('read', () => 'the same', { run: 'one', input: {} }).catch(() => undefined);
    }
    registry.recordFailure('made-up', 'timeout');
    registry.disable('github');
  };
  return { ...sdk, clock, registry, stop, work };
};

describe('the metrics for OpenTelemetry', () => {
  it('have names with dots, units, and gauges that are read when they are collected', async () => {
    const { metrics, registry } = setUp();
    const before = await metrics();
    expect([...before.keys()].filter((name) => !name.includes('.'))).toEqual([]);
    const state = async () =>
      (await metrics())
        .get('toolfuse.circuit.state')
        ?.dataPoints.filter(({ value, attributes }) => value === 1 && attributes.tool === 'shell')
        .map(({ attributes }) => attributes);
    expect(await state()).toEqual([{ registry: 'default', tool: 'shell', kind: 'tool', state: 'closed' }]);
    registry.isolate('shell');
    expect(await state()).toEqual([{ registry: 'default', tool: 'shell', kind: 'tool', state: 'isolated' }]);
    registry.reset('shell');
    expect(await state()).toEqual([{ registry: 'default', tool: 'shell', kind: 'tool', state: 'closed' }]);
  });

  it('have gen_ai.execute_tool.duration in seconds, with the kind of an error', async () => {
    const { metrics, registry, clock } = setUp();
    const call = (tool: string, ms: number, fault?: Error) =>
      registry
        .execute(tool, () => {
          clock.advance(ms);
          if (fault !== undefined) throw fault;
        })
        .catch(() => undefined);
    await call('shell', 1_500);
    await call('shell', 20, new RangeError('no'));
    await call('made-up', 5);
    const { descriptor, dataPoints } = (await metrics()).get('gen_ai.execute_tool.duration') ?? {};
    expect(descriptor?.unit).toBe('s');
    expect(dataPoints?.map(({ attributes }) => attributes)).toEqual([
      { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'shell' },
      { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'shell', 'error.type': 'RangeError' },
      { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': '_other' },
    ]);
    expect(dataPoints?.[0]?.value).toMatchObject({ count: 1, sum: 1.5 });
  });

  it('become those of toolfuse/prometheus by the rules of OpenTelemetry, with the same values', async () => {
    const { registry, work, metrics } = setUp();
    const register = new Registry();
    prometheusMetrics(registry, { register });
    await work();
    expect(registry.metrics().breakerDenials).toBeGreaterThan(0);
    expect(registry.metrics().loops).toMatchObject({ runs: 1, warned: 2, denied: 1 });
    const ours = [...(await metrics()).values()].filter(({ descriptor }) =>
      /^toolfuse/.test(descriptor.name),
    );
    const translated = ours.flatMap(inPrometheus).sort();
    const begun = /^toolfuse_call_duration_seconds.* 0$/;
    const theirs = [...(await scraped(register))]
      .map(([series, value]) => `${withSortedLabels(series)} ${value}`)
      // Only prom-client can begin a distribution that has no value yet.
      .filter((line) => !line.includes('_bucket') && !begun.test(line));
    expect(translated.filter((line) => !begun.test(line))).toEqual(theirs.sort());
    expect(theirs.length).toBeGreaterThan(80);
  });

  it('end with instrument', async () => {
    const { metrics, registry, stop } = setUp();
    stop();
    registry.recordFailure('shell', 'timeout');
    expect((await metrics()).get('toolfuse.circuits')?.dataPoints ?? []).toEqual([]);
  });
});
