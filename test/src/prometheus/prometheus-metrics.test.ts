import { type Counter, type Histogram, Registry } from 'prom-client';
import { createToolRegistry, type ToolRegistryOptions, timeWindow } from 'toolfuse';
import { type FleetStore, joinFleet, memoryStore } from 'toolfuse/fleet';
import { prometheusMetrics } from 'toolfuse/prometheus';
import { TestClock } from 'toolfuse/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  countedInstruments,
  observedInstruments,
  prometheusName,
  readInstruments,
} from '../../../src/measure/instruments.ts';
import { scraped, seriesOf } from './scraped.ts';

const circuit = { failureThreshold: 1, minBackoffMs: 10_000 };

const setUp = (options: ToolRegistryOptions = {}) => {
  const clock = new TestClock();
  const registry = createToolRegistry({
    clock,
    circuit,
    tools: { search: { upstream: 'github' }, shell: {} },
    ...options,
  });
  const register = new Registry();
  const stop = prometheusMetrics(registry, { register });
  const series = (metric: string) => seriesOf(register, `toolfuse_${metric}`);
  /** The state in which a tool's circuit is, by the gauge. */
  const stateOf = async (tool: string) =>
    Object.entries(await series('circuit_state'))
      .filter(([labels, value]) => value === 1 && labels.startsWith(`tool="${tool}",`))
      .map(([labels]) => /state="(\w+)"/.exec(labels)?.[1]);
  return { clock, registry, register, stop, series, stateOf };
};

afterEach(() => void vi.restoreAllMocks());

describe('the metrics for Prometheus', () => {
  it('are those of the table, with their labels', async () => {
    const { register } = setUp();
    const defined = (await register.getMetricsAsJSON()).map(({ name }) => name);
    expect(defined.sort()).toEqual(
      [
        'toolfuse_backoff_remaining_seconds',
        'toolfuse_call_duration_seconds',
        'toolfuse_circuit_state',
        'toolfuse_circuits',
        'toolfuse_denied_total',
        'toolfuse_failure_rate',
        'toolfuse_failures_total',
        'toolfuse_fleet_degraded',
        'toolfuse_fleet_store_seconds',
        'toolfuse_info',
        'toolfuse_late_results_total',
        'toolfuse_loops_total',
        'toolfuse_open_seconds_total',
        'toolfuse_probes_in_flight',
        'toolfuse_recovery_paused',
        'toolfuse_recovery_pauses_total',
        'toolfuse_runs',
        'toolfuse_slow_call_rate',
        'toolfuse_slow_calls_total',
        'toolfuse_spared_total',
        'toolfuse_transitions_total',
      ].sort(),
    );
    const instruments = { ...readInstruments, ...countedInstruments, ...observedInstruments };
    expect(Object.values(instruments).map(prometheusName).sort()).toEqual(defined.sort());
  });

  it('tell of the store of a fleet, while the registry is a member of one', async () => {
    const { clock, registry, series, stop } = setUp();
    expect(await series('fleet_degraded')).toEqual({});
    let isGone = false;
    const inner = memoryStore({ clock });
    const store: FleetStore = {
      eval: (...asked) => (isGone ? Promise.reject(new Error('gone')) : inner.eval(...asked)),
    };
    const fleet = joinFleet(registry, { store, namespace: 'agents' });
    await clock.advanceAsync(2_000);
    expect(await series('fleet_degraded')).toEqual({ '': 0 });
    expect(await series('fleet_store_seconds_count')).toEqual({ 'op="tick",outcome="answered"': 3 });
    isGone = true;
    await clock.advanceAsync(3_000);
    expect(await series('fleet_degraded')).toEqual({ '': 1 });
    expect(await series('fleet_store_seconds_count')).toMatchObject({ 'op="tick",outcome="missed"': 3 });
    await fleet.leave();
    expect(await series('fleet_degraded')).toEqual({});
    stop();
  });

  it('show every known tool before it was ever used, closed', async () => {
    const { series, stateOf } = setUp();
    expect(await stateOf('shell')).toEqual(['closed']);
    expect(await series('circuit_state')).toMatchObject({
      'tool="github",kind="upstream",state="closed"': 1,
      'tool="search",kind="tool",state="open"': 0,
    });
    expect(await series('failures_total')).toMatchObject({ 'tool="shell",category="timeout"': 0 });
    expect(await series('denied_total')).toMatchObject({ 'tool="search",reason="upstream"': 0 });
    expect(await series('call_duration_seconds_count')).toMatchObject({
      'tool="shell",outcome="success"': 0,
    });
  });

  it('follow a circuit through its states, and after a failed probe', async () => {
    const { clock, registry, series, stateOf } = setUp();
    const call = (fn: () => unknown) => registry.execute('shell', fn).catch(() => undefined);
    const fail = () => Promise.reject(new Error('read ECONNRESET'));
    await call(fail);
    expect(await stateOf('shell')).toEqual(['open']);
    expect(await series('backoff_remaining_seconds')).toMatchObject({ 'tool="shell"': 10 });
    clock.advance(4_000);
    expect(await series('backoff_remaining_seconds')).toMatchObject({ 'tool="shell"': 6 });
    await call(fail);
    clock.advance(6_000);
    expect(await stateOf('shell')).toEqual(['halfOpen']);
    const probe = registry.tryAcquire('shell');
    expect(await series('probes_in_flight')).toMatchObject({ 'tool="shell"': 1 });
    if (probe.admitted) probe.failure('timeout');
    expect(await stateOf('shell')).toEqual(['open']);
    expect(await series('circuits')).toEqual({
      'state="closed"': 0,
      'state="open"': 1,
      'state="halfOpen"': 0,
      'state="isolated"': 0,
      'state="disabled"': 0,
    });
    expect(await series('transitions_total')).toMatchObject({
      'tool="shell",from="closed",to="open"': 1,
      'tool="shell",from="open",to="halfOpen"': 1,
      'tool="shell",from="halfOpen",to="open"': 1,
      'tool="shell",from="halfOpen",to="closed"': 0,
    });
    expect(await series('denied_total')).toMatchObject({ 'tool="shell",reason="open"': 1 });
    expect(await series('failures_total')).toMatchObject({
      'tool="shell",category="network"': 1,
      'tool="shell",category="timeout"': 1,
    });
    clock.advance(20_000);
    await call(() => 'done');
    expect(await stateOf('shell')).toEqual(['closed']);
    expect(await series('backoff_remaining_seconds')).toMatchObject({ 'tool="shell"': 0 });
    expect(await series('open_seconds_total')).toMatchObject({ 'tool="shell"': 30 });
  });

  it('are true after a reset, which no event but the closing tells of, and counters never shrink', async () => {
    const { clock, registry, series, stateOf } = setUp();
    registry.recordFailure('shell', 'timeout');
    clock.advance(3_000);
    registry.reset('shell');
    clock.advance(5_000);
    expect(await stateOf('shell')).toEqual(['closed']);
    expect(await series('open_seconds_total')).toMatchObject({ 'tool="shell"': 3 });
    expect(await series('failures_total')).toMatchObject({ 'tool="shell",category="timeout"': 1 });
    expect(await series('circuits')).toMatchObject({ 'state="closed"': 0, 'state="open"': 0 });
    registry.isolate('shell');
    clock.advance(1_000);
    expect(await series('open_seconds_total')).toMatchObject({ 'tool="shell"': 4 });
    expect(await stateOf('shell')).toEqual(['isolated']);
    registry.resetAll();
    expect(await stateOf('shell')).toEqual(['closed']);
  });

  it('count the durations of all calls by how they ended', async () => {
    const { clock, registry, series } = setUp();
    const call = (ms: number, fail?: unknown) =>
      registry
        .execute('search', () => {
          clock.advance(ms);
          return fail === undefined ? 'done' : Promise.reject(fail);
        })
        .catch(() => undefined);
    for (let calls = 0; calls < 300; calls++) await call(0);
    await call(150);
    await call(70_000, { status: 400 });
    const permit = registry.tryAcquire('search');
    if (permit.admitted) permit.failure('cancelled');
    const released = registry.tryAcquire('search');
    if (released.admitted) released.release();
    await call(3_000, new Error('boom'));
    expect(await series('call_duration_seconds_count')).toEqual({
      'tool="search",outcome="success"': 301,
      'tool="search",outcome="failure"': 1,
      'tool="search",outcome="ignored"': 1,
      'tool="search",outcome="cancelled"': 1,
      'tool="github",outcome="success"': 0,
      'tool="github",outcome="failure"': 0,
      'tool="shell",outcome="success"': 0,
      'tool="shell",outcome="failure"': 0,
    });
    const buckets = await series('call_duration_seconds_bucket');
    expect(buckets).toMatchObject({
      'le="0.1",tool="search",outcome="success"': 300,
      'le="0.2",tool="search",outcome="success"': 301,
      'le="60",tool="search",outcome="ignored"': 0,
      'le="120",tool="search",outcome="ignored"': 1,
    });
    expect(
      Object.keys(buckets).filter((each) => each.endsWith('tool="shell",outcome="success"')),
    ).toHaveLength(15);
  });

  it('say why a call was refused, and which circuit that was', async () => {
    const { registry, series, stateOf } = setUp();
    registry.recordFailure('search', new Error('connect ECONNREFUSED'));
    registry.tryAcquire('search');
    expect(await stateOf('github')).toEqual(['open']);
    expect(await stateOf('search')).toEqual(['closed']);
    expect(await series('denied_total')).toMatchObject({ 'tool="search",reason="upstream"': 1 });
  });

  it('have the rates of windows only while those hold enough calls', async () => {
    const { clock, registry, series } = setUp({
      tools: { search: { trip: timeWindow({ minCalls: 2, failureRate: 0.9, slowCallMs: 100 }) } },
    });
    const call = (ms: number, fail?: unknown) =>
      registry
        .execute('search', () => {
          clock.advance(ms);
          if (fail !== undefined) throw fail;
        })
        .catch(() => undefined);
    await call(500);
    expect(await series('failure_rate')).toEqual({});
    await call(5, new Error('boom'));
    expect(await series('failure_rate')).toEqual({ 'tool="search"': 0.5 });
    expect(await series('slow_call_rate')).toEqual({ 'tool="search"': 0.5 });
    expect(await series('slow_calls_total')).toEqual({ 'tool="search"': 1 });
  });

  it('count late results, spared trips and pauses', async () => {
    const { registry, series } = setUp({ recovery: { maxOpenCircuits: 1 } });
    const late = registry.tryAcquire('shell');
    registry.recordFailure('shell', 'timeout');
    if (late.admitted) late.success();
    registry.disable('github');
    registry.recordFailure('github', 'timeout');
    expect(await series('late_results_total')).toMatchObject({ 'tool="shell"': 1 });
    expect(await series('spared_total')).toMatchObject({ 'tool="github",why="disabled"': 1 });
    expect(await series('recovery_paused')).toEqual({ '': 1 });
    expect(await series('recovery_pauses_total')).toEqual({ '': 1 });
    registry.reset('shell');
    expect(await series('recovery_paused')).toEqual({ '': 0 });
  });

  it('count what was done about loops, by tool, and the runs by their state', async () => {
    const { registry, series } = setUp({
      loops: { warnAfter: 2, denyAfter: 3, stopAfter: 5 },
      tools: { shell: {}, read: { mode: 'observe' } },
    });
    expect(await series('loops_total')).toMatchObject({
      'tool="shell",verdict="warned"': 0,
      'tool="shell",verdict="denied"': 0,
      'tool="shell",verdict="stopped"': 0,
    });
    expect(await series('denied_total')).toMatchObject({ 'tool="shell",reason="loop"': 0 });
    const repeat = async (tool: string, run: string, calls: number) => {
      for (let call = 0; call < calls; call++) {
        await registry.execute(tool, () => 'the same', { run, input: { path: '/' } }).catch(() => undefined);
      }
    };
    await repeat('shell', 'steady', 1);
    await repeat('shell', 'repeating', 2);
    await repeat('shell', 'stopped', 6);
    await repeat('read', 'observed', 6);
    await repeat('made-up', 'other', 3);
    const { loops } = registry.metrics();
    const sum = async (verdict: string) =>
      Object.entries(await series('loops_total'))
        .filter(([labels]) => labels.endsWith(`verdict="${verdict}"`))
        .reduce((total, [, value]) => total + value, 0);
    expect(loops).toMatchObject({
      warned: await sum('warned'),
      denied: await sum('denied'),
      stopped: await sum('stopped'),
    });
    const counted = await series('loops_total');
    expect(counted).toMatchObject({
      'tool="shell",verdict="stopped"': 1,
      'tool="read",verdict="stopped"': 1,
    });
    expect(counted['tool="_other",verdict="warned"']).toBeGreaterThan(0);
    // Only calls that were really refused are refused calls: the tool that observes refused none.
    const refused = await series('denied_total');
    expect(refused['tool="shell",reason="loop"']).toBe(counted['tool="shell",verdict="denied"']);
    expect(refused['tool="read",reason="loop"']).toBe(0);
    const byState = await series('runs');
    expect(Object.values(byState).reduce((total, each) => total + each, 0)).toBe(loops.runs);
    expect(byState).toMatchObject({ 'state="steady"': 1, 'state="stopped"': 2 });
    registry.run('stopped').end();
    expect(await series('runs')).toMatchObject({ 'state="stopped"': 1 });
  });

  it('count what a circuit that only observes has spared its callers', async () => {
    const { registry, series, stateOf } = setUp({ tools: { shell: { mode: 'observe' } } });
    registry.recordFailure('shell', 'timeout');
    registry.tryAcquire('shell');
    const { spared } = registry.diagnostics('shell');
    expect(spared.observe).toBeGreaterThan(0);
    expect(await series('spared_total')).toMatchObject({ 'tool="shell",why="observe"': spared.observe });
    expect(await stateOf('shell')).toEqual(['closed']);
  });

  it('show all targets of a tool under the label of the tool', async () => {
    const { clock, registry, series, stateOf } = setUp();
    registry.recordFailure('shell', 'timeout', { key: 'a' });
    clock.advance(1_000);
    registry.recordFailure('shell', 'timeout', { key: 'b' });
    registry.recordSuccess('shell', { key: 'c' });
    clock.advance(1_000);
    expect(await stateOf('shell')).toEqual(['closed', 'open']);
    expect(await series('open_seconds_total')).toMatchObject({ 'tool="shell"': 3 });
    expect(await series('backoff_remaining_seconds')).toMatchObject({ 'tool="shell"': 9 });
    registry.reset('shell');
    clock.advance(1_000);
    expect(await series('open_seconds_total')).toMatchObject({ 'tool="shell"': 3 });
  });

  it('agree with the counters of the registry', async () => {
    const { clock, registry, series } = setUp();
    for (let call = 0; call < 50; call++) {
      clock.advance(call * 137);
      await registry
        .execute(call % 3 === 0 ? 'search' : 'shell', () => {
          if (call % 4 === 0) throw new Error(call % 8 === 0 ? 'read ECONNRESET' : 'Not found');
        })
        .catch(() => undefined);
    }
    const sum = async (metric: string) =>
      Object.values(await series(metric)).reduce((total, each) => total + each, 0);
    const { breakerDenials, failures, calls, successes, circuitOpenEvents, tools } = registry.metrics();
    expect(breakerDenials).toBeGreaterThan(0);
    expect(await sum('denied_total')).toBe(breakerDenials);
    expect(await sum('failures_total')).toBe(
      Object.values(failures).reduce((total, each) => total + each, 0),
    );
    expect(await sum('call_duration_seconds_count')).toBe(calls);
    expect((await series('call_duration_seconds_count'))['tool="shell",outcome="success"']).toBe(
      tools.find(({ tool }) => tool === 'shell')?.successes,
    );
    expect(successes).toBeGreaterThan(0);
    const opened = Object.entries(await series('transitions_total')).filter(([way]) =>
      way.endsWith('to="open"'),
    );
    expect(opened.reduce((total, [, each]) => total + each, 0)).toBe(circuitOpenEvents);
  });
});

describe('the labels of tools', () => {
  it('are those of known tools; all others are counted together', async () => {
    const { registry, series, stateOf } = setUp();
    for (let name = 0; name < 50; name++) registry.recordFailure(`made-up-${name}`, 'timeout');
    registry.isolate('also-made-up');
    const labels = Object.keys(await series('circuit_state')).map((each) => /tool="([^"]*)"/.exec(each)?.[1]);
    expect([...new Set(labels)].sort()).toEqual(['_other', 'github', 'search', 'shell']);
    expect(await stateOf('_other')).toEqual(['open', 'isolated']);
    expect(await series('failures_total')).toMatchObject({ 'tool="_other",category="timeout"': 50 });
    expect(await series('backoff_remaining_seconds')).toMatchObject({ 'tool="_other"': 10 });
    expect(await series('circuits')).toMatchObject({ 'state="open"': 50, 'state="isolated"': 1 });
  });

  it('grow with the tools that a server lists', async () => {
    const { registry, series } = setUp();
    registry.recordFailure('read', 'timeout');
    registry.declareTools(['read', 'write']);
    registry.recordFailure('read', 'timeout');
    const call = registry.tryAcquire('write');
    if (call.admitted) call.failure('timeout');
    expect(await series('call_duration_seconds_count')).toMatchObject({
      'tool="write",outcome="failure"': 1,
    });
    expect(await series('failures_total')).toMatchObject({
      'tool="_other",category="timeout"': 1,
      'tool="read",category="timeout"': 1,
    });
  });

  it('are given in addition, and are never more than maxTools', async () => {
    const registry = createToolRegistry({ tools: { shell: {} } });
    const register = new Registry();
    prometheusMetrics(registry, { register, tools: ['read', 'write', 'x'.repeat(201), ''], maxTools: 2 });
    registry.recordSuccess('write');
    const labels = Object.keys(await seriesOf(register, 'toolfuse_probes_in_flight'));
    expect(labels).toEqual(['tool="shell"', 'tool="read"', 'tool="_other"']);
  });

  it('keep the time that a circuit was open under the label under which it opened', async () => {
    const { clock, registry, series } = setUp();
    registry.isolate('read');
    clock.advance(2_000);
    registry.declareTools(['read']);
    clock.advance(2_000);
    expect(await series('open_seconds_total')).toMatchObject({ 'tool="_other"': 4, 'tool="read"': 0 });
  });
});

describe('several registries in one register', () => {
  it('are told apart by their names', async () => {
    const { register } = setUp();
    const other = createToolRegistry({ tools: { shell: {} } });
    const stop = prometheusMetrics(other, { register, name: 'agent "2"' });
    other.isolate('shell');
    expect(
      (await scraped(register)).get('toolfuse_circuits{registry="agent \\"2\\"",state="isolated"}'),
    ).toBe(1);
    expect((await scraped(register)).get('toolfuse_circuits{registry="default",state="isolated"}')).toBe(0);
    stop();
    stop();
    expect(
      [...(await scraped(register)).keys()].filter((each) => /^toolfuse_circuits.*agent/.test(each)),
    ).toEqual([]);
  });

  it('cannot have one name', () => {
    const { registry, register, stop } = setUp();
    expect(() => prometheusMetrics(registry, { register })).toThrow(
      'prometheusMetrics: a registry is measured as "default" already; give this one another name',
    );
    stop();
    expect(() => prometheusMetrics(registry, { register })).not.toThrow();
  });
});

describe('measuring', () => {
  it('ends when it is stopped, and costs a call nothing any more', async () => {
    const { registry, series, stop } = setUp();
    registry.recordFailure('shell', 'timeout');
    stop();
    registry.recordFailure('shell', 'timeout');
    expect(await series('failures_total')).toMatchObject({ 'tool="shell",category="timeout"': 1 });
    expect(await series('circuits')).toEqual({});
  });

  it('begins with what is the case already', async () => {
    const clock = new TestClock();
    const registry = createToolRegistry({ clock, circuit, tools: { shell: {} } });
    registry.recordFailure('shell', 'timeout');
    clock.advance(2_000);
    const register = new Registry();
    prometheusMetrics(registry, { register });
    clock.advance(1_000);
    expect(await seriesOf(register, 'toolfuse_open_seconds_total')).toEqual({ 'tool="shell"': 3 });
  });

  it('ends no call where prom-client throws', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { registry, register } = setUp();
    vi.spyOn(register.getSingleMetric('toolfuse_failures_total') as Counter, 'inc').mockImplementation(() => {
      throw new Error('full');
    });
    await expect(registry.execute('shell', () => Promise.reject(new Error('boom')))).rejects.toThrow('boom');
    await expect(registry.execute('shell', () => 'done')).rejects.toThrow('The call did not run');
    expect(registry.state('shell')).toBe('open');
    expect(printed).toHaveBeenCalled();
  });

  it('cuts no fleet off its store where prom-client throws', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { registry, register, clock } = setUp();
    const store = register.getSingleMetric('toolfuse_fleet_store_seconds') as Histogram;
    vi.spyOn(store, 'observe').mockImplementation(() => {
      throw new Error('full');
    });
    const fleet = joinFleet(registry, { store: memoryStore({ clock }), namespace: 'agents' });
    await clock.advanceAsync(5_000);
    expect(fleet.status().state).toBe('connected');
    expect(printed).toHaveBeenCalled();
    await fleet.leave();
  });

  it('works in the format OpenMetrics', async () => {
    const { register, registry } = setUp();
    register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    registry.recordFailure('shell', 'timeout');
    const text = await register.metrics();
    expect(text).toContain('# TYPE toolfuse_failures counter');
    expect(text).toContain('toolfuse_failures_total{registry="default",tool="shell",category="timeout"} 1');
    expect(text.endsWith('# EOF\n')).toBe(true);
  });

  it.each([
    [undefined, {}, 'prometheusMetrics: registry must be made by createToolRegistry, got undefined'],
    [createToolRegistry(), { register: {} }, 'options.register must be a Registry of prom-client, got'],
    [createToolRegistry(), { name: '' }, 'options.name must be a non-empty string, got ""'],
    [createToolRegistry(), { tools: 'search' }, 'options.tools must be a list of tool names, got "search"'],
    [createToolRegistry(), { maxTools: 0 }, 'options.maxTools must be a positive integer, got 0'],
    [createToolRegistry(), { prefix: 'x' }, 'options.prefix is not a setting'],
  ])('is refused with options that are wrong', (registry, options, message) => {
    expect(() => prometheusMetrics(registry as never, options as never)).toThrow(message);
  });
});
