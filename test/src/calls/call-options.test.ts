import { createToolRegistry } from 'toolfuse';
import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';

const setUp = () => {
  const clock = new ManualClock();
  const registry = createToolRegistry({ clock, circuit: { failureThreshold: 2, minBackoffMs: 1_000 } });
  /** All counters. */
  const counted = () => registry.snapshot().diagnostics;
  return { clock, registry, counted };
};

describe('a call with an argument of the wrong kind', () => {
  it.each([
    ['no function', undefined, undefined, TypeError, 'fn must be a function, got undefined'],
    ['options that are no object', () => 1, 5, TypeError, 'options must be an object, got 5'],
    ['no options', () => 1, null, TypeError, 'options must be an object, got null'],
    ['an invalid signal', () => 1, { signal: {} }, TypeError, 'signal must be an AbortSignal, got an object'],
    ['an invalid fallback', () => 1, { fallback: 5 }, TypeError, 'fallback must be a function, got 5'],
    [
      'an invalid isFailure',
      () => 1,
      { isFailure: true },
      TypeError,
      'isFailure must be a function, got true',
    ],
    [
      'an invalid followBody',
      () => 1,
      { followBody: 1 },
      TypeError,
      'followBody must be true or false, got 1',
    ],
    ['an invalid correct', () => 1, { correct: 'no' }, TypeError, 'correct must be a function, got "no"'],
    ['an invalid run', () => 1, { run: 5 }, TypeError, 'run must be the name of a run, or a run, got 5'],
    ['no run', () => 1, { run: null }, TypeError, 'run must be the name of a run, or a run, got null'],
    ['an invalid key', () => 1, { key: {} }, TypeError, 'key must be'],
    ['a signal of null', () => 1, { signal: null }, TypeError, 'signal must be an AbortSignal, got null'],
    [
      'a signal that cannot be listened to',
      () => 1,
      { signal: { aborted: false, addEventListener: () => {} } },
      TypeError,
      'signal must be an AbortSignal, got an object',
    ],
    [
      'a signal that does not say whether it is aborted',
      () => 1,
      { signal: { addEventListener: () => {}, removeEventListener: () => {} } },
      TypeError,
      'signal must be an AbortSignal, got an object',
    ],
    [
      'a timeoutMs of 0',
      () => 1,
      { timeoutMs: 0 },
      RangeError,
      'timeoutMs must be a finite number of milliseconds above 0, got 0',
    ],
    [
      'an option of wrap',
      () => 1,
      { withContext: true },
      TypeError,
      'withContext is not an option; the options are',
    ],
  ])('is refused by name, without counting: %s', async (_, fn, options, kind, message) => {
    const { registry, counted } = setUp();
    const call = registry.execute('shell', fn as never, options as never);
    await expect(call).rejects.toBeInstanceOf(kind);
    await expect(call).rejects.toThrow(message);
    expect(counted()).toEqual([]);
  });

  it('may have a signal that is not of the platform, such as that of a polyfill, which gives no reason', async () => {
    const { registry, counted } = setUp();
    let [aborted, abort] = [false, () => {}];
    const signal = {
      get aborted() {
        return aborted;
      },
      addEventListener: (_: string, fn: () => void) => {
        abort = () => {
          aborted = true;
          fn();
        };
      },
      removeEventListener: () => {},
    } as unknown as AbortSignal;
    await expect(registry.execute('shell', () => 1, { signal })).resolves.toBe(1);
    const call = registry.execute('shell', () => new Promise(() => {}), { signal });
    abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    await expect(registry.execute('shell', () => 1, { signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(counted()).toMatchObject([{ status: 'closed', calls: 2, failures: { cancelled: 1 } }]);
  });

  it('may be a wrapped function, whose input must be a function too', () => {
    const { registry } = setUp();
    const wrong = { input: 5 } as never;
    expect(() => registry.wrap('shell', () => 1, wrong)).toThrow(
      new TypeError('input must be a function of the arguments, got 5'),
    );
  });

  it.each([
    ['tryAcquire with null', (r) => r.tryAcquire('a', null as never), 'options must be an object, got null'],
    [
      'tryAcquire with an unknown option',
      (r) => r.tryAcquire('a', { upstrem: 'b' } as never),
      'upstrem is not an option',
    ],
    [
      'isolate with a bare time',
      (r) => r.isolate('a', 5_000 as never),
      'options must be an object, got 5000',
    ],
    [
      'isolate with a misspelt option',
      (r) => r.isolate('a', { forms: 5_000 } as never),
      'forms is not an option; the options are forMs',
    ],
    [
      'availableTools with a number',
      (r) => r.availableTools(5 as never),
      'names must be a list of tool names, got 5',
    ],
    [
      'availableTools with one name',
      (r) => r.availableTools('a' as never),
      'names must be a list of tool names, got "a"',
    ],
    ['a misspelt category', (r) => r.recordFailure('a', 'netwrok'), 'did you mean "network"?'],
    ['another misspelt category', (r) => r.recordFailure('a', 'ratelimt'), 'did you mean "rateLimit"?'],
  ] satisfies [string, (registry: ReturnType<typeof createToolRegistry>) => unknown, string][])(
    'is refused by name, and counts nothing: %s',
    (_, call, message) => {
      const { registry, counted } = setUp();
      expect(() => call(registry)).toThrow(TypeError);
      expect(() => call(registry)).toThrow(message);
      expect(counted()).toEqual([]);
    },
  );

  it.each(['boom', 'Timeout', 'connect ECONNREFUSED', 'x', '', 'it was a networ k', 'n'.repeat(1_000)])(
    'is no such call where a failure is told by its message: %j',
    (message) => {
      const { registry } = setUp();
      expect(() => registry.recordFailure('a', message)).not.toThrow();
    },
  );
});

describe('the origin of an abort', () => {
  const aborted = () => new DOMException('The operation was aborted', 'AbortError');

  it('is a deadline if the caller’s signal aborts with a timeout: the call counts as timeout, once', async () => {
    const { registry } = setUp();
    const controller = new AbortController();
    const { signal } = controller;
    const call = registry.execute('shell', () => new Promise(() => {}), { signal });
    const deadline = new DOMException('The operation timed out', 'TimeoutError');
    controller.abort(deadline);
    await expect(call).rejects.toBe(deadline);
    expect(registry.diagnostics('shell')).toMatchObject({
      calls: 1,
      failureCount: 1,
      failures: { timeout: 1 },
      timeouts: 1,
    });
  });

  it.each([undefined, 'timeout', new Error('enough'), aborted()])(
    'is a person where it aborts with %s: that is never a failure',
    async (reason) => {
      const { registry } = setUp();
      const controller = new AbortController();
      const fallback = vi.fn();
      const call = registry.execute('shell', () => new Promise(() => {}), {
        signal: controller.signal,
        fallback,
      });
      controller.abort(reason);
      await expect(call).rejects.toBe(controller.signal.reason);
      expect(registry.diagnostics('shell')).toMatchObject({ failureCount: 0, failures: { cancelled: 1 } });
      expect(fallback).not.toHaveBeenCalled();
    },
  );

  it('is a time limit inside the tool if the caller has not aborted: the call counts as timeout', async () => {
    const { registry } = setUp();
    const { signal } = new AbortController();
    await registry.execute('shell', () => Promise.reject(aborted()), { signal }).catch(() => {});
    expect(registry.diagnostics('shell')).toMatchObject({ failureCount: 1, failures: { timeout: 1 } });
  });

  it('is unknown if the caller gave no signal: the call does not count as a failure', async () => {
    const { registry } = setUp();
    await registry.execute('shell', () => Promise.reject(aborted())).catch(() => {});
    expect(registry.diagnostics('shell')).toMatchObject({ failureCount: 0, failures: { cancelled: 1 } });
  });
});

describe('calls on one signal', () => {
  it('share one listener, however many there are', async () => {
    const { registry } = setUp();
    const warned = vi.fn();
    process.on('warning', warned);
    const { signal } = new AbortController();
    const calls = Array.from({ length: 50 }, () =>
      registry.execute('shell', () => new Promise((resolve) => setImmediate(resolve)), { signal }),
    );
    await Promise.all(calls);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', warned);
    expect(warned).not.toHaveBeenCalled();
  });
});

describe('an error of a refused call', () => {
  it('has the fields that web frameworks and retry libraries read', async () => {
    const { registry } = setUp();
    for (let i = 0; i < 2; i++) registry.recordFailure('shell', 'timeout');
    await expect(registry.execute('shell', () => 1)).rejects.toMatchObject({
      code: 'ERR_CIRCUIT_OPEN',
      status: 503,
      headers: { 'retry-after': '1' },
    });
    registry.isolate('git');
    await expect(registry.execute('git', () => 1)).rejects.toMatchObject({ status: 503, headers: {} });
  });

  it('says when to try again in whole ms, rounded up, so that a call after that wait is admitted', async () => {
    const { clock, registry } = setUp();
    for (let i = 0; i < 2; i++) registry.recordFailure('shell', 'timeout');
    clock.advance(710.347);
    const denial = registry.tryAcquire('shell');
    expect(denial).toMatchObject({ admitted: false, retryAfterMs: 290 });
    // A host timer may fire this early.
    clock.advanceWithLateTimers(289);
    expect(registry.allowRequest('shell')).toBe(true);
  });

  it('says that another call is probing the tool, and estimates its end from the duration of earlier calls', async () => {
    const { clock, registry } = setUp();
    const call = async (ms: number) => {
      const permit = registry.tryAcquire('shell');
      clock.advance(ms);
      if (permit.admitted) permit.success();
    };
    for (let i = 0; i < 20; i++) await call(40);
    for (let i = 0; i < 2; i++) registry.recordFailure('shell', 'timeout');
    clock.advance(1_000);
    registry.tryAcquire('shell');
    const refused = registry.execute('shell', () => 1);
    await expect(refused).rejects.toMatchObject({ denial: { probing: true, retryAfterMs: 40 } });
    await expect(refused).rejects.toThrow('Another call is testing it now: try again in about 1 s.');
  });
});
