import { countWindow, createToolRegistry, type Permit, type ToolRegistryOptions, timeWindow } from 'toolfuse';
import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from './support/manual-clock.ts';

function setUp(circuit: NonNullable<ToolRegistryOptions['circuit']> = {}, options: ToolRegistryOptions = {}) {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 2, minBackoffMs: 1_000, probeTimeoutMs: 5_000, ...circuit },
    ...options,
  });
  const opened: string[] = [];
  registry.on('circuit.opened', ({ tool }) => opened.push(tool));
  const permit = (): Permit => {
    const leave = registry.tryAcquire('search');
    if (!leave.admitted) throw new Error(`refused: ${leave.reason}`);
    return leave;
  };
  const isRefused = () => !registry.tryAcquire('search').admitted;
  const trip = () => {
    while (registry.state('search') === 'closed') permit().failure('timeout');
  };
  const halfOpen = () => {
    trip();
    clock.advance(registry.diagnostics('search').currentBackoffMs);
  };
  return { clock, registry, opened, permit, isRefused, trip, halfOpen };
}

/** What peers do right in part, and few in whole. */
describe('the rules that the best get right', () => {
  it('1: a result of an earlier generation moves neither state nor window nor backoff nor permits', () => {
    const { registry, permit, halfOpen } = setUp({ trip: countWindow({ size: 4 }) });
    const early = Array.from({ length: 9 }, permit);
    halfOpen();
    const probe = permit();
    const before = registry.diagnostics('search');
    early.slice(0, 4).forEach((each, index) => {
      if (index % 2 === 0) each.success();
      else each.failure('network');
    });
    const { status, currentBackoffMs, probesInFlight, openCount } = registry.diagnostics('search');
    expect({ status, currentBackoffMs, probesInFlight, openCount }).toEqual({
      status: 'halfOpen',
      currentBackoffMs: before.currentBackoffMs,
      probesInFlight: 1,
      openCount: 1,
    });
    probe.success();
    for (const each of early.slice(4)) each.failure('network');
    // Five of them would have filled the window.
    expect(registry.diagnostics('search')).toMatchObject({
      status: 'closed',
      failureCount: 0,
      lateResults: 9,
    });
  });

  it('2: half-open admits while in flight + completed - excluded < permits', () => {
    const { permit, isRefused, halfOpen } = setUp({ halfOpenMaxProbes: 3, successThreshold: 3 });
    halfOpen();
    const [first, second, third] = [permit(), permit(), permit()];
    expect(isRefused()).toBe(true);
    first.success();
    expect(isRefused()).toBe(true);
    second.failure('cancelled');
    third.release();
    const [fourth] = [permit(), permit()];
    expect(isRefused()).toBe(true);
    fourth.success();
    expect(isRefused()).toBe(true);
  });

  it('3: a hung probe expires; exactly one new probe follows', () => {
    const { clock, registry, permit, isRefused, halfOpen } = setUp();
    halfOpen();
    const hung = permit();
    clock.advance(5_000);
    const next = permit();
    expect([isRefused(), isRefused()]).toEqual([true, true]);
    hung.failure('timeout');
    expect(registry.state('search')).toBe('halfOpen');
    next.success();
    expect(registry.state('search')).toBe('closed');
  });

  it('4: a neutral or cancelled probe gives its permit back once, with no verdict', () => {
    for (const end of [
      (probe: Permit) => probe.release(),
      (probe: Permit) => probe.failure('cancelled'),
      (probe: Permit) => probe.failure('invalidParameters'),
    ]) {
      const { registry, permit, isRefused, halfOpen } = setUp();
      halfOpen();
      const probe = permit();
      end(probe);
      end(probe);
      probe.release();
      expect(registry.diagnostics('search')).toMatchObject({ status: 'halfOpen', probesInFlight: 0 });
      permit();
      // What was said again has minted no second place.
      end(probe);
      expect(isRefused()).toBe(true);
    }
  });

  it('5: while open, late results neither extend nor close nor announce again, when they carry a permit', () => {
    const { clock, registry, opened, permit, trip } = setUp();
    const [early, other] = [permit(), permit()];
    trip();
    clock.advance(600);
    early.failure('network');
    other.success();
    expect(registry.diagnostics('search')).toMatchObject({
      status: 'open',
      remainingBackoffMs: 400,
      lastErrorCategory: 'timeout',
    });
    expect(opened).toEqual(['search']);
  });

  it.each([
    ['a count window', countWindow({ size: 4, minCalls: 2 })],
    ['a time window', timeWindow({ windowMs: 100_000, minCalls: 2 })],
  ])('6: closing clears %s', (_, strategy) => {
    const { registry, permit, halfOpen } = setUp({ trip: strategy });
    halfOpen();
    permit().success();
    permit().failure('timeout');
    // With what was there before, it would be over.
    expect(registry.state('search')).toBe('closed');
    permit().failure('timeout');
    expect(registry.state('search')).toBe('open');
  });

  it('7: the backoff is at its first step on the first trip, one further per failed probe, and back on close', () => {
    const { clock, registry, permit, trip } = setUp({ maxBackoffMs: 3_000 });
    const backoffs: number[] = [];
    const note = () => backoffs.push(registry.diagnostics('search').currentBackoffMs);
    trip();
    note();
    for (let probe = 0; probe < 3; probe++) {
      clock.advance(3_000);
      permit().failure('timeout');
      note();
    }
    clock.advance(3_000);
    permit().success();
    trip();
    note();
    expect(backoffs).toEqual([1_000, 2_000, 3_000, 3_000, 1_000]);
  });

  it.each(['full', 'equal', 'decorrelated'] as const)(
    '7: jitter %s clamps, and is never zero wait',
    (jitter) => {
      for (const chance of [0, 0.5, 1 - Number.EPSILON / 2]) {
        const { clock, registry, permit, trip } = setUp(
          { jitter, maxBackoffMs: 3_000 },
          { random: () => chance },
        );
        trip();
        for (let probe = 0; probe < 4; probe++) {
          const { remainingBackoffMs } = registry.diagnostics('search');
          expect(remainingBackoffMs).toBeGreaterThanOrEqual(1);
          expect(remainingBackoffMs).toBeLessThanOrEqual(3_000);
          clock.advance(3_000);
          permit().failure('timeout');
        }
      }
    },
  );

  it('8: idle for a window means an empty window', () => {
    const { clock, registry, permit } = setUp({ trip: timeWindow({ windowMs: 1_000, minCalls: 10 }) });
    for (let i = 0; i < 9; i++) permit().failure('timeout');
    clock.advance(3_600_000);
    permit().failure('timeout');
    permit().failure('timeout');
    expect(registry.state('search')).toBe('closed');
  });

  it('9: elapsed time is monotonic; wall time only at restore, clamped', () => {
    const { clock, registry, trip } = setUp();
    trip();
    clock.wallOffsetMs -= 3_600_000;
    clock.advance(1_000);
    expect(registry.state('search')).toBe('halfOpen');
    const { clock: other, registry: tripped, trip: tripOther } = setUp();
    tripOther();
    const later = new ManualClock();
    // The wall clock has been set back an hour meanwhile.
    later.wallOffsetMs = other.wallNow() - 3_600_000;
    const restored = createToolRegistry({
      clock: later,
      circuit: { minBackoffMs: 1_000 },
      restore: tripped.persist(),
    });
    expect(restored.remainingBackoffMs('search')).toBe(1_000);
  });

  it("10: the rate's denominator is completed, counted calls, and it trips at >=", () => {
    const { registry, permit } = setUp({ trip: timeWindow({ failureRate: 0.5, minCalls: 4 }) });
    // In flight, released, cancelled and ignored: none of them is a call that counts.
    permit();
    permit().release();
    for (let i = 0; i < 10; i++) permit().failure('invalidParameters');
    permit().failure('timeout');
    permit().success();
    permit().success();
    expect(registry.state('search')).toBe('closed');
    permit().failure('timeout');
    expect(registry.state('search')).toBe('open');
  });

  it("11: a listener's fault stays its own", async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const faulty = () => {
      throw new Error('the listener');
    };
    const { registry } = setUp({}, { inspect: faulty, classify: faulty });
    registry.on('*', faulty);
    await expect(
      registry.execute('search', async () => 'fine', { isFailure: faulty as never }),
    ).resolves.toBe('fine');
    registry.recordFailure('search', new Error('it broke'));
    registry.isolate('search');
    expect(registry.diagnostics('search')).toMatchObject({ status: 'isolated', successes: 1 });
    expect(printed).toHaveBeenCalled();
    printed.mockRestore();
  });

  it('12: forced states ignore time and results; disposal is final', () => {
    const { clock, registry, permit, opened } = setUp();
    const early = permit();
    registry.isolate('search');
    clock.advance(1e9);
    early.success();
    registry.recordSuccess('search');
    registry.recordFailure('search', 'timeout');
    expect(registry.state('search')).toBe('isolated');
    registry.disable('search');
    for (let i = 0; i < 10; i++) registry.recordFailure('search', 'timeout');
    expect(registry.state('search')).toBe('disabled');
    registry.stop();
    registry.forceClose('search');
    registry.recordFailure('other', 'timeout');
    clock.advance(1e9);
    expect(registry.state('search')).toBe('disabled');
    expect(registry.snapshot().diagnostics).toHaveLength(1);
    expect(opened).toEqual([]);
    expect(clock.timers).toBe(0);
  });
});
