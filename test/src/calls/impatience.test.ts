import { createToolRegistry } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { TimeNeeded } from '../../../src/telemetry/time-needed.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function setUp(failureThreshold = 3) {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold },
    tools: { 'db.read': { upstream: 'db' } },
  });
  /** Makes calls that succeed after a time. */
  const succeed = (ms: number, times = 20, tool = 'search'): void => {
    for (let i = 0; i < times; i++) {
      const permit = registry.tryAcquire(tool);
      clock.advance(ms);
      if (permit.admitted) permit.success();
    }
  };
  /** Makes calls that never end, and gives each of them up after a time. */
  const giveUp = async (timeoutMs: number, times = 3, tool = 'search'): Promise<void> => {
    for (let i = 0; i < times; i++) {
      const call = registry.execute(tool, () => new Promise(() => {}), { timeoutMs });
      clock.advance(timeoutMs);
      await call.catch(() => {});
    }
  };
  return { clock, registry, succeed, giveUp };
}

describe("a caller's impatience", () => {
  it('does not open a healthy tool for everybody', async () => {
    const { registry, succeed, giveUp } = setUp();
    succeed(60);
    await giveUp(1, 10);
    expect(registry.diagnostics('search')).toMatchObject({
      status: 'closed',
      failureCount: 0,
      impatient: 10,
      timeouts: 10,
      failures: { cancelled: 10 },
    });
    expect(registry.metrics().impatient).toBe(10);
  });

  it('is not known before there were enough successes', async () => {
    const { registry, succeed, giveUp } = setUp();
    succeed(60, 19);
    await giveUp(1);
    expect(registry.diagnostics('search')).toMatchObject({ status: 'open', impatient: 0, timeouts: 3 });
  });

  it('cannot hide a tool that hangs or slows down', async () => {
    const { registry, succeed, giveUp } = setUp();
    succeed(60);
    // It becomes slower, and all who wait as long as was enough before are right to complain.
    succeed(900, 200);
    await giveUp(100);
    expect(registry.diagnostics('search')).toMatchObject({ status: 'open', impatient: 0 });
  });

  it('is neither a failure nor a success: the count of failures stays', async () => {
    const { registry, succeed, giveUp } = setUp();
    succeed(60);
    await giveUp(100, 2);
    await giveUp(1, 1);
    expect(registry.diagnostics('search').failureCount).toBe(2);
    await giveUp(100, 1);
    expect(registry.state('search')).toBe('open');
  });

  it('says nothing about the upstream', async () => {
    const { registry, succeed, giveUp } = setUp();
    succeed(60, 20, 'db.read');
    await giveUp(1, 5, 'db.read');
    expect([registry.state('db'), registry.diagnostics('db').failureCount]).toEqual(['closed', 0]);
  });

  it('is recognised in deadlines of the caller, and in what a permit reports', async () => {
    const { clock, registry, succeed } = setUp(1);
    succeed(60);
    const deadline = new AbortController();
    const call = registry.execute('search', () => new Promise(() => {}), { signal: deadline.signal });
    clock.advance(5);
    deadline.abort(new DOMException('too slow', 'TimeoutError'));
    await expect(call).rejects.toThrow('too slow');
    const permit = registry.tryAcquire('search');
    clock.advance(5);
    if (permit.admitted) permit.failure('timeout', { timedOut: true });
    expect(registry.diagnostics('search')).toMatchObject({ status: 'closed', impatient: 2 });
    const fair = registry.tryAcquire('search');
    clock.advance(60);
    if (fair.admitted) fair.failure('timeout', { timedOut: true });
    expect(registry.state('search')).toBe('open');
  });

  it('is measured by the time limit where the call itself is not measured', async () => {
    const { registry, succeed, giveUp } = setUp();
    succeed(60);
    // After a call as quick as this, the next ones are not measured.
    succeed(0, 1);
    await giveUp(1);
    expect(registry.diagnostics('search')).toMatchObject({ status: 'closed', impatient: 3 });
  });

  it('is not counted once the registry has stopped', () => {
    const { registry, succeed } = setUp();
    registry.intercept({ ended: () => {} });
    succeed(60);
    const permits = [registry.tryAcquire('search'), registry.tryAcquire('search')];
    registry.stop();
    if (permits[0]?.admitted) permits[0].failure('timeout', { timedOut: true });
    if (permits[1]?.admitted) permits[1].failure({ message: 'no canvas', counts: false });
    expect(registry.metrics()).toMatchObject({ calls: 20, impatient: 0, timeouts: 0, answered: 0 });
  });

  it('gives back the place of a probe', async () => {
    const { clock, registry, succeed, giveUp } = setUp();
    succeed(60);
    for (let i = 0; i < 3; i++) registry.recordFailure('search', 'network');
    clock.advance(5_000);
    await giveUp(1, 1);
    expect(registry.state('search')).toBe('halfOpen');
    expect(registry.tryAcquire('search').admitted).toBe(true);
  });
});

describe('the time that a tool needs', () => {
  it('is the lowest median of twenty successes, and never rises', () => {
    const need = new TimeNeeded();
    const add = (...durations: number[]): number => {
      for (const each of durations) need.add(each);
      return need.ms;
    };
    expect(add(...Array<number>(19).fill(50))).toBe(0);
    expect(add(1_000)).toBe(50);
    expect(add(...Array<number>(20).fill(900))).toBe(50);
    expect(add(...Array<number>(20).fill(40))).toBe(40);
  });
});
