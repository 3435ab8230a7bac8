import fc from 'fast-check';
import { createToolRegistry, type ErrorCategory, type Permit } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';

function setUp() {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 2, minBackoffMs: 1_000 },
    tools: { 'git.search': { upstream: 'git' } },
  });
  const of = (name: string) => registry.metrics().tools.find(({ tool }) => tool === name);
  return { clock, registry, of };
}

describe('the metrics of a tool', () => {
  it('count its calls by how they ended, however they were made', async () => {
    const { clock, registry, of } = setUp();
    const aborted = new AbortController();
    registry.recordSuccess('shell');
    registry.tool('shell').send({ type: 'SUCCESS' });
    await registry.execute('shell', async () => 1);
    await registry.execute('shell', async () => 1, { isFailure: () => 'rateLimit' });
    registry.recordFailure('shell', 'cancelled');
    registry.tool('shell').send({ type: 'FAILURE', category: 'authentication' });
    const cancelled = registry.execute('shell', () => new Promise(() => {}), { signal: aborted.signal });
    aborted.abort();
    await cancelled.catch(() => {});
    const leave = registry.tryAcquire('shell') as Permit;
    leave.release();
    const late = registry.execute('shell', () => new Promise(() => {}), { timeoutMs: 50 });
    clock.advance(50);
    await late.catch(() => {});
    expect(of('shell')).toMatchObject({
      calls: 8,
      successes: 3,
      failures: { rateLimit: 1, cancelled: 2, authentication: 1, timeout: 1 },
      timeouts: 1,
      lateResults: 0,
    });
    expect(registry.diagnostics('shell')).toMatchObject({ calls: 8, successes: 3, timeouts: 1 });
  });

  it('count denials, late results, and how long it was open', () => {
    const { clock, registry, of } = setUp();
    const late = registry.tryAcquire('shell') as Permit;
    registry.recordFailure('shell', 'timeout');
    registry.recordFailure('shell', 'timeout');
    registry.allowRequest('shell');
    clock.advance(300);
    expect(of('shell')).toMatchObject({ denials: 1, openMs: 300 });
    late.failure('network');
    clock.advance(700);
    clock.advance(5_000);
    expect(registry.state('shell')).toBe('halfOpen');
    expect(of('shell')).toMatchObject({
      lateResults: 1,
      openMs: 1_000,
      failures: { timeout: 2, network: 1 },
    });
  });

  it('give percentiles of the last calls, of values that were measured', () => {
    const { clock, registry, of } = setUp();
    expect(of('shell')?.latency).toBeUndefined();
    for (let ms = 1; ms <= 100; ms++) {
      const leave = registry.tryAcquire('shell') as Permit;
      clock.advance(ms);
      leave.success();
    }
    expect(of('shell')?.latency).toEqual({ calls: 100, p50Ms: 50, p95Ms: 95, p99Ms: 99 });
    expect(registry.diagnostics('shell').latency).toEqual(of('shell')?.latency);
  });

  it('measure one call in 32 of a busy tool, and keep 128', () => {
    const { clock, registry, of } = setUp();
    const call = (ms: number) => {
      const leave = registry.tryAcquire('shell') as Permit;
      clock.advance(ms);
      leave.success();
    };
    for (let i = 0; i < 128; i++) call(1);
    for (let i = 0; i < 128 * 32; i++) call(7);
    expect(of('shell')?.latency).toEqual({ calls: 128, p50Ms: 7, p95Ms: 7, p99Ms: 7 });
  });

  it('have no latency where nobody measured', () => {
    const { registry, of } = setUp();
    registry.recordSuccess('shell');
    expect(of('shell')?.latency).toBeNull();
  });
});

describe('the metrics of a registry', () => {
  it('are the sums over its tools, those that were forgotten included', () => {
    const { registry } = setUp();
    registry.recordSuccess('a');
    registry.recordFailure('b', 'network');
    registry.recordFailure('never used', 'cancelled');
    registry.reset('b');
    expect(registry.metrics()).toMatchObject({
      calls: 3,
      successes: 1,
      failures: { network: 1, cancelled: 1 },
      tools: [{ tool: 'a' }],
    });
  });

  it('count a call of a tool with an upstream once', async () => {
    const { registry } = setUp();
    await registry.execute('git.search', async () => 1);
    expect(registry.metrics()).toMatchObject({ calls: 1, successes: 1 });
    expect(registry.metrics().tools.map(({ tool, calls }) => [tool, calls])).toEqual([
      ['git.search', 1],
      ['git', 1],
    ]);
  });

  it('are plain data', () => {
    const { registry } = setUp();
    registry.recordSuccess('a');
    expect(structuredClone(registry.metrics())).toEqual(registry.metrics());
  });

  it('are those that are counted outside, whatever is done', async () => {
    const step = fc.record({
      do: fc.constantFrom(
        'execute',
        'throw',
        'acquire',
        'success',
        'failure',
        'release',
        'record',
        'recordFailure',
        'send',
        'wait',
        'isolate',
        'forceClose',
        'disable',
      ),
      tool: fc.constantFrom('a', 'b', 'git.search'),
      category: fc.constantFrom<ErrorCategory>('network', 'executionError', 'cancelled'),
      which: fc.nat(9),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 50, size: 'max' }), async (steps) => {
        const { clock, registry } = setUp();
        let held: { permit: Permit; isSettled: boolean }[] = [];
        const counted = { calls: 0, successes: 0, denials: 0 };
        const failures: Partial<Record<ErrorCategory, number>> = {};
        const succeeded = () => {
          counted.calls++;
          counted.successes++;
        };
        const failed = (category: ErrorCategory) => {
          counted.calls++;
          failures[category] = (failures[category] ?? 0) + 1;
        };
        for (const { do: what, tool, category, which } of steps) {
          const one = held[which % Math.max(1, held.length)];
          if (what === 'execute' || what === 'throw') {
            const ran = { isDone: false };
            const fn = async () => {
              ran.isDone = true;
              if (what === 'throw') throw category;
            };
            await registry.execute(tool, fn).catch(() => {});
            if (!ran.isDone) counted.denials++;
            else if (what === 'throw') failed(category);
            else succeeded();
          } else if (what === 'acquire') {
            const leave = registry.tryAcquire(tool);
            if (leave.admitted) held.push({ permit: leave, isSettled: false });
            else counted.denials++;
          } else if (what === 'success' || what === 'failure' || what === 'release') {
            if (one === undefined) continue;
            if (what === 'success') one.permit.success();
            else if (what === 'failure') one.permit.failure(category);
            else one.permit.release();
            if (!one.isSettled && what === 'success') succeeded();
            if (!one.isSettled && what === 'failure') failed(category);
            one.isSettled = true;
          } else if (what === 'record') {
            registry.recordSuccess(tool);
            succeeded();
          } else if (what === 'recordFailure') {
            registry.recordFailure(tool, category);
            failed(category);
          } else if (what === 'send') {
            registry.tool(tool).send({ type: 'FAILURE', category });
            failed(category);
          } else if (what === 'wait') clock.advance(1_000);
          else registry[what](tool);
        }
        held = [];
        const metrics = registry.metrics();
        expect({
          calls: metrics.calls,
          successes: metrics.successes,
          denials: metrics.breakerDenials,
          failures: metrics.failures,
        }).toEqual({ ...counted, failures });
        registry.stop();
      }),
      { numRuns: 200 },
    );
  });
});
