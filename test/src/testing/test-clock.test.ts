import { createToolRegistry, systemClock } from 'toolfuse';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { installTestClock, TestClock } from '../../../src/testing/index.ts';

const circuit = { failureThreshold: 1, minBackoffMs: 5_000 };

describe('a test clock', () => {
  it('runs a registry: nothing happens until time is advanced', () => {
    const clock = new TestClock();
    const registry = createToolRegistry({ clock, circuit });
    registry.recordFailure('search', 'timeout');
    clock.advance(4_999);
    expect(registry.state('search')).toBe('open');
    clock.advance(1);
    expect(registry.state('search')).toBe('halfOpen');
    registry.stop();
    expect(clock.timers).toBe(0);
  });

  it('fires each timer at its own time, in order, including those set by other timers', () => {
    const clock = new TestClock();
    const fired: [string, number][] = [];
    const fire = (name: string) => () => void fired.push([name, clock.now()]);
    clock.setTimeout(fire('third'), 30);
    clock.setTimeout(() => {
      fire('first')();
      clock.setTimeout(fire('second'), 10);
    }, 10);
    clock.setTimeout(fire('third, set later'), 30);
    clock.advance(100);
    expect(fired).toEqual([
      ['first', 10],
      ['second', 20],
      ['third', 30],
      ['third, set later', 30],
    ]);
    expect(clock.now()).toBe(100);
  });

  it('fires no timer that was cleared', () => {
    const clock = new TestClock();
    const fire = vi.fn();
    clock.clearTimeout(clock.setTimeout(fire, 10));
    clock.clearTimeout(undefined);
    clock.advance(100);
    expect(fire).not.toHaveBeenCalled();
  });

  it('advances to the next timer, however far away it is', () => {
    const clock = new TestClock();
    const fire = vi.fn();
    clock.setTimeout(fire, 1e12);
    expect(clock.advanceToNextTimer()).toBe(true);
    expect(fire).toHaveBeenCalledOnce();
    expect(clock.now()).toBe(1e12);
    expect(clock.advanceToNextTimer()).toBe(false);
  });

  it('lets promises settle between the timers', async () => {
    const clock = new TestClock();
    const registry = createToolRegistry({ clock, circuit });
    const sleep = (ms: number) => new Promise<void>((resolve) => void clock.setTimeout(resolve, ms));
    const call = registry.execute('search', async () => {
      await sleep(100);
      await sleep(100);
      return clock.now();
    });
    await clock.advanceAsync(1_000);
    expect(await call).toBe(200);
  });

  it('counts its wall-clock time from the given moment', () => {
    const clock = new TestClock({ wallNow: Date.UTC(2026, 0, 1) });
    clock.advance(1_000);
    expect(clock.wallNow()).toBe(Date.UTC(2026, 0, 1, 0, 0, 1));
    expect(new TestClock().wallNow()).toBe(Date.UTC(2000, 0, 1));
  });

  it.each([-1, Number.NaN, Infinity, '5', undefined])('cannot advance by %j', (ms) => {
    const clock = new TestClock();
    expect(() => clock.advance(ms as number)).toThrow(RangeError);
    expect(() => clock.advance(ms as number)).toThrow(/^ms must be a finite number, 0 or more, got/);
  });

  it('cannot start at an invalid wall-clock time', () => {
    expect(() => new TestClock({ wallNow: Number.NaN })).toThrow('wallNow must be a finite number, got NaN');
    expect(() => new TestClock({ now: Infinity })).toThrow('now must be a finite number, got Infinity');
  });
});

describe('an installed test clock', () => {
  afterEach(() => void vi.useRealTimers());

  it('runs an existing registry without its own clock', () => {
    const registry = createToolRegistry({ circuit });
    const clock = installTestClock();
    try {
      registry.recordFailure('search', 'timeout');
      clock.advance(4_999);
      expect(registry.state('search')).toBe('open');
      clock.advance(1);
      expect(registry.state('search')).toBe('halfOpen');
    } finally {
      clock.restore();
      registry.stop();
    }
  });

  it('does not disturb the registry’s time when the host’s clock is back', () => {
    vi.useFakeTimers();
    const registry = createToolRegistry({ circuit });
    vi.advanceTimersByTime(60_000);
    const clock = installTestClock();
    registry.recordFailure('search', 'timeout');
    clock.advance(2_000);
    expect(registry.remainingBackoffMs('search')).toBe(3_000);
    clock.restore();
    expect(registry.remainingBackoffMs('search')).toBe(3_000);
    vi.advanceTimersByTime(3_000);
    expect(registry.allowRequest('search')).toBe(true);
    registry.stop();
  });

  it('clears the timers that it has set, even after it was removed', () => {
    const clock = installTestClock();
    const timer = systemClock.setTimeout(() => {}, 10);
    clock.restore();
    expect(clock.timers).toBe(1);
    systemClock.clearTimeout(timer);
    expect(clock.timers).toBe(0);
  });

  it('is replaced by one that is installed later', () => {
    const first = installTestClock();
    const second = installTestClock();
    second.advance(1e12);
    first.restore();
    expect(systemClock.now()).toBe(second.now());
    second.restore();
    expect(systemClock.now()).toBeLessThan(1e12);
  });
});
