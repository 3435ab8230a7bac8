import { type Clock, createToolRegistry, systemClock } from 'toolfuse';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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
