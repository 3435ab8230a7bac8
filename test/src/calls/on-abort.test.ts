import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { onAbort, reasonOf } from '../../../src/calls/on-abort.ts';

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('a function that waits for a signal', () => {
  it('is called once, when the signal is aborted', () => {
    const controller = new AbortController();
    const fns = [vi.fn(), vi.fn()];
    for (const fn of fns) onAbort(controller.signal, fn);
    controller.abort();
    controller.abort();
    for (const fn of fns) expect(fn).toHaveBeenCalledOnce();
    expect(listenersOf(controller.signal)).toBe(0);
  });

  it('shares one listener with all others, and leaves none once nothing waits', () => {
    const { signal } = new AbortController();
    const takeAway = Array.from({ length: 100 }, () => onAbort(signal, () => {}));
    expect(listenersOf(signal)).toBe(1);
    for (const each of takeAway.slice(1)) each();
    expect(listenersOf(signal)).toBe(1);
    takeAway[0]?.();
    expect(listenersOf(signal)).toBe(0);
  });

  it('can be removed twice without removing another', () => {
    const controller = new AbortController();
    const first = onAbort(controller.signal, () => {});
    first();
    const fn = vi.fn();
    onAbort(controller.signal, fn);
    first();
    controller.abort();
    expect(fn).toHaveBeenCalledOnce();
  });

  it('is not called if an earlier function has removed it', () => {
    const controller = new AbortController();
    const fn = vi.fn();
    let takeAway = (): void => {};
    onAbort(controller.signal, () => takeAway());
    takeAway = onAbort(controller.signal, fn);
    controller.abort();
    expect(fn).not.toHaveBeenCalled();
  });
});

describe('the reason of an abort', () => {
  it('is that of the signal, or an AbortError where a polyfill gives none', () => {
    const error = new Error('no longer wanted');
    expect(reasonOf(AbortSignal.abort(error))).toBe(error);
    expect(reasonOf({ aborted: true, reason: undefined } as AbortSignal)).toMatchObject({
      name: 'AbortError',
      message: 'This operation was aborted',
    });
  });
});
