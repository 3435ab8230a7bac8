import { type Clock, createToolRegistry, systemClock } from 'toolfuse';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { replaceSystemClock } from '../../../src/time/clock.ts';
import { monotonic } from '../../../src/time/monotonic.ts';

const day = 24 * 60 * 60 * 1_000;
const longestHostDelayMs = 2 ** 31 - 1;

describe('the default clock', () => {
  /** The default clock in the form in which a registry uses it. */
  let clock: Required<Clock>;
  beforeEach(() => {
    vi.useFakeTimers();
    clock = monotonic(systemClock);
  });
  afterEach(() => {
    // First the spies on simulated timers: to restore them later would bring those back.
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('never goes back, even if the wall clock is changed', () => {
    const before = systemClock.now();
    vi.setSystemTime(0);
    expect(systemClock.now()).toBeGreaterThanOrEqual(before);
    vi.setSystemTime(Date.UTC(2100, 0, 1));
    expect(systemClock.now() - before).toBeLessThan(day);
  });

  it('advances with time', () => {
    const before = systemClock.now();
    vi.advanceTimersByTime(1_234);
    expect(systemClock.now() - before).toBe(1_234);
  });

  it.each([
    ['0 ms', 0],
    ['1 ms', 1],
    ['half a millisecond', 0.5],
    ['a millisecond and a half', 1.5],
    ['just what a host timer can hold', longestHostDelayMs],
    ['1 ms more', longestHostDelayMs + 1],
    ['twice as much', longestHostDelayMs * 2],
    ['100 days', 100 * day],
  ])('fires a timer of %s once, and not before', (_, ms) => {
    const fire = vi.fn();
    clock.setTimeout(fire, ms);
    vi.advanceTimersByTime(Math.max(0, Math.ceil(ms) - 1));
    if (ms >= 1) expect(fire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(2);
    expect(fire).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(day);
    expect(fire).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('never fires a timer of Infinity, and never sets a host timer longer than the host allows', () => {
    const fire = vi.fn();
    const host = vi.spyOn(globalThis, 'setTimeout');
    clock.setTimeout(fire, Infinity);
    vi.advanceTimersByTime(1_000 * day);
    expect(fire).not.toHaveBeenCalled();
    for (const [, ms] of host.mock.calls) expect(ms).toBeLessThanOrEqual(longestHostDelayMs);
    host.mockRestore();
  });

  it('fires a timer with a negative delay at once', () => {
    const fire = vi.fn();
    clock.setTimeout(fire, -5);
    vi.advanceTimersByTime(1);
    expect(fire).toHaveBeenCalledOnce();
  });

  it('clears a timer, even one that was split and is in its second part', () => {
    const fire = vi.fn();
    const short = clock.setTimeout(fire, 1_000);
    const long = clock.setTimeout(fire, longestHostDelayMs * 2);
    vi.advanceTimersByTime(500);
    clock.clearTimeout(short);
    vi.advanceTimersByTime(longestHostDelayMs + 10);
    clock.clearTimeout(long);
    vi.advanceTimersByTime(longestHostDelayMs * 2);
    expect(fire).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('accepts clearing a timer that has fired or was cleared, and undefined', () => {
    const timer = clock.setTimeout(() => {}, 1);
    vi.advanceTimersByTime(2);
    clock.clearTimeout(timer);
    clock.clearTimeout(timer);
    clock.clearTimeout(undefined);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets a circuit wait longer than a host timer can', () => {
    const registry = createToolRegistry({
      circuit: { failureThreshold: 1, minBackoffMs: 60 * day, maxBackoffMs: 60 * day },
    });
    registry.recordFailure('shell', 'timeout');
    vi.advanceTimersByTime(60 * day - 1);
    expect(registry.state('shell')).toBe('open');
    vi.advanceTimersByTime(2);
    expect(registry.state('shell')).toBe('halfOpen');
    registry.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a timer of the default clock', () => {
  const hour = 3_600_000;

  it('keeps the process alive only where that is asked for', () => {
    const timers = [systemClock.setTimeout(() => {}, hour), systemClock.setTimeout(() => {}, hour, true)];
    expect(timers.map((timer) => (timer as NodeJS.Timeout).hasRef())).toEqual([false, true]);
    timers.forEach(systemClock.clearTimeout);
  });

  it('may be a number, as in a browser', () => {
    vi.stubGlobal('setTimeout', () => 5);
    expect(systemClock.setTimeout(() => {}, hour)).toBe(5);
    vi.unstubAllGlobals();
  });
});

describe('a clock in the place of the default one', () => {
  const replacement = () => {
    const cleared: unknown[] = [];
    const clock = {
      now: () => 7,
      wallNow: () => 8,
      setTimeout: (_: () => void, ms: number, keepAlive?: boolean) => `${ms} ${keepAlive}`,
      clearTimeout: (handle: unknown) => cleared.push(handle),
    };
    return { clock, cleared };
  };

  it('tells the time until it is taken back', () => {
    const { clock } = replacement();
    const takeBack = replaceSystemClock(clock);
    expect([systemClock.now(), systemClock.wallNow()]).toEqual([7, 8]);
    takeBack();
    expect(systemClock.now()).not.toBe(7);
    expect(systemClock.wallNow()).toBeGreaterThan(8);
  });

  it('is not taken back by one that it has replaced itself', () => {
    const [first, second] = [replacement(), replacement()];
    const takeFirstBack = replaceSystemClock(first.clock);
    const takeSecondBack = replaceSystemClock({ ...second.clock, now: () => 9 });
    takeFirstBack();
    expect(systemClock.now()).toBe(9);
    takeSecondBack();
    expect(systemClock.now()).not.toBe(9);
  });

  it('clears its own timers, and each clock those that it has set', () => {
    const { clock, cleared } = replacement();
    const fire = vi.fn();
    vi.useFakeTimers();
    const ofHost = systemClock.setTimeout(fire, 5);
    const takeBack = replaceSystemClock(clock);
    const ofClock = systemClock.setTimeout(fire, 5, true);
    systemClock.clearTimeout(ofHost);
    expect(cleared).toEqual([]);
    takeBack();
    systemClock.clearTimeout(ofClock);
    expect(cleared).toEqual(['5 true']);
    vi.advanceTimersByTime(day);
    vi.useRealTimers();
    expect(fire).not.toHaveBeenCalled();
  });
});

describe('a clock whose timers fire early', () => {
  it('does not end a backoff before its time, and the circuit sets another timer', () => {
    let now = 0;
    const due: (() => void)[] = [];
    const registry = createToolRegistry({
      circuit: { failureThreshold: 1, minBackoffMs: 1_000 },
      clock: {
        now: () => now,
        setTimeout: (fn) => due.push(fn),
        clearTimeout: () => {},
      },
    });
    registry.recordFailure('shell', 'timeout');
    for (const at of [1, 500, 999]) {
      now = at;
      due.pop()?.();
      expect(registry.state('shell')).toBe('open');
      expect(registry.remainingBackoffMs('shell')).toBe(1_000 - at);
    }
    now = 1_000;
    due.pop()?.();
    expect(registry.state('shell')).toBe('halfOpen');
  });
});
