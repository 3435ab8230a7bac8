import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import {
  CircuitOpenError,
  createToolRegistry,
  type Permit,
  type ToolRegistryOptions,
  timeWindow,
} from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';

function setUp(circuit: NonNullable<ToolRegistryOptions['circuit']> = {}) {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 3, minBackoffMs: 1_000, probeTimeoutMs: 5_000, ...circuit },
  });
  return { clock, registry };
}

/** Those of the peers' cases that need permits or guarded calls. */
describe('the cases of the peers', () => {
  it('5: a call that spans a reset of the window leaves the new counts at zero', () => {
    const { registry } = setUp({ trip: timeWindow({ minCalls: 1 }) });
    const early = registry.tryAcquire('search') as Permit;
    registry.isolate('search');
    registry.release('search');
    early.failure('timeout');
    expect(registry.diagnostics('search')).toMatchObject({
      status: 'closed',
      failureCount: 0,
      lateResults: 1,
    });
    expect(registry.tool('search').getSnapshot().context.tripMemory).toMatchObject({ calls: 0, failures: 0 });
  });

  it('6: a throw counts once, and is rethrown as it was', async () => {
    const { registry } = setUp();
    const error = new Error('it broke');
    await expect(
      registry.execute('search', () => {
        throw error;
      }),
    ).rejects.toBe(error);
    expect(registry.diagnostics('search')).toMatchObject({ failureCount: 1, calls: 1 });
  });

  it('8: of 100 000 mixed concurrent calls the totals are exact', async () => {
    const { registry } = setUp({ failureThreshold: Number.MAX_SAFE_INTEGER });
    await Promise.all(
      Array.from({ length: 100_000 }, (_, index) =>
        registry
          .execute('search', async () => {
            await undefined;
            if (index % 3 === 0) throw 'network';
          })
          .catch(() => {}),
      ),
    );
    expect(registry.metrics()).toMatchObject({
      calls: 100_000,
      successes: 66_666,
      failures: { network: 33_334 },
    });
  });

  it('9: isolated and open stay, under every result that carries an old permit', () => {
    for (const state of ['isolated', 'open'] as const) {
      for (const end of ['success', 'failure', 'release'] as const) {
        const { registry } = setUp();
        const early = registry.tryAcquire('search') as Permit;
        if (state === 'isolated') registry.isolate('search');
        else for (let i = 0; i < 3; i++) registry.recordFailure('search', 'timeout');
        early[end]();
        expect(registry.state('search')).toBe(state);
      }
    }
  });

  it('14: the rate is met, but the throughput is missed just as a slice expires: closed', () => {
    const { clock, registry } = setUp({ trip: timeWindow({ windowMs: 1_000, slices: 10, minCalls: 4 }) });
    registry.recordFailure('search', 'timeout');
    clock.advance(999);
    registry.recordFailure('search', 'timeout');
    registry.recordFailure('search', 'timeout');
    clock.advance(1);
    // The first one's slice is gone.
    registry.recordFailure('search', 'timeout');
    expect(registry.state('search')).toBe('closed');
    registry.recordFailure('search', 'timeout');
    expect(registry.state('search')).toBe('open');
  });

  it('19: the longest wait in half-open passes: it is half-open still, and lets a probe through', () => {
    const { clock, registry } = setUp();
    for (let i = 0; i < 3; i++) registry.recordFailure('search', 'timeout');
    clock.advance(1_000);
    registry.tryAcquire('search');
    clock.advance(4_999);
    expect(registry.tryAcquire('search').admitted).toBe(false);
    clock.advance(1);
    expect(registry.tryAcquire('search')).toMatchObject({ admitted: true, probe: true });
  });

  it('22: seven retries outside a threshold of three: three executions, then the open error', async () => {
    const { registry } = setUp();
    let executions = 0;
    let last: unknown;
    for (let attempt = 0; attempt < 7; attempt++) {
      await registry
        .execute('search', async () => {
          executions += 1;
          throw new Error('connect ECONNREFUSED');
        })
        .catch((error) => {
          last = error;
        });
    }
    expect(executions).toBe(3);
    expect(last).toBeInstanceOf(CircuitOpenError);
  });
});

describe('calls in any order', () => {
  it('leak no place and no listener, give no two verdicts, and leave no rejection unhandled', async () => {
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown) => void rejections.push(reason);
    process.on('unhandledRejection', onRejection);
    const step = fc.record({
      do: fc.constantFrom(
        'begin',
        'begin',
        'begin',
        'resolve',
        'reject',
        'abort',
        'acquire',
        'settle',
        'wait',
      ),
      which: fc.nat(9),
      ms: fc.constantFrom(1, 400, 1_000, 5_000),
      isTimed: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 50, size: 'max' }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, max) => {
          const { clock, registry } = setUp({ failureThreshold: 2, halfOpenMaxProbes: max });
          const calls: { controller: AbortController; resolve(): void; reject(): void; ends: number }[] = [];
          const permits: Permit[] = [];
          const settled: Promise<unknown>[] = [];
          for (const { do: what, which, ms, isTimed } of steps) {
            const call = calls[which % Math.max(1, calls.length)];
            if (what === 'begin') {
              const controller = new AbortController();
              const one = { controller, resolve: () => {}, reject: () => {}, ends: 0 };
              const running = registry.execute(
                'search',
                () =>
                  new Promise<void>((resolve, reject) => {
                    one.resolve = resolve;
                    one.reject = () => reject(new Error('connect ECONNREFUSED'));
                  }),
                { signal: controller.signal, ...(isTimed && { timeoutMs: 700 }) },
              );
              const end = () => {
                one.ends += 1;
              };
              settled.push(running.then(end, end));
              calls.push(one);
            } else if (what === 'resolve') call?.resolve();
            else if (what === 'reject') call?.reject();
            else if (what === 'abort') call?.controller.abort();
            else if (what === 'acquire') {
              const leave = registry.tryAcquire('search');
              if (leave.admitted) permits.push(leave);
            } else if (what === 'settle') permits.pop()?.failure('timeout');
            else clock.advance(ms);
            for (let tick = 0; tick < 5; tick++) await undefined;
            expect(registry.diagnostics('search').probesInFlight).toBeLessThanOrEqual(max);
          }
          for (const { controller } of calls) controller.abort();
          for (const permit of permits) permit.release();
          await Promise.all(settled);
          const { calls: counted } = registry.metrics();
          for (const { controller, resolve, reject } of calls) {
            // What a call says after its end is nobody's.
            resolve();
            reject();
            expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
          }
          for (let tick = 0; tick < 5; tick++) await undefined;
          expect(calls.map(({ ends }) => ends)).toEqual(calls.map(() => 1));
          expect(registry.metrics().calls).toBe(counted);
          expect(registry.diagnostics('search').probesInFlight).toBe(0);
          registry.stop();
          expect(clock.timers).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
    // Node tells of them once the microtasks are done.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', onRejection);
    expect(rejections).toEqual([]);
  });
});
