import fc from 'fast-check';
import { createToolRegistry, type ErrorCategory, isErrorCategory, type Permit } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { CallStats } from '../../../src/telemetry/call-stats.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkProperty } from '../../support/property.ts';

const circuit = { failureThreshold: 3, minBackoffMs: 1_000, probeTimeoutMs: 3_000 } as const;

/** The counts that an independent observer keeps. */
interface Recount {
  successes: number;
  failures: Partial<Record<ErrorCategory, number>>;
  timeouts: number;
  denials: number;
  opened: number;
  halfOpened: number;
}

const tool = fc.constantFrom('a', 'b');
const category = fc.constantFrom<ErrorCategory>('timeout', 'network', 'cancelled', 'invalidParameters');
const step = fc.oneof(
  fc.record({ do: fc.constantFrom('permit', 'execute', 'start', 'success', 'bareSuccess', 'request'), tool }),
  fc.record({ do: fc.constantFrom('failure', 'bareFailure'), tool, category }),
  fc.record({
    do: fc.constant('settle'),
    which: fc.nat(9),
    how: fc.constantFrom('success', 'timeout', 'cancelled', 'release'),
  }),
  fc.record({
    do: fc.constant('finish'),
    which: fc.nat(9),
    how: fc.constantFrom('resolve', 'reject', 'abort', 'isFailure'),
  }),
  fc.record({
    do: fc.constantFrom('reset', 'resetEvent', 'isolate', 'release', 'disable', 'forceClose'),
    tool,
  }),
  fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(1, 500, 1_000, 3_000) }),
);

/** Lets all pending promises settle. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the counters', () => {
  it('equal the counts of an independent observer, whatever calls are made in whatever way', async () => {
    await checkProperty(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
        const clock = new ManualClock();
        const registry = createToolRegistry({ clock, circuit, recovery: { maxOpenCircuits: Infinity } });
        const own: Recount = {
          successes: 0,
          failures: {},
          timeouts: 0,
          denials: 0,
          opened: 0,
          halfOpened: 0,
        };
        const failed = (category: ErrorCategory): void => {
          own.failures[category] = (own.failures[category] ?? 0) + 1;
        };
        registry.on('circuit.opened', () => own.opened++);
        registry.on('circuit.halfOpened', () => own.halfOpened++);

        let life = { a: 0, b: 0 };
        const permits: { permit: Permit; isCurrent: () => boolean }[] = [];
        interface Running {
          isDone: boolean;
          isCurrent: () => boolean;
          resolve: (value: string) => void;
          reject: (error: unknown) => void;
          abort: () => void;
          startedAt: number;
        }
        const running: Running[] = [];
        /** Whether the tool is still known; the call of a forgotten tool belongs to no circuit. */
        const currentCheck = (tool: string) => {
          const at = life[tool as 'a'];
          return () => life[tool as 'a'] === at;
        };
        const timeoutMs = 700;
        const start = (tool: string): void => {
          const controller = new AbortController();
          let isAdmitted = false;
          const call: Running = {
            isDone: false,
            isCurrent: currentCheck(tool),
            resolve: () => {},
            reject: () => {},
            abort: () => controller.abort(),
            startedAt: clock.now(),
          };
          const done = registry.execute(
            tool,
            () => {
              isAdmitted = true;
              return new Promise<string>((resolve, reject) => {
                call.resolve = resolve;
                call.reject = reject;
              });
            },
            { signal: controller.signal, timeoutMs, isFailure: (result) => result === 'bad' && 'rateLimit' },
          );
          done.catch(() => {});
          if (isAdmitted) running.push(call);
          else own.denials++;
        };

        for (const each of steps) {
          if (each.do === 'wait') {
            clock.advance((each as { ms: number }).ms);
            for (const call of running) {
              if (call.isDone || clock.now() - call.startedAt < timeoutMs) continue;
              call.isDone = true;
              if (!call.isCurrent()) continue;
              own.timeouts++;
              failed('timeout');
            }
          } else if (each.do === 'settle') {
            const { which, how } = each as { which: number; how: string };
            const [held] = permits.splice(which % Math.max(1, permits.length), 1);
            if (held === undefined) continue;
            if (how === 'success') held.permit.success();
            else if (how === 'release') held.permit.release();
            else held.permit.failure(how, { timedOut: how === 'timeout' });
            if (!held.isCurrent() || how === 'release') continue;
            if (how === 'timeout') own.timeouts++;
            if (how === 'success') own.successes++;
            else failed(how as ErrorCategory);
          } else if (each.do === 'finish') {
            const { which, how } = each as { which: number; how: string };
            const open = running.filter(({ isDone }) => !isDone);
            const call = open[which % Math.max(1, open.length)];
            if (call === undefined) continue;
            call.isDone = true;
            if (how === 'resolve') call.resolve('good');
            else if (how === 'isFailure') call.resolve('bad');
            else if (how === 'reject') call.reject(new Error('read ECONNRESET'));
            else call.abort();
            if (!call.isCurrent()) continue;
            if (how === 'resolve') own.successes++;
            else
              failed(
                ({ isFailure: 'rateLimit', reject: 'network', abort: 'cancelled' } as const)[how as 'reject'],
              );
          } else {
            const { tool, category = 'timeout' } = each as { tool: string; category?: ErrorCategory };
            const actor = () => registry.tool(tool);
            if (each.do === 'permit') {
              const leave = registry.tryAcquire(tool);
              if (leave.admitted) permits.push({ permit: leave, isCurrent: currentCheck(tool) });
              else own.denials++;
            } else if (each.do === 'execute' || each.do === 'start') start(tool);
            else if (each.do === 'request') {
              if (!registry.allowRequest(tool)) own.denials++;
            } else if (each.do === 'success') {
              registry.recordSuccess(tool);
              own.successes++;
            } else if (each.do === 'bareSuccess') {
              actor().send({ type: 'SUCCESS' });
              own.successes++;
            } else if (each.do === 'failure') {
              registry.recordFailure(tool, category);
              failed(category);
            } else if (each.do === 'bareFailure') {
              actor().send({ type: 'FAILURE', category });
              failed(category);
            } else if (each.do === 'reset') {
              registry.reset(tool);
              life = { ...life, [tool]: life[tool as 'a'] + 1 };
            } else if (each.do === 'resetEvent') actor().send({ type: 'RESET' });
            else registry[each.do as 'isolate'](tool);
          }
          await settle();
        }

        const { successes, failures, timeouts } = own;
        const calls = successes + Object.values(failures).reduce((sum, count) => sum + count, 0);
        const metrics = registry.metrics();
        expect(metrics).toMatchObject({
          calls,
          successes,
          timeouts,
          circuitOpenEvents: own.opened,
          halfOpenEvents: own.halfOpened,
          breakerDenials: own.denials,
        });
        expect(metrics.failures).toEqual(failures);
        // The counts of each tool that was never forgotten must be equal, too.
        for (const each of metrics.tools) {
          expect(registry.diagnostics(each.tool)).toMatchObject({
            calls: each.calls,
            failures: each.failures,
          });
        }
        registry.stop();
        for (const call of running) call.abort();
        await settle();
        expect(registry.metrics().calls).toBe(calls);
      }),
      { atLeast: 20, atMost: 80 },
    );
  });

  it('are not cleared by a reset, and a call counts once even if its tool has an upstream', () => {
    const clock = new ManualClock();
    const registry = createToolRegistry({ clock, circuit, tools: { search: { upstream: 'server' } } });
    const permits = [1, 2, 3].map(() => registry.tryAcquire('search'));
    for (const permit of permits) if (permit.admitted) permit.success();
    const { tools, ...totals } = registry.metrics();
    expect(totals.calls).toBe(3);
    expect(tools.map(({ tool, calls }) => [tool, calls])).toEqual([
      ['search', 3],
      ['server', 3],
    ]);
    registry.resetAll();
    expect(registry.metrics()).toEqual({ ...totals, tools: [] });
  });

  it('include the late results of forgotten tools in the totals', () => {
    const clock = new ManualClock();
    const registry = createToolRegistry({ clock, circuit: { ...circuit, failureThreshold: 1 } });
    for (const tool of ['a', 'b']) {
      const permit = registry.tryAcquire(tool);
      registry.recordFailure(tool, 'timeout');
      if (permit.admitted) permit.success();
    }
    expect(registry.metrics().lateResults).toBe(2);
    registry.reset('a');
    expect(registry.metrics()).toMatchObject({ lateResults: 2, tools: [{ tool: 'b', lateResults: 1 }] });
    registry.resetAll();
    expect(registry.metrics()).toMatchObject({ lateResults: 2, tools: [] });
  });

  it('show how long a circuit has been open in total, without half-open time', () => {
    const clock = new ManualClock();
    const registry = createToolRegistry({ clock, circuit: { ...circuit, failureThreshold: 1 } });
    const openMs = () => registry.metrics().tools.find(({ tool }) => tool === 'a')?.openMs;
    registry.recordFailure('a', 'timeout');
    clock.advance(400);
    expect(openMs()).toBe(400);
    clock.advance(10_000);
    expect(openMs()).toBe(1_000);
    registry.isolate('a');
    clock.advance(500);
    registry.release('a');
    clock.advance(500);
    expect(openMs()).toBe(1_500);
  });
});

describe('the latency', () => {
  it('is null until a call has been timed', () => {
    const registry = createToolRegistry({ clock: new ManualClock() });
    registry.recordSuccess('a');
    expect(registry.diagnostics('a').latency).toBeNull();
  });

  it('uses the nearest rank: it is always a measured value', async () => {
    const clock = new ManualClock();
    const registry = createToolRegistry({ clock });
    for (let ms = 100; ms >= 1; ms--) {
      await registry.execute('a', () => clock.advance(ms));
    }
    expect(registry.diagnostics('a').latency).toEqual({ calls: 100, p50Ms: 50, p95Ms: 95, p99Ms: 99 });
  });

  it('of a single call is the duration of that call, failed or not', async () => {
    for (const report of ['success', 'failure'] as const) {
      const clock = new ManualClock();
      const registry = createToolRegistry({ clock });
      const leave = registry.tryAcquire('a');
      clock.advance(7);
      if (leave.admitted) leave[report]();
      expect(registry.diagnostics('a').latency).toEqual({ calls: 1, p50Ms: 7, p95Ms: 7, p99Ms: 7 });
    }
  });

  it('covers recent calls only, so that it shows when a tool becomes slow', () => {
    const clock = new ManualClock();
    const registry = createToolRegistry({ clock });
    const callOf = (ms: number) => {
      const leave = registry.tryAcquire('a');
      clock.advance(ms);
      if (leave.admitted) leave.success();
    };
    for (let i = 0; i < 1_000; i++) callOf(1);
    for (let i = 0; i < 128 * 40; i++) callOf(50);
    expect(registry.diagnostics('a').latency).toEqual({ calls: 128, p50Ms: 50, p95Ms: 50, p99Ms: 50 });
  });

  it('accepts the duration of a bare event, but no invalid one', () => {
    const registry = createToolRegistry({ clock: new ManualClock() });
    const actor = registry.tool('a');
    actor.send({ type: 'SUCCESS', durationMs: 30 });
    for (const junk of [Number.NaN, Infinity, '5', null]) {
      actor.send({ type: 'FAILURE', durationMs: junk as number });
    }
    expect(registry.diagnostics('a').latency).toEqual({ calls: 1, p50Ms: 30, p95Ms: 30, p99Ms: 30 });
  });

  it('covers every call if a strategy needs durations', () => {
    const trip = { start: null, record: () => null, trips: () => false, slowCallMs: 100 };
    const shown: (number | null)[] = [];
    const clock = new ManualClock();
    const registry = createToolRegistry({
      clock,
      circuit: {
        trip: {
          ...trip,
          trips: (_, { durationMs }) => {
            shown.push(durationMs);
            return false;
          },
        },
      },
    });
    for (let i = 0; i < 500; i++) {
      const leave = registry.tryAcquire('a');
      clock.advance(3);
      if (leave.admitted) leave.success();
    }
    expect(shown.length).toBeGreaterThanOrEqual(500);
    expect(new Set(shown)).toEqual(new Set([3]));
  });
});

describe('the memory kept for calls', () => {
  it('does not grow with their number', () => {
    const stats = new CallStats();
    for (let i = 0; i < 100_000; i++) {
      const durationMs = stats.shouldMeasure() ? i : undefined;
      if (i % 2 === 0) stats.succeed(durationMs);
      else stats.fail('timeout', durationMs);
    }
    expect(stats.latency()?.calls).toBe(128);
    expect(stats.counts()).toMatchObject({ calls: 100_000, failures: { timeout: 50_000 } });
  });

  it('holds the duration of each call, except for tools so quick that reading the clock would cost too much', () => {
    const measured = (durationMs: number): number => {
      const stats = new CallStats();
      return Array.from({ length: 2_560 }, () => {
        const isMeasured = stats.shouldMeasure();
        stats.succeed(isMeasured ? durationMs : undefined);
        return isMeasured;
      }).filter(Boolean).length;
    };
    expect([0.1, 50].map(measured)).toEqual([2_560, 2_560]);
    expect([0.09, 0].map(measured)).toEqual([10, 10]);
  });

  it('holds only categories that occurred', () => {
    const stats = new CallStats();
    stats.fail('rateLimit');
    expect(stats.counts().failures).toEqual({ rateLimit: 1 });
    expect(Object.keys(stats.counts().failures).every(isErrorCategory)).toBe(true);
  });
});
