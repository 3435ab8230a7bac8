import { getEventListeners } from 'node:events';
import {
  CircuitOpenError,
  createToolRegistry,
  RegistryStoppedError,
  type ToolRegistryOptions,
} from 'toolfuse';
import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';

function setUp(options: ToolRegistryOptions = {}) {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 1, minBackoffMs: 1_000 },
    ...options,
  });
  return { clock, registry };
}

const never = (): Promise<never> => new Promise(() => {});
const fails = (error: unknown) => async (): Promise<never> => {
  throw error;
};

describe('execute', () => {
  it('returns the result of the function, and rejects with its error unchanged', async () => {
    const { registry } = setUp();
    expect(await registry.execute('search', () => 42)).toBe(42);
    expect(await registry.execute('search', async () => 'found')).toBe('found');
    const error = { not: 'an Error' };
    await expect(registry.execute('search', fails(error))).rejects.toBe(error);
  });

  it('passes the function its tool, a signal, and whether it is a probe', async () => {
    const { clock, registry } = setUp();
    const probe = await registry.execute('search', ({ tool, signal, probe }) => {
      expect([tool, signal.aborted]).toEqual(['search', false]);
      return probe;
    });
    expect(probe).toBe(false);
    registry.recordFailure('search', 'timeout');
    clock.advance(1_000);
    expect(await registry.execute('search', ({ probe }) => probe)).toBe(true);
    expect(registry.state('search')).toBe('closed');
  });

  it('uses the options as they were when it was called, and hides the circuit from the function', async () => {
    const { registry } = setUp();
    const options = { isFailure: () => true, fallback: (): string => 'cached' };
    const call = registry.execute('search', async (context) => Object.keys(context).join(), options);
    options.isFailure = () => false;
    expect(await call).not.toContain('leave');
    expect(registry.state('search')).toBe('open');
    const denied = registry.execute('search', never, options);
    options.fallback = () => 'too late';
    expect(await denied).toBe('cached');
  });

  it('counts a synchronous throw like a rejection, once', async () => {
    const { registry } = setUp({ circuit: { failureThreshold: 5 } });
    await expect(
      registry.execute('search', () => {
        throw new Error('at once');
      }),
    ).rejects.toThrow('at once');
    expect(registry.diagnostics('search').failureCount).toBe(1);
  });

  it('does not call the function while the circuit is open, and throws a CircuitOpenError', async () => {
    const { registry } = setUp();
    registry.recordFailure('search', 'timeout');
    const fn = vi.fn();
    const error = await registry.execute('search', fn).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(error).toMatchObject({
      name: 'CircuitOpenError',
      tool: 'search',
      reason: 'open',
      kind: 'unreachable',
      retryAfterMs: 1_000,
      lastErrorCategory: 'timeout',
    });
    expect(fn).not.toHaveBeenCalled();
  });

  it('does not count invalid arguments or a denial by another circuit', async () => {
    const { registry } = setUp();
    registry.recordFailure('upstream', 'timeout');
    for (const error of [
      { status: 400 },
      await registry.execute('upstream', never).catch((e: unknown) => e),
    ]) {
      await registry.execute('search', fails(error)).catch(() => {});
    }
    expect(registry.diagnostics('search')).toMatchObject({ status: 'closed', failureCount: 0 });
  });

  it('refuses an invalid time limit', async () => {
    const { registry } = setUp();
    await expect(registry.execute('search', never, { timeoutMs: -1 })).rejects.toThrow(
      'timeoutMs must be a finite number of milliseconds above 0, got -1',
    );
    expect(registry.snapshot().diagnostics).toEqual([]);
  });
});

describe('an unknown option of a call', () => {
  it('is refused by name before anything is called, because a misspelt time limit would limit nothing', async () => {
    const { registry } = setUp();
    const fn = vi.fn();
    const misspelt = { timoutMs: 5 } as never;
    const words =
      'timoutMs is not an option; the options are upstream, input, key, run, correct, signal, timeoutMs, fallback, isFailure, followBody';
    await expect(registry.execute('search', fn, misspelt)).rejects.toThrow(new TypeError(words));
    expect(() => registry.wrap('search', fn, misspelt)).toThrow(new TypeError(`${words}, withContext`));
    expect(fn).not.toHaveBeenCalled();
  });
});

describe('a call whose time is up', () => {
  it('rejects with a TimeoutError, aborts its signal, and counts as timeout', async () => {
    const { clock, registry } = setUp();
    let seen: AbortSignal | undefined;
    const call = registry.execute(
      'search',
      ({ signal }) => {
        seen = signal;
        return never();
      },
      { timeoutMs: 500 },
    );
    clock.advance(500);
    await expect(call).rejects.toMatchObject({
      name: 'TimeoutError',
      message: 'search did not answer within 500 ms',
    });
    expect(seen?.aborted).toBe(true);
    expect(registry.diagnostics('search')).toMatchObject({ status: 'open', lastErrorCategory: 'timeout' });
    expect(clock.timers).toBe(1);
  });

  it('ignores what the function does later', async () => {
    const { clock, registry } = setUp();
    let reject: (error: Error) => void = () => {};
    const call = registry.execute('search', () => new Promise((_, no) => (reject = no)), { timeoutMs: 500 });
    clock.advance(500);
    await expect(call).rejects.toThrow('did not answer');
    reject(new Error('too late'));
    await Promise.resolve();
    expect(registry.diagnostics('search')).toMatchObject({ openCount: 1, lastErrorCategory: 'timeout' });
  });

  it('keeps the process alive until then, because somebody awaits it', async () => {
    const { clock, registry } = setUp();
    const set = vi.spyOn(clock, 'setTimeout');
    await registry.execute('search', async () => 1, { timeoutMs: 500 });
    expect(set).toHaveBeenCalledExactlyOnceWith(expect.any(Function), 500, true);
  });

  it('leaves no timer behind when it ends in time', async () => {
    const { clock, registry } = setUp();
    await registry.execute('search', async () => 1, { timeoutMs: 500 });
    expect(clock.timers).toBe(0);
  });
});

describe('a call without a time limit', () => {
  it('sets no timer, and clears none', async () => {
    const { clock, registry } = setUp();
    const cleared = vi.spyOn(clock, 'clearTimeout');
    const { signal } = new AbortController();
    await registry.execute('search', () => expect(clock.timers).toBe(0), { signal });
    expect(cleared).not.toHaveBeenCalled();
  });
});

describe("the registry's stop", () => {
  it('ends a call that has a limit, of which a step hears that it says nothing about the tool', async () => {
    const { registry } = setUp();
    const ended: string[] = [];
    registry.intercept({ ended: (_, { outcome }) => ended.push(outcome) });
    const fallback = vi.fn();
    const call = registry.execute('search', never, { timeoutMs: 500, fallback });
    registry.stop();
    await expect(call).rejects.toThrow(RegistryStoppedError);
    expect(ended).toEqual(['abandoned']);
    expect(fallback).not.toHaveBeenCalled();
  });

  it('while permission is being asked for prevents a call that has a limit', async () => {
    const { clock, registry } = setUp();
    registry.recordFailure('search', 'timeout');
    registry.on('circuit.halfOpened', () => registry.stop());
    clock.advanceWithLateTimers(1_000);
    const fn = vi.fn(never);
    await expect(registry.execute('search', fn, { timeoutMs: 500 })).rejects.toThrow(RegistryStoppedError);
    expect(fn).not.toHaveBeenCalled();
  });

  it('aborts also a signal that is read only afterwards', async () => {
    const { registry } = setUp();
    await registry.execute('search', (context) => {
      registry.stop();
      expect(context.signal.reason).toBeInstanceOf(RegistryStoppedError);
    });
  });
});

describe("the caller's abort", () => {
  it('ends the call at once with its own reason, and does not count as a failure', async () => {
    const { registry } = setUp();
    const controller = new AbortController();
    let inner: AbortSignal | undefined;
    const call = registry.execute(
      'search',
      ({ signal }) => {
        inner = signal;
        return never();
      },
      { signal: controller.signal },
    );
    controller.abort('changed my mind');
    await expect(call).rejects.toBe('changed my mind');
    expect(inner?.reason).toBe('changed my mind');
    expect(registry.diagnostics('search')).toMatchObject({ status: 'closed', failureCount: 0 });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it("frees a probe's slot at once", async () => {
    const { clock, registry } = setUp();
    registry.recordFailure('search', 'timeout');
    clock.advance(1_000);
    const controller = new AbortController();
    const call = registry.execute('search', never, { signal: controller.signal });
    expect(registry.tryAcquire('search').admitted).toBe(false);
    controller.abort();
    await expect(call).rejects.toThrow();
    expect(registry.state('search')).toBe('halfOpen');
    expect(registry.tryAcquire('search').admitted).toBe(true);
  });

  it('before the call prevents it', async () => {
    const { registry } = setUp();
    const fn = vi.fn();
    await expect(registry.execute('search', fn, { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(fn).not.toHaveBeenCalled();
  });

  it('before the call asks for no permission: nothing is denied, and no probe starts', async () => {
    const { clock, registry } = setUp();
    const signal = AbortSignal.abort('no');
    await expect(registry.execute('unused', never, { signal })).rejects.toBe('no');
    expect(registry.snapshot().diagnostics).toEqual([]);
    registry.recordFailure('search', 'timeout');
    await expect(registry.execute('search', never, { signal })).rejects.toBe('no');
    expect(registry.diagnostics('search').deniedRequests).toBe(0);
    clock.advanceWithLateTimers(1_000);
    await expect(registry.execute('search', never, { signal })).rejects.toBe('no');
    expect(registry.state('search')).toBe('open');
  });

  it('while permission is being asked for prevents the call and frees its slot', async () => {
    const { clock, registry } = setUp();
    const controller = new AbortController();
    registry.recordFailure('search', 'timeout');
    registry.on('circuit.halfOpened', () => controller.abort('no'));
    clock.advanceWithLateTimers(1_000);
    const fn = vi.fn(never);
    const call = registry.execute('search', fn, { signal: controller.signal, timeoutMs: 500 });
    clock.advance(500);
    await expect(call).rejects.toBe('no');
    expect(fn).not.toHaveBeenCalled();
    expect(registry.diagnostics('search')).toMatchObject({ status: 'halfOpen', probesInFlight: 0 });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('has no listener left once the call has ended', async () => {
    const { registry } = setUp();
    const { signal } = new AbortController();
    await registry.execute('search', async () => 1, { signal });
    await registry.execute('search', fails(new Error('x')), { signal }).catch(() => {});
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('ends one call and not the others', async () => {
    const { registry } = setUp();
    const one = new AbortController();
    const first = registry.execute('search', never, { signal: one.signal });
    const second = registry.execute('search', async () => 'mine', { signal: new AbortController().signal });
    one.abort(new Error('only me'));
    await expect(first).rejects.toThrow('only me');
    expect(await second).toBe('mine');
  });
});

describe('isFailure', () => {
  it('makes a returned value a failure, and the value is returned all the same', async () => {
    const { registry } = setUp();
    const answer = await registry.execute('search', async () => ({ isError: true }), {
      isFailure: ({ isError }) => isError,
    });
    expect(answer).toEqual({ isError: true });
    expect(registry.diagnostics('search')).toMatchObject({
      status: 'open',
      lastErrorCategory: 'executionError',
    });
  });

  it('may return the category', async () => {
    const { registry } = setUp();
    await registry.execute('search', async () => ({ status: 503 }), {
      isFailure: ({ status }) => status === 503 && 'serviceUnavailable',
    });
    expect(registry.diagnostics('search').lastErrorCategory).toBe('serviceUnavailable');
  });

  it('may return an error, whose message the denial carries', async () => {
    const { registry } = setUp();
    await registry.execute('search', async () => ({ text: 'socket hang up' }), {
      isFailure: ({ text }) => new Error(text),
    });
    expect(registry.tryAcquire('search')).toMatchObject({
      lastErrorCategory: 'network',
      lastError: 'socket hang up',
    });
  });

  it('may say that the call is unfinished, which counts neither for nor against the tool', async () => {
    const { registry, clock } = setUp();
    const ask = (answer: string) =>
      registry.execute('search', async () => answer, {
        isFailure: (given) => given === 'needs an input' && 'unfinished',
      });
    registry.recordFailure('search', 'timeout');
    clock.advance(registry.remainingBackoffMs('search') ?? 0);
    expect(await ask('needs an input')).toBe('needs an input');
    expect(registry.diagnostics('search')).toMatchObject({ status: 'halfOpen', probesInFlight: 0 });
    expect(registry.metrics().calls).toBe(1);
    await ask('found');
    expect(registry.state('search')).toBe('closed');
  });

  it('that returns null has found no failure', async () => {
    const { registry } = setUp();
    const isFailure = ({ error }: { error: null }) => error as never;
    await registry.execute('search', async () => ({ error: null }), { isFailure });
    expect(registry.metrics().tools[0]).toMatchObject({ calls: 1, failures: {} });
  });

  it('that throws does not make the result a failure', async () => {
    const { registry } = setUp();
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const isFailure = () => {
      throw new Error('mine');
    };
    expect(await registry.execute('search', async () => 1, { isFailure })).toBe(1);
    expect(registry.state('search')).toBe('closed');
    expect(printed).toHaveBeenCalledOnce();
    printed.mockRestore();
  });
});

describe('a fallback', () => {
  it('receives the denial, or the error that the call threw', async () => {
    const { registry } = setUp();
    const asked: unknown[] = [];
    const fallback = (error: unknown) => {
      asked.push(error);
      return 'cached';
    };
    const error = new Error('ECONNREFUSED');
    expect(await registry.execute<string>('search', fails(error), { fallback })).toBe('cached');
    expect(await registry.execute<string>('search', never, { fallback })).toBe('cached');
    expect(asked).toEqual([error, expect.any(CircuitOpenError)]);
    expect(registry.diagnostics('search').openCount).toBe(1);
  });

  it.each([
    ['rejects', fails(new Error('nothing cached'))],
    [
      'throws',
      () => {
        throw new Error('nothing cached');
      },
    ],
  ])('that %s passes its error on', async (_, fallback) => {
    const { registry } = setUp();
    for (const fn of [fails(new Error('x')), never]) {
      await expect(registry.execute('search', fn, { fallback })).rejects.toThrow('nothing cached');
    }
  });

  it('is called when the time is up', async () => {
    const { clock, registry } = setUp();
    const call = registry.execute<string>('search', never, { timeoutMs: 500, fallback: () => 'cached' });
    clock.advance(500);
    expect(await call).toBe('cached');
  });

  it('is not called when the caller has aborted', async () => {
    const { registry } = setUp();
    const controller = new AbortController();
    const fallback = vi.fn();
    const call = registry.execute('search', never, { signal: controller.signal, fallback });
    controller.abort('stop');
    await expect(call).rejects.toBe('stop');
    expect(fallback).not.toHaveBeenCalled();
  });
});

describe('wrap', () => {
  it('passes on the arguments and this', async () => {
    const { registry } = setUp();
    const shelf = {
      books: ['Emma'],
      find: registry.wrap('find', function (this: { books: string[] }, index: number, otherwise: string) {
        return this.books[index] ?? otherwise;
      }),
    };
    expect(await shelf.find(0, 'none')).toBe('Emma');
    expect(await shelf.find(1, 'none')).toBe('none');
  });

  it('guards the function by its circuit', async () => {
    const { registry } = setUp();
    const find = registry.wrap('find', fails(new Error('socket hang up')));
    await expect(find()).rejects.toThrow('socket hang up');
    await expect(find()).rejects.toThrow(CircuitOpenError);
  });

  it('inside a retry loop, runs as often as the threshold allows and is then refused', async () => {
    const { registry } = setUp({ circuit: { failureThreshold: 3 } });
    const fn = vi.fn(fails(new Error('ECONNRESET')));
    const guarded = registry.wrap('find', fn);
    let last: unknown;
    for (let attempt = 0; attempt < 8; attempt++) last = await guarded().catch((error: unknown) => error);
    expect(fn).toHaveBeenCalledTimes(3);
    expect(last).toBeInstanceOf(CircuitOpenError);
  });
});

describe('the answer to a model whose call was refused', () => {
  const refuse = async (
    options: ToolRegistryOptions = {},
    category: 'network' | 'executionError' | 'serviceUnavailable' = 'network',
  ) => {
    const { registry } = setUp(options);
    registry.recordFailure('search', category);
    return (await registry.execute('search', never).catch((error: unknown) => error)) as CircuitOpenError;
  };

  it('says that the call did not run, why, and when to try again', async () => {
    const error = await refuse();
    expect(error.message).toBe(
      'The call did not run. The tool "search" is unavailable: it could not be reached or did not answer in its most ' +
        'recent calls (network error). Do not call it again within the next 1 s; such a call would not run either. ' +
        'Continue with work that does not need it, or say that you have to wait.',
    );
    expect(error.toModel().text).toBe(error.message);
    expect(JSON.parse(JSON.stringify(error.toModel().data))).toEqual({
      error: 'tool_unavailable',
      tool: 'search',
      reason: 'open',
      kind: 'unreachable',
      upstream: null,
      retryAfterSeconds: 1,
      retryAt: '2026-01-01T00:00:01.000Z',
      executed: false,
      alternatives: [],
      instruction: expect.stringContaining('Do not call it again'),
      lastError: null,
    });
  });

  it('does not call a tool unreachable that answers', async () => {
    expect((await refuse({}, 'executionError')).message).toContain(
      'it could be reached, but its most recent calls failed',
    );
  });

  it('does not call a server unreachable that reports itself unavailable', async () => {
    expect((await refuse({}, 'serviceUnavailable')).message).toContain(
      'it reported that it was unavailable in its most recent calls',
    );
  });

  it('names alternatives if any are configured, and only then', async () => {
    const tools = { search: { alternatives: ['grep', 'find'] } };
    expect((await refuse({ tools })).message).toContain('Instead, you can use: grep, find.');
    expect((await refuse()).message).not.toContain('Instead');
  });

  it('has no stack', async () => {
    const error = await refuse();
    expect(error.stack?.split('\n')).toHaveLength(1);
    expect(new Error('after').stack?.split('\n').length).toBeGreaterThan(2);
  });
});

describe('availableTools', () => {
  it('leaves out the tools that would refuse a call, and keeps the order', () => {
    const { clock, registry } = setUp();
    registry.recordFailure('b', 'timeout');
    registry.isolate('d');
    expect(registry.availableTools(['e', 'd', 'c', 'b', 'a'])).toEqual(['e', 'c', 'a']);
    expect(registry.availableTools()).toEqual([]);
    clock.advance(1_000);
    expect(registry.availableTools(['a', 'b'])).toEqual(['a', 'b']);
    expect(registry.availableTools(['a', 'b'], { halfOpen: false })).toEqual(['a']);
  });
});
