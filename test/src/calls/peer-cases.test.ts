import {
  type CircuitState,
  countWindow,
  createToolRegistry,
  type Permit,
  type ToolRegistryOptions,
  timeWindow,
} from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';

function setUp(options: ToolRegistryOptions = {}) {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 1, minBackoffMs: 1_000 },
    ...options,
  });
  const permit = (): Permit => {
    const leave = registry.tryAcquire('search');
    if (!leave.admitted) throw new Error(`denied: ${leave.reason}`);
    return leave;
  };
  const fail = (times = 1): void => {
    for (let i = 0; i < times; i++) registry.recordFailure('search', 'timeout');
  };
  return { clock, registry, permit, fail };
}

/** Cases from the test suites of other breakers, as far as they need permits, calls or a registry. */
describe('the cases of the peers', () => {
  it.each<[string, (made: ReturnType<typeof setUp>) => void]>([
    ['RESET', ({ registry }) => registry.tool('search').send({ type: 'RESET' })],
    ['forceClose', ({ registry }) => registry.forceClose('search')],
    ['a reset of the tool', ({ registry }) => registry.reset('search')],
  ])('5: a call that spans %s leaves the new counts at zero', (_, start) => {
    const made = setUp({ circuit: { trip: countWindow({ size: 10 }) } });
    const spanning = made.permit();
    start(made);
    spanning.failure('timeout');
    const { failureCount, tripMemory } = made.registry.tool('search').getSnapshot().context;
    expect({ failureCount, tripMemory }).toMatchObject({ failureCount: 0, tripMemory: { calls: 0 } });
  });

  it('6: a throw counts once, in the window too, and is rethrown unchanged', async () => {
    const { registry } = setUp({ circuit: { trip: countWindow({ size: 10 }) } });
    const thrown = Object.freeze({ not: 'an error' });
    const error = await registry
      .execute('search', () => {
        throw thrown;
      })
      .catch((caught: unknown) => caught);
    expect(error).toBe(thrown);
    expect(registry.tool('search').getSnapshot().context.tripMemory).toMatchObject({ calls: 1, failures: 1 });
    expect(registry.diagnostics('search')).toMatchObject({ calls: 1, failureCount: 1 });
  });

  it('8: the totals of 100 000 mixed concurrent calls are exact', async () => {
    const { registry } = setUp({ circuit: { trip: timeWindow({ minCalls: 1_000_000 }) } });
    const ends: readonly ((() => Promise<unknown>) | undefined)[] = [
      async () => 1,
      async () => Promise.reject(new Error('read ECONNRESET')),
      () => Promise.resolve().then(() => 2),
      undefined,
      async () => Promise.reject('cancelled'),
    ];
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < 100_000; i++) {
      const end = ends[i % ends.length];
      if (end !== undefined) calls.push(registry.execute('search', end).catch(() => undefined));
      else registry.recordFailure('search', 'rateLimit');
    }
    await Promise.all(calls);
    expect(registry.diagnostics('search')).toMatchObject({
      status: 'closed',
      calls: 100_000,
      successes: 40_000,
      failures: { network: 20_000, rateLimit: 20_000, cancelled: 20_000 },
      deniedRequests: 0,
    });
    expect(registry.metrics()).toMatchObject({ calls: 100_000, successes: 40_000, breakerDenials: 0 });
  });

  const into: Record<CircuitState, (made: ReturnType<typeof setUp>) => void> = {
    closed: ({ registry, fail }) => {
      fail();
      registry.forceClose('search');
    },
    open: ({ fail }) => fail(),
    halfOpen: ({ clock, fail }) => {
      fail();
      clock.advance(1_000);
    },
    isolated: ({ registry }) => registry.isolate('search'),
    disabled: ({ registry }) => registry.disable('search'),
  };
  const outcomes: Record<string, (permit: Permit) => void> = {
    success: (permit) => permit.success(),
    failure: (permit) => permit.failure('timeout'),
    'an ignored failure': (permit) => permit.failure('invalidParameters'),
    release: (permit) => permit.release(),
  };
  it.each(
    Object.keys(into).flatMap((state) => Object.keys(outcomes).map((outcome) => [state, outcome] as const)),
  )('9: %s is not changed by %s with an old permit', (state, outcome) => {
    const made = setUp();
    const old = made.permit();
    into[state as CircuitState](made);
    expect(made.registry.state('search')).toBe(state);
    const { lateResults: _, ...before } = made.registry.tool('search').getSnapshot().context;
    outcomes[outcome]?.(old);
    expect(made.registry.state('search')).toBe(state);
    expect(made.registry.tool('search').getSnapshot().context).toMatchObject(before);
  });

  it('20: count-only, past the threshold: one event until a success, and no transition', () => {
    const { clock, registry, fail } = setUp({ circuit: { failureThreshold: 3 } });
    const heard: unknown[] = [];
    registry.disable('search');
    registry.on('*', (event) => heard.push(event));
    fail(2);
    expect(heard).toEqual([]);
    fail(10);
    const spared = {
      type: 'circuit.spared',
      tool: 'search',
      key: null,
      state: 'disabled',
      why: 'disabled',
      what: 'trip',
      lastErrorCategory: 'timeout',
    };
    expect(heard).toEqual([spared]);
    expect(registry.diagnostics('search')).toMatchObject({
      status: 'disabled',
      failureCount: 12,
      openCount: 0,
    });
    expect(registry.allowRequest('search')).toBe(true);
    registry.recordSuccess('search');
    fail(2);
    expect(heard).toEqual([spared]);
    fail();
    expect(heard).toEqual([spared, spared]);
    expect(clock.timers).toBe(0);
  });
});
