import { getEventListeners } from 'node:events';
import {
  type CircuitConfig,
  countWindow,
  createToolRegistry,
  type Permit,
  RegistryStoppedError,
  type ToolRegistryOptions,
  timeWindow,
} from 'toolfuse';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from './support/manual-clock.ts';

/** Windows that trip with two calls, half of which failed. */
const windows = {
  'a count window': countWindow({ size: 4, minCalls: 2 }),
  'a time window': timeWindow({ windowMs: 10_000, minCalls: 2 }),
} as const;

function setUp(circuit: Partial<CircuitConfig> = {}, options: ToolRegistryOptions = {}) {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { minBackoffMs: 1_000, maxBackoffMs: 16_000, probeTimeoutMs: 5_000, ...circuit },
    ...options,
  });
  const isAdmitted = (): boolean => registry.tryAcquire('search').admitted;
  const permit = (): Permit => {
    const permit = registry.tryAcquire('search');
    if (!permit.admitted) throw new Error(`denied: ${permit.reason}`);
    return permit;
  };
  const fail = (times = 1): void => {
    for (let i = 0; i < times; i++) registry.recordFailure('search', 'timeout');
  };
  const halfOpen = (): void => {
    fail(2);
    clock.advance(registry.remainingBackoffMs('search') ?? 0);
    expect(registry.state('search')).toBe('halfOpen');
  };
  /** Everything that a result could change. */
  const moving = () => {
    const { generation, tripMemory, probesInFlight, probeStarts, ...rest } = registry
      .tool('search')
      .getSnapshot().context;
    const { currentBackoffMs, baseBackoffMs, backoffStep, lastFailureAt, openedAt, openCount } = rest;
    return {
      state: registry.state('search'),
      ...{ generation, tripMemory, probesInFlight, probeStarts },
      ...{ currentBackoffMs, baseBackoffMs, backoffStep, lastFailureAt, openedAt, openCount },
    };
  };
  return { clock, registry, isAdmitted, permit, fail, halfOpen, moving };
}

afterEach(() => {
  vi.restoreAllMocks();
});

/** Rules that the best other breakers follow, each with its number. */
describe.each(Object.entries(windows))('with %s', (_, trip) => {
  it('1: a result of an earlier generation moves neither state nor window nor backoff nor permits', () => {
    const { registry, permit, halfOpen, moving } = setUp({ trip });
    const early = Array.from({ length: 6 }, permit);
    halfOpen();
    const probe = permit();
    const inHalfOpen = moving();
    early[0]?.success();
    early[1]?.failure('network');
    early[2]?.release();
    expect(moving()).toEqual(inHalfOpen);
    probe.success();
    const closed = moving();
    early[3]?.success();
    early[4]?.failure('network');
    early[5]?.failure('network');
    expect(moving()).toEqual(closed);
    expect(registry.diagnostics('search')).toMatchObject({ status: 'closed', lateResults: 5 });
  });

  it('2: half-open admits while in flight + completed - excluded < permits', () => {
    const { permit, isAdmitted, halfOpen } = setUp({ trip, halfOpenMaxProbes: 3, successThreshold: 3 });
    halfOpen();
    const probes = [permit(), permit(), permit()];
    expect(isAdmitted()).toBe(false);
    probes[0]?.success();
    expect(isAdmitted()).toBe(false);
    probes[1]?.failure('cancelled');
    expect([isAdmitted(), isAdmitted()]).toEqual([true, false]);
  });

  it('3: a hung probe expires, and exactly one new probe follows', () => {
    const { clock, isAdmitted, halfOpen } = setUp({ trip });
    halfOpen();
    expect(isAdmitted()).toBe(true);
    clock.advance(4_999);
    expect(isAdmitted()).toBe(false);
    clock.advance(1);
    expect([isAdmitted(), isAdmitted(), isAdmitted()]).toEqual([true, false, false]);
  });

  it('4: a neutral probe gives its permit back once, without a verdict, and no release mints a permit', () => {
    const { registry, permit, isAdmitted, halfOpen } = setUp({ trip, halfOpenMaxProbes: 2 });
    halfOpen();
    const [first] = [permit(), permit()];
    first?.failure('cancelled');
    first?.failure('cancelled');
    first?.release();
    expect(registry.state('search')).toBe('halfOpen');
    expect([isAdmitted(), isAdmitted()]).toEqual([true, false]);
    for (let i = 0; i < 5; i++) registry.tool('search').send({ type: 'ABANDON' });
    expect([isAdmitted(), isAdmitted(), isAdmitted()]).toEqual([true, true, false]);
  });

  it('5: while open, late results with a permit neither extend the wait, nor close, nor emit an event', () => {
    const { clock, registry, permit, fail, moving } = setUp({ trip });
    const late = Array.from({ length: 3 }, permit);
    const heard: string[] = [];
    fail(2);
    registry.on('*', ({ type }) => heard.push(type));
    const open = moving();
    clock.advance(999);
    late[0]?.failure('network');
    late[1]?.success();
    late[2]?.failure('timeout');
    expect(moving()).toEqual(open);
    expect(heard).toEqual([]);
    clock.advance(1);
    expect(registry.state('search')).toBe('halfOpen');
  });

  it.each<[string, (made: ReturnType<typeof setUp>) => void]>([
    [
      'a probe that succeeds',
      ({ clock, registry }) => {
        clock.advance(1_000);
        registry.recordSuccess('search');
      },
    ],
    ['forceClose', ({ registry }) => registry.forceClose('search')],
    [
      'the last release',
      ({ registry }) => {
        registry.isolate('search');
        registry.release('search');
      },
    ],
    ['RESET', ({ registry }) => registry.tool('search').send({ type: 'RESET' })],
  ])('6: closing clears the window, by %s', (_way, close) => {
    const made = setUp({ trip });
    made.fail(2);
    close(made);
    expect(made.registry.state('search')).toBe('closed');
    made.fail();
    expect(made.registry.state('search')).toBe('closed');
    made.fail();
    expect(made.registry.state('search')).toBe('open');
  });

  it('7: the backoff is at its first step at a trip, one step further at each failed probe, and starts over', () => {
    const { clock, registry, fail, halfOpen } = setUp({ trip });
    halfOpen();
    const backoffs = [1, 2, 3, 4, 5].map(() => {
      fail();
      const { currentBackoffMs } = registry.diagnostics('search');
      clock.advance(currentBackoffMs);
      return currentBackoffMs;
    });
    expect(backoffs).toEqual([2_000, 4_000, 8_000, 16_000, 16_000]);
    registry.recordSuccess('search');
    fail(2);
    expect(registry.diagnostics('search').currentBackoffMs).toBe(1_000);
  });

  it.each([
    ['full', 0],
    ['full', 1 - 2 ** -53],
    ['equal', 1 - 2 ** -53],
    ['decorrelated', 1 - 2 ** -53],
    ['full', Number.NaN],
    ['decorrelated', 7],
  ] as const)(
    '7: with %s jitter and the random number %d a wait is never zero and never too long',
    (jitter, chance) => {
      const { registry, clock, fail } = setUp(
        { trip, jitter, maxBackoffMs: 2_000, backoffFactor: 1e308 },
        { random: () => chance },
      );
      fail(2);
      for (let i = 0; i < 4; i++) {
        const leftMs = registry.remainingBackoffMs('search') ?? Number.NaN;
        expect(leftMs).toBeGreaterThanOrEqual(1);
        expect(leftMs).toBeLessThanOrEqual(2_000);
        clock.advance(leftMs);
        expect(registry.state('search')).toBe('halfOpen');
        fail();
      }
    },
  );

  it('9: setting the clock back by an hour does not make any wait longer', () => {
    const clock = new ManualClock(3_600_000);
    let shiftMs = 0;
    const { registry } = setUp(
      { trip },
      {
        clock: {
          now: () => clock.now() + shiftMs,
          setTimeout: clock.setTimeout,
          clearTimeout: clock.clearTimeout,
        },
      },
    );
    for (let i = 0; i < 2; i++) registry.recordFailure('search', 'timeout');
    shiftMs = -3_600_000;
    expect(registry.remainingBackoffMs('search')).toBe(1_000);
    shiftMs = 0;
    clock.advance(1_000);
    expect(registry.allowRequest('search')).toBe(true);
  });

  it('9: the wall clock matters only at a restore, and never makes a wait longer', () => {
    const { clock, registry, fail } = setUp({ trip });
    fail(2);
    const document = registry.persist();
    clock.wallOffsetMs -= 3_600_000;
    const restored = createToolRegistry({ clock, circuit: { trip }, restore: document });
    expect(restored.remainingBackoffMs('search')).toBe(1_000);
    clock.advance(1_000);
    expect(restored.state('search')).toBe('halfOpen');
  });

  it('11: the error of a listener goes no further', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const { registry, halfOpen } = setUp({ trip });
    registry.on('*', () => {
      throw new Error('mine');
    });
    halfOpen();
    expect(await registry.execute('search', async () => 'found')).toBe('found');
    expect(registry.state('search')).toBe('closed');
    expect(registry.diagnostics('search').failureCount).toBe(0);
  });

  it('12: forced states ignore time and results', () => {
    const { clock, registry, fail, permit } = setUp({ trip });
    const isolated = permit();
    registry.isolate('search');
    isolated.success();
    fail(5);
    registry.recordSuccess('search');
    clock.advance(365 * 24 * 3_600_000);
    expect(registry.state('search')).toBe('isolated');
    registry.disable('search');
    fail(50);
    clock.advance(365 * 24 * 3_600_000);
    expect(registry.state('search')).toBe('disabled');
  });

  it('12: disposal is final', async () => {
    const { clock, registry, fail, permit } = setUp({ trip });
    const [one, other] = [permit(), permit()];
    const controller = new AbortController();
    const call = registry.execute('search', () => new Promise(() => {}), {
      signal: controller.signal,
      timeoutMs: 100,
    });
    fail();
    registry.stop();
    const asOfThen = registry.metrics();
    one?.failure('timeout');
    other?.success();
    fail(3);
    registry.isolate('search');
    registry.disable('search');
    registry.forceClose('search');
    clock.advance(100);
    await expect(call).rejects.toBeInstanceOf(RegistryStoppedError);
    expect(registry.state('search')).toBe('closed');
    expect(registry.metrics()).toEqual(asOfThen);
    expect(clock.timers).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });
});

describe('8: a window without calls is empty', () => {
  const trip = timeWindow({ windowMs: 1_000, minCalls: 10 });

  it('an hour later, nine stale failures and two fresh ones trip nothing', () => {
    const { clock, registry, fail } = setUp({ trip });
    fail(9);
    clock.advance(3_600_000);
    fail(9);
    expect(registry.state('search')).toBe('closed');
    fail();
    expect(registry.state('search')).toBe('open');
  });

  it('one window later, the same', () => {
    const { clock, registry, fail } = setUp({ trip });
    fail(9);
    clock.advance(1_000);
    fail(9);
    expect(registry.state('search')).toBe('closed');
  });
});

describe('10: the denominator of the rate is completed, counted calls', () => {
  it('and not those in flight, refused or ignored', () => {
    const { registry, permit, fail } = setUp({
      trip: countWindow({ size: 10, minCalls: 4, failureRate: 0.5 }),
    });
    for (let i = 0; i < 20; i++) permit();
    for (let i = 0; i < 20; i++) registry.recordFailure('search', 'invalidParameters');
    registry.recordSuccess('search');
    registry.recordSuccess('search');
    fail(1);
    expect(registry.state('search')).toBe('closed');
    fail(1);
    expect(registry.state('search')).toBe('open');
    const { currentBackoffMs } = registry.diagnostics('search');
    for (let i = 0; i < 20; i++) registry.allowRequest('search');
    expect(registry.diagnostics('search')).toMatchObject({ status: 'open', currentBackoffMs });
  });

  it('and it trips at the rate, not above it', () => {
    // 7 / 100 is 0.07, but 0.07 * 100 is more than 7.
    const { registry, fail } = setUp({ trip: countWindow({ size: 100, failureRate: 0.07 }) });
    for (let i = 0; i < 93; i++) registry.recordSuccess('search');
    fail(6);
    expect(registry.state('search')).toBe('closed');
    fail();
    expect(registry.state('search')).toBe('open');
  });
});
