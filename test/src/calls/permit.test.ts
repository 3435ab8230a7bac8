import fc from 'fast-check';
import {
  type CircuitConfig,
  createToolRegistry,
  type Denial,
  type Permit,
  RegistryStoppedError,
} from 'toolfuse';
import { countWindow } from 'toolfuse/machines';
import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkProperty } from '../../support/property.ts';

function setUp(circuit: Partial<CircuitConfig> = {}) {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 1, minBackoffMs: 1_000, probeTimeoutMs: 10_000, ...circuit },
  });
  const permit = (): Permit => {
    const leave = registry.tryAcquire('search');
    if (!leave.admitted) throw new Error(`denied: ${leave.reason}`);
    return leave;
  };
  const denial = (): Denial => {
    const leave = registry.tryAcquire('search');
    if (leave.admitted) throw new Error('admitted');
    return leave;
  };
  const halfOpen = (): void => {
    registry.recordFailure('search', 'timeout');
    clock.advance(registry.remainingBackoffMs('search') ?? 0);
    expect(registry.state('search')).toBe('halfOpen');
  };
  return { clock, registry, permit, denial, halfOpen };
}

describe('a permit', () => {
  it('counts the first report on its call, and no other', () => {
    const { registry, permit } = setUp({ failureThreshold: 3 });
    const one = permit();
    one.failure('timeout');
    one.failure('timeout');
    one.success();
    one.release();
    expect(registry.diagnostics('search').failureCount).toBe(1);
  });

  it('without a report is released at the end of its block', () => {
    const { registry, permit, halfOpen } = setUp();
    halfOpen();
    {
      using _permit = permit();
      expect(registry.diagnostics('search').probesInFlight).toBe(1);
    }
    expect(registry.diagnostics('search').probesInFlight).toBe(0);
  });

  it('says whether it is for a probe', () => {
    const { permit, halfOpen } = setUp();
    expect(permit().probe).toBe(false);
    halfOpen();
    expect(permit().probe).toBe(true);
  });

  it('reports an unknown error of the tool where it is given no failure', () => {
    const { registry, permit, denial } = setUp();
    permit().failure();
    expect(registry.diagnostics('search')).toMatchObject({ failures: { executionError: 1 }, timeouts: 0 });
    expect(denial()).toMatchObject({ lastErrorCategory: 'executionError', lastError: null });
  });

  it('reports a time limit only where it is told of one', () => {
    const { registry, permit } = setUp({ failureThreshold: 9 });
    permit().failure('timeout');
    permit().failure('timeout', { roundTrip: true });
    expect(registry.diagnostics('search').timeouts).toBe(0);
    permit().failure('timeout', { timedOut: true });
    expect(registry.diagnostics('search').timeouts).toBe(1);
  });

  it('may report an answer that does not count, also of a tool without an upstream', () => {
    const { registry, permit, halfOpen } = setUp();
    halfOpen();
    permit().failure({ message: 'no canvas', counts: false });
    permit().release({ roundTrip: true });
    expect(registry.diagnostics('search')).toMatchObject({
      status: 'halfOpen',
      probesInFlight: 0,
      answered: 1,
      failures: { timeout: 1 },
    });
  });

  it('asks no classifier after the registry has stopped, and counts nothing', () => {
    const classify = vi.fn(() => 'network' as const);
    const registry = createToolRegistry({ classify });
    const permits = [registry.tryAcquire('search'), registry.tryAcquire('search')];
    registry.stop();
    for (const one of permits) if (one.admitted) one.failure(new Error('late'), { timedOut: true });
    expect(classify).not.toHaveBeenCalled();
    expect(registry.metrics()).toMatchObject({ calls: 0, timeouts: 0 });
  });

  it('says nothing to a circuit that has ended, of which XState would warn', () => {
    const printed = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { registry, permit, halfOpen } = setUp({ failureThreshold: 2 });
    registry.recordFailure('search', 'timeout');
    const [closed] = [permit(), permit()];
    registry.recordFailure('search', 'timeout');
    halfOpen();
    const probe = permit();
    registry.stop();
    probe.release();
    closed?.success();
    expect(registry.metrics().lateResults).toBe(0);
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  it('reports nothing to a circuit that was forgotten during the call', () => {
    const { registry, permit } = setUp();
    const one = permit();
    registry.reset('search');
    one.failure('timeout');
    expect(registry.snapshot().diagnostics).toEqual([]);
  });

  it('reports nothing after the registry has stopped', () => {
    const { registry, permit } = setUp();
    const one = permit();
    registry.stop();
    one.failure('timeout');
    expect(registry.state('search')).toBe('closed');
  });

  it('is always refused after the registry has stopped, whatever the state of the circuit', () => {
    const { registry } = setUp();
    registry.recordFailure('search', 'timeout');
    registry.recordSuccess('grep');
    registry.stop();
    for (const tool of ['search', 'grep', 'unknown']) {
      expect(() => registry.tryAcquire(tool)).toThrow(RegistryStoppedError);
      expect(() => registry.tryAcquire(tool)).toThrow(`the registry of the tool "${tool}" has stopped`);
    }
  });
});

describe('a late result', () => {
  it('of a call begun before the trip neither extends the wait, nor closes the circuit, nor emits an event', () => {
    const { clock, registry, permit } = setUp();
    const opened: string[] = [];
    registry.actor.on('circuit.opened', ({ tool }) => opened.push(tool));
    const [first, second, third] = [permit(), permit(), permit()];
    first.failure('timeout');
    clock.advance(400);
    second.failure('network');
    expect(registry.diagnostics('search')).toMatchObject({
      status: 'open',
      remainingBackoffMs: 600,
      lastErrorCategory: 'timeout',
      lateResults: 1,
    });
    third.success();
    expect(registry.state('search')).toBe('open');
    expect(opened).toEqual(['search']);
  });

  it('of an earlier generation neither closes nor reopens a half-open circuit, and leaves the live probe alone', () => {
    const { registry, permit, halfOpen } = setUp();
    const early = [permit(), permit()];
    halfOpen();
    const probe = permit();
    early[0]?.success();
    early[1]?.failure('timeout');
    expect(registry.diagnostics('search')).toMatchObject({
      status: 'halfOpen',
      probesInFlight: 1,
      lateResults: 2,
    });
    probe.success();
    expect(registry.state('search')).toBe('closed');
  });

  it('of an earlier generation does not change the counts of a circuit that has closed since', () => {
    const { registry, permit, halfOpen } = setUp();
    const early = permit();
    halfOpen();
    permit().success();
    early.failure('timeout');
    expect(registry.diagnostics('search')).toMatchObject({
      status: 'closed',
      failureCount: 0,
      lateResults: 1,
    });
  });

  it('of an earlier generation is counted as late, also a success at a circuit that is healthy again', () => {
    const { registry, permit, halfOpen } = setUp();
    const early = permit();
    halfOpen();
    permit().success();
    early.success();
    expect(registry.diagnostics('search')).toMatchObject({ status: 'closed', lateResults: 1, successes: 2 });
  });

  it('does not move an isolated circuit', () => {
    const { registry, permit } = setUp();
    const early = permit();
    registry.isolate('search');
    early.success();
    expect(registry.diagnostics('search')).toMatchObject({ status: 'isolated', lateResults: 1 });
  });

  it('of a probe whose slot was reclaimed gives no verdict', () => {
    const { clock, registry, permit, denial, halfOpen } = setUp();
    halfOpen();
    const hung = permit();
    expect(denial()).toMatchObject({ reason: 'halfOpen', probing: true });
    clock.advance(10_000);
    const next = permit();
    denial();
    hung.success();
    expect(registry.diagnostics('search')).toMatchObject({
      status: 'halfOpen',
      probesInFlight: 1,
      lateResults: 1,
    });
    next.success();
    expect(registry.state('search')).toBe('closed');
  });
});

describe('an ignored failure of a call begun before the trip', () => {
  it('leaves the live probe alone, and is not late, for it says nothing', () => {
    const { registry, permit, halfOpen } = setUp();
    const early = permit();
    halfOpen();
    permit();
    early.failure('cancelled');
    expect(registry.diagnostics('search')).toMatchObject({ probesInFlight: 1, lateResults: 0 });
  });
});

describe('a probe that ends without a verdict', () => {
  it('frees its slot also where it was made and recorded without a permit', () => {
    const { registry, halfOpen } = setUp();
    halfOpen();
    for (const failure of ['cancelled', { message: 'no canvas', counts: false }]) {
      expect([registry.allowRequest('search'), registry.allowRequest('search')]).toEqual([true, false]);
      registry.recordFailure('search', failure);
      expect(registry.diagnostics('search')).toMatchObject({ status: 'halfOpen', probesInFlight: 0 });
    }
    expect(registry.diagnostics('search')).toMatchObject({
      answered: 1,
      failures: { timeout: 1, cancelled: 1 },
    });
  });

  it.each([
    ['is released', (permit: Permit) => permit.release()],
    ['is cancelled', (permit: Permit) => permit.failure('cancelled')],
    ['ends in an ignored category', (permit: Permit) => permit.failure('invalidParameters')],
  ])('frees its slot once when it %s', (_, end) => {
    const { registry, permit, denial, halfOpen } = setUp({ halfOpenMaxProbes: 2, successThreshold: 2 });
    halfOpen();
    const [one] = [permit(), permit()];
    denial();
    end(one as Permit);
    end(one as Permit);
    expect(registry.state('search')).toBe('halfOpen');
    permit();
    denial();
  });

  it.each([
    ['is released', (permit: Permit) => permit.release()],
    ['is cancelled', (permit: Permit) => permit.failure('cancelled')],
  ])('frees its own slot, and not that of an older probe, when it %s', (_, end) => {
    const { clock, registry, permit, halfOpen } = setUp({ halfOpenMaxProbes: 2, successThreshold: 2 });
    halfOpen();
    permit();
    clock.advance(4_000);
    end(permit());
    clock.advance(6_000);
    expect(registry.diagnostics('search').probesInFlight).toBe(0);
  });
});

describe('a denial', () => {
  it('of an open circuit says when to try again, and why', () => {
    const { clock, registry, denial } = setUp();
    registry.recordFailure('search', new Error('read ECONNRESET\n  at\u0000 10.0.0.1'));
    clock.advance(250);
    expect(denial()).toEqual({
      admitted: false,
      tool: 'search',
      key: null,
      reason: 'open',
      kind: 'unreachable',
      upstream: null,
      retryAfterMs: 750,
      retryAt: clock.wallNow() + 750,
      probing: false,
      lastErrorCategory: 'network',
      lastError: 'read ECONNRESET at 10.0.0.1',
      alternatives: [],
    });
  });

  it.each([
    ['the words of a plain error', (words: string) => new Error(words)],
    ['words alone', (words: string) => words],
  ])('waits as long as the tool has asked for, also where it asked in %s', (_, failureOf) => {
    const { registry, denial } = setUp();
    registry.recordFailure('search', failureOf('429 {"error":{"details":[{"retryDelay":"34s"}]}}'));
    expect(denial().retryAfterMs).toBe(34_000);
  });

  it('of a tool that answers and fails calls it rejecting', () => {
    const { registry, denial } = setUp();
    registry.recordFailure('search', 'executionError');
    expect(denial().kind).toBe('rejecting');
  });

  it('of a tool that was too slow says so, and does not mention an older failure', () => {
    const trip = countWindow({ size: 2, failureRate: 1, slowCallMs: 200, slowCallRate: 0.5 });
    const { clock, permit, denial } = setUp({ trip });
    permit().failure(new Error('boom'));
    const slow = permit();
    clock.advance(201);
    slow.success();
    expect(denial()).toMatchObject({ kind: 'slow', lastErrorCategory: null, lastError: null });
  });

  it('does not combine the category of the last failure with the message of an older one', () => {
    const { registry, denial } = setUp({ failureThreshold: 2 });
    registry.recordFailure('search', new Error('boom'));
    registry.tool('search').send({ type: 'FAILURE', category: 'network' });
    expect(denial()).toMatchObject({ lastErrorCategory: 'network', lastError: null });
  });

  it('keeps the message of the last failure when a success is told to the actor', () => {
    const { clock, registry, denial } = setUp({ successThreshold: 2 });
    registry.recordFailure('search', new Error('boom'));
    clock.advance(1_000);
    registry.allowRequest('search');
    registry.tool('search').send({ type: 'SUCCESS' });
    registry.allowRequest('search');
    expect(denial()).toMatchObject({ reason: 'halfOpen', lastError: 'boom' });
  });

  it('has the message of the last counted failure, not of a late or ignored one', () => {
    const { clock, registry, permit, denial } = setUp();
    const early = permit();
    registry.recordFailure('search', new Error('bang'));
    early.failure(new Error('late'));
    const search = registry.tool('search');
    search.send({ type: 'FAILURE', category: 'network', stamp: { generation: 0, probeStart: null } });
    search.send({ type: 'FAILURE', category: 'invalidParameters' });
    expect(denial()).toMatchObject({ lastErrorCategory: 'executionError', lastError: 'bang' });
    clock.advance(1_000);
    const hung = permit();
    clock.advance(10_000);
    hung.failure(new Error('its slot was reclaimed'));
    permit();
    expect(denial()).toMatchObject({ reason: 'halfOpen', lastError: 'bang' });
    expect(registry.recovery().recentErrors.map(({ message }) => message)).toEqual(['bang']);
  });

  it('of an isolated circuit has no time to try again', () => {
    const { registry, denial } = setUp();
    registry.isolate('search');
    expect(denial()).toMatchObject({
      reason: 'isolated',
      kind: 'withheld',
      retryAfterMs: null,
      retryAt: null,
    });
  });
});

describe('permits in any order', () => {
  it('never leak a slot, exceed the limit, give two verdicts or move a circuit late', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('acquire' as const) }),
      fc.record({
        do: fc.constantFrom('success' as const, 'failure' as const, 'ignored' as const, 'release' as const),
        which: fc.nat(20),
      }),
      fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 500, 1_000, 9_999, 10_000) }),
    );
    checkProperty(
      fc.property(
        fc.array(step, { maxLength: 60, size: 'max' }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        (steps, max, successes) => {
          const { clock, registry } = setUp({
            failureThreshold: 2,
            halfOpenMaxProbes: max,
            successThreshold: successes,
          });
          const permits: { permit: Permit; generation: number; settled: boolean }[] = [];
          const generation = () => registry.tool('search').getSnapshot().context.generation;
          for (const each of steps) {
            if (each.do === 'advance') clock.advance(each.ms);
            else if (each.do === 'acquire') {
              const leave = registry.tryAcquire('search');
              if (leave.admitted) permits.push({ permit: leave, generation: generation(), settled: false });
            } else {
              const held = permits[each.which % Math.max(1, permits.length)];
              if (held === undefined) continue;
              const before = registry.diagnostics('search');
              if (each.do === 'success') held.permit.success();
              else if (each.do === 'release') held.permit.release();
              else held.permit.failure(each.do === 'ignored' ? 'cancelled' : 'timeout');
              const after = registry.diagnostics('search');
              if (held.settled) expect(after).toEqual(before);
              else if (held.generation !== generation() && before.status === after.status) {
                // A late result is only counted.
                const { lateResults, calls, successes, failures, latency } = after;
                expect(after).toEqual({ ...before, lateResults, calls, successes, failures, latency });
              }
              held.settled = true;
            }
            expect(registry.diagnostics('search').probesInFlight).toBeLessThanOrEqual(max);
          }
          // Once every call has ended or hung for long enough, no slot is taken.
          clock.advance(10_000);
          expect(registry.diagnostics('search').probesInFlight).toBe(0);
          registry.stop();
          expect(clock.timers).toBe(0);
        },
      ),
      { atLeast: 75, atMost: 300 },
    );
  });
});
