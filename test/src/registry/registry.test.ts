import { createToolRegistry, RegistryStoppedError, type ToolRegistry } from 'toolfuse';
import { defaultCircuitConfig } from 'toolfuse/machines';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectAgreement } from '../../support/agreement.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const circuit = { failureThreshold: 2, minBackoffMs: 1_000, probeTimeoutMs: 10_000 };

function setUp(options: Parameters<typeof createToolRegistry>[0] = {}) {
  const clock = new ManualClock();
  const registry = createToolRegistry({ clock, circuit, ...options });
  const trip = (tool: string): void => {
    for (let i = 0; i < 2; i++) registry.recordFailure(tool, 'timeout');
  };
  const known = (): string[] => registry.snapshot().diagnostics.map(({ tool }) => tool);
  return { clock, registry, trip, known };
}

afterEach(() => {
  vi.restoreAllMocks();
});

const fresh = {
  key: null,
  circuit: 'shell',
  mode: 'enforce',
  wouldBe: 'closed',
  spared: {},
  wouldDeny: 0,
  status: 'closed',
  failureCount: 0,
  currentBackoffMs: 0,
  remainingBackoffMs: null,
  openedAt: null,
  openCount: 0,
  isOpen: false,
  deniedRequests: 0,
  lastDeniedAt: null,
  lastErrorCategory: null,
  probesInFlight: 0,
  lateResults: 0,
  isolatedUntil: null,
  isolatedBy: null,
  kind: 'tool',
  failureRate: null,
  slowCallRate: null,
  upstream: null,
  available: true,
  blockedBy: null,
  calls: 0,
  successes: 0,
  failures: {},
  timeouts: 0,
  answered: 0,
  impatient: 0,
  openMs: 0,
  latency: null,
  fleet: null,
};

describe('a tool that was never used', () => {
  it('is closed', () => {
    const { registry } = setUp();
    expect(registry.state('shell')).toBe('closed');
    expect(registry.remainingBackoffMs('shell')).toBeNull();
    expect(registry.diagnostics('shell')).toEqual({ tool: 'shell', ...fresh });
  });

  it.each<[string, (registry: ToolRegistry) => unknown]>([
    ['state', (registry) => registry.state('shell')],
    ['remainingBackoffMs', (registry) => registry.remainingBackoffMs('shell')],
    ['diagnostics', (registry) => registry.diagnostics('shell')],
    ['allowRequest', (registry) => registry.allowRequest('shell')],
    ['availableTools', (registry) => registry.availableTools(['shell'])],
    ['release', (registry) => registry.release('shell')],
    ['reset', (registry) => registry.reset('shell')],
    ['resetAll', (registry) => registry.resetAll()],
    ['an ignored failure', (registry) => registry.recordFailure('shell', 'cancelled')],
    ['persist', (registry) => registry.persist()],
  ])('is not listed after %s', (_, use) => {
    const { registry, known } = setUp();
    use(registry);
    expect(known()).toEqual([]);
    expect(registry.availableTools()).toEqual([]);
    expectAgreement(registry);
  });

  it.each<[string, (registry: ToolRegistry) => unknown]>([
    ['a success', (registry) => registry.recordSuccess('shell')],
    ['a counted failure', (registry) => registry.recordFailure('shell', 'timeout')],
    ['a failure without a category', (registry) => registry.recordFailure('shell')],
    ['tool()', (registry) => registry.tool('shell')],
    ['tryAcquire', (registry) => registry.tryAcquire('shell')],
    ['isolate', (registry) => registry.isolate('shell')],
  ])('is listed after %s', (_, use) => {
    const { registry, known } = setUp();
    use(registry);
    expect(known()).toEqual(['shell']);
    expectAgreement(registry);
  });

  it('reads the same as one that was listed but not yet used', () => {
    const { registry } = setUp();
    const unknown = registry.diagnostics('shell');
    registry.tool('shell');
    expect(registry.diagnostics('shell')).toEqual(unknown);
  });
});

describe('a tool', () => {
  it('trips, waits, is probed and recovers, alone', () => {
    const { clock, registry, trip } = setUp();
    registry.recordSuccess('search');
    clock.advance(50);
    trip('shell');
    expect(registry.state('shell')).toBe('open');
    expect(registry.allowRequest('shell')).toBe(false);
    expect(registry.allowRequest('search')).toBe(true);
    expect(registry.diagnostics('shell')).toEqual({
      ...fresh,
      tool: 'shell',
      status: 'open',
      wouldBe: 'open',
      available: false,
      blockedBy: 'shell',
      failureCount: 2,
      currentBackoffMs: 1_000,
      remainingBackoffMs: 1_000,
      openedAt: 50,
      openCount: 1,
      isOpen: true,
      deniedRequests: 1,
      lastDeniedAt: 50,
      lastErrorCategory: 'timeout',
      calls: 2,
      failures: { timeout: 2 },
    });
    clock.advance(1_000);
    expect(registry.state('shell')).toBe('halfOpen');
    expect(registry.allowRequest('shell')).toBe(true);
    registry.recordSuccess('shell');
    expect(registry.diagnostics('shell')).toEqual({
      ...fresh,
      tool: 'shell',
      openCount: 1,
      deniedRequests: 1,
      lastDeniedAt: 50,
      calls: 3,
      successes: 1,
      failures: { timeout: 2 },
      openMs: 1_000,
    });
  });

  it('keeps its actor as long as it is known', () => {
    const { registry } = setUp();
    expect(registry.tool('shell')).toBe(registry.tool('shell'));
    expect(registry.tool('shell').id).toBe('shell');
  });

  it('may have its own settings, on top of those of all tools', () => {
    const { registry } = setUp({
      circuit: { ...circuit, minBackoffMs: 500 },
      tools: { shell: { failureThreshold: 1 } },
    });
    registry.recordFailure('shell', 'timeout');
    expect(registry.diagnostics('shell')).toMatchObject({ status: 'open', currentBackoffMs: 500 });
    registry.recordFailure('search', 'timeout');
    expect(registry.state('search')).toBe('closed');
  });

  it('has its failures categorised by their content', () => {
    const { registry } = setUp();
    registry.recordFailure('shell', new Error('read ECONNRESET'));
    expect(registry.diagnostics('shell').lastErrorCategory).toBe('network');
    registry.recordFailure('shell');
    expect(registry.diagnostics('shell').lastErrorCategory).toBe('executionError');
  });

  it('has its failures shown to the user’s classifier first', () => {
    const { registry } = setUp({ classify: (error) => (error === 42 ? 'rateLimit' : undefined) });
    registry.recordFailure('shell', 42);
    expect(registry.diagnostics('shell').lastErrorCategory).toBe('rateLimit');
    registry.recordFailure('shell', new Error('read ECONNRESET'));
    expect(registry.diagnostics('shell').lastErrorCategory).toBe('network');
  });
});

describe('reset', () => {
  it('forgets the tool: its actor stops, its observers complete, and it is listed again when it is next used', () => {
    const { clock, registry, trip, known } = setUp();
    const complete = vi.fn();
    registry.tool('shell').subscribe({ complete });
    trip('shell');
    const ref = registry.tool('shell');
    registry.reset('shell');
    expect(complete).toHaveBeenCalledOnce();
    expect(ref.getSnapshot().status).toBe('stopped');
    expect(known()).toEqual([]);
    expect(registry.diagnostics('shell')).toEqual({ tool: 'shell', ...fresh });
    expect(clock.timers).toBe(0);
    registry.recordFailure('shell', 'timeout');
    expect(known()).toEqual(['shell']);
    expect(registry.diagnostics('shell')).toMatchObject({ failureCount: 1, openCount: 0 });
    expect(registry.tool('shell')).not.toBe(ref);
    expectAgreement(registry);
  });

  it('is not undone by events sent to the forgotten actor', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { registry, known } = setUp();
    const ref = registry.tool('shell');
    registry.reset('shell');
    for (let i = 0; i < 5; i++) ref.send({ type: 'FAILURE' });
    expect(known()).toEqual([]);
    expect(registry.recovery().patterns).toEqual([]);
    expectAgreement(registry);
  });

  it('of all tools forgets all, and leaves no timer', () => {
    const { clock, registry, trip, known } = setUp();
    for (const tool of ['a', 'b', 'c']) trip(tool);
    registry.isolate('d');
    registry.resetAll();
    expect(known()).toEqual([]);
    expect(registry.openCircuits()).toEqual([]);
    expect(registry.shouldPauseForRecovery(1)).toBe(false);
    expect(clock.timers).toBe(0);
    expectAgreement(registry);
  });

  it('does not lower the metrics', () => {
    const { clock, registry, trip } = setUp();
    trip('shell');
    registry.allowRequest('shell');
    clock.advance(1_000);
    const before = registry.metrics();
    expect(before).toMatchObject({
      circuitOpenEvents: 1,
      halfOpenEvents: 1,
      breakerDenials: 1,
      calls: 2,
      failures: { timeout: 2 },
    });
    registry.reset('shell');
    registry.resetAll();
    expect(registry.metrics()).toEqual({ ...before, tools: [] });
  });

  it('as an event makes the circuit fresh and keeps its actor and observers', () => {
    const { clock, registry, trip, known } = setUp();
    const complete = vi.fn();
    const ref = registry.tool('shell');
    ref.subscribe({ complete });
    trip('shell');
    registry.allowRequest('shell');
    ref.send({ type: 'RESET' });
    expect(complete).not.toHaveBeenCalled();
    expect(registry.tool('shell')).toBe(ref);
    expect(known()).toEqual(['shell']);
    expect(registry.diagnostics('shell')).toEqual({
      tool: 'shell',
      ...fresh,
      // The counters of calls are kept.
      calls: 2,
      failures: { timeout: 2 },
    });
    expect(clock.timers).toBe(0);
    expectAgreement(registry);
  });
});

it('a report of a circuit that is not known changes nothing', () => {
  const { registry, known } = setUp();
  registry.actor.send({
    type: 'CALL_SPARED',
    tool: 'unknown',
    state: 'open',
    lastErrorCategory: null,
  });
  expect([known(), registry.metrics().wouldDeny]).toEqual([[], 0]);
});

describe('isolate and release', () => {
  it('take a tool out of service, and put it back', () => {
    const { clock, registry } = setUp();
    registry.isolate('shell');
    expect(registry.state('shell')).toBe('isolated');
    expect(registry.allowRequest('shell')).toBe(false);
    expect(registry.remainingBackoffMs('shell')).toBeNull();
    expect(registry.openCircuits()).toEqual(['shell']);
    clock.advance(1e9);
    registry.recordSuccess('shell');
    expect(registry.allowRequest('shell')).toBe(false);
    registry.release('shell');
    expect(registry.state('shell')).toBe('closed');
    expect(registry.allowRequest('shell')).toBe(true);
    expect(registry.metrics()).toMatchObject({ circuitOpenEvents: 0, breakerDenials: 2 });
  });

  it('nest', () => {
    const { registry } = setUp();
    registry.isolate('shell');
    registry.isolate('shell');
    registry.release('shell');
    expect(registry.state('shell')).toBe('isolated');
    registry.release('shell');
    registry.release('shell');
    expect(registry.state('shell')).toBe('closed');
    registry.isolate('shell');
    registry.release('shell');
    expect(registry.state('shell')).toBe('closed');
  });

  it('cancel the timer of an open circuit', () => {
    const { clock, registry, trip } = setUp();
    trip('shell');
    registry.isolate('shell');
    expect(clock.timers).toBe(0);
  });
});

describe('the open circuits', () => {
  it('are listed in the order in which they opened, and counted', () => {
    const { clock, registry, trip } = setUp();
    trip('c');
    trip('a');
    registry.isolate('b');
    expect(registry.openCircuits()).toEqual(['c', 'a', 'b']);
    expect(registry.openCircuitCount()).toBe(3);
    expect(registry.snapshot()).toMatchObject({ openCircuits: ['c', 'a', 'b'], openCount: 3 });
    clock.advance(1_000);
    expect(registry.openCircuits()).toEqual(['b']);
    registry.recordFailure('c', 'timeout');
    expect(registry.openCircuits()).toEqual(['b', 'c']);
  });

  it('call for a pause at maxOpenCircuits, by default 3, or at the number given', () => {
    const { registry, trip } = setUp();
    expect(registry.shouldPauseForRecovery(0)).toBe(true);
    expect(registry.shouldPauseForRecovery(1)).toBe(false);
    trip('a');
    trip('b');
    expect(registry.shouldPauseForRecovery()).toBe(false);
    expect(registry.shouldPauseForRecovery(2)).toBe(true);
    trip('c');
    expect(registry.shouldPauseForRecovery()).toBe(true);
    expect(registry.shouldPauseForRecovery(Infinity)).toBe(false);
  });

  it('are a copy that the caller may change', () => {
    const { registry, trip } = setUp();
    trip('a');
    registry.openCircuits().length = 0;
    (registry.snapshot().openCircuits as string[]).length = 0;
    expect(registry.openCircuits()).toEqual(['a']);
  });
});

describe('any name', () => {
  const names = [
    '__proto__',
    'constructor',
    'hasOwnProperty',
    '',
    '*',
    'xstate.stop',
    '💥é\u0000'.repeat(2_500),
    '#',
    'a.b',
    'toolfuse',
  ];

  it.each(names.map((name) => [JSON.stringify(name.slice(0, 20)), name]))(
    'such as %s names a separate tool',
    (_, name) => {
      const { clock, registry, trip, known } = setUp();
      expect(registry.state(name)).toBe('closed');
      trip(name);
      registry.recordSuccess('other');
      expect(known()).toEqual([name, 'other']);
      expect(registry.state(name)).toBe('open');
      expect(registry.openCircuits()).toEqual([name]);
      expect(registry.diagnostics(name).tool).toBe(name);
      expect(registry.tool(name).id).toBe(name);
      clock.advance(1_000);
      expect(registry.state(name)).toBe('halfOpen');
      expectAgreement(registry);
      registry.reset(name);
      expect(known()).toEqual(['other']);
      expect(({} as { failureThreshold?: unknown }).failureThreshold).toBeUndefined();
    },
  );

  it('may have its own settings, even __proto__', () => {
    const tools = JSON.parse(
      '{"__proto__":{"failureThreshold":1},"constructor":{"failureThreshold":1},"":{"failureThreshold":1}}',
    );
    const { registry } = setUp({ tools });
    for (const name of ['__proto__', 'constructor', '']) {
      registry.recordFailure(name, 'timeout');
      expect(registry.state(name), name).toBe('open');
    }
    registry.recordFailure('toString', 'timeout');
    expect(registry.state('toString')).toBe('closed');
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 5],
    ['a symbol', Symbol('shell')],
    ['an object', {}],
    ['a list', ['shell']],
  ])('that is %s and no string is a TypeError that says so', async (_, name) => {
    const { registry } = setUp();
    const tool = name as string;
    const message = /tool must be a string, got/;
    expect(() => registry.tool(tool)).toThrow(message);
    expect(() => registry.tool(tool)).toThrow(TypeError);
    expect(() => registry.recordSuccess(tool)).toThrow(message);
    expect(() => registry.recordFailure(tool, 'timeout')).toThrow(message);
    expect(() => registry.isolate(tool)).toThrow(message);
    expect(() => registry.tryAcquire(tool)).toThrow(message);
    await expect(registry.execute(tool, () => 1)).rejects.toThrow(message);
    expectAgreement(registry);
  });
});

/** Counts what stopping a registry of open circuits takes, in steps that are the same on every machine. */
function workOfStopping(openCircuits: number): { itemsLookedAt: number; itemsMoved: number } {
  const { clock, registry } = setUp({ circuit: { failureThreshold: 1 } });
  for (let i = 0; i < openCircuits; i++) registry.recordFailure(`tool ${i}`, 'timeout');
  expect(clock.timers).toBe(openCircuits);
  const work = { itemsLookedAt: 0, itemsMoved: 0 };
  const restore: (() => void)[] = [];
  const count = (prototype: object, method: string, onCall: (self: unknown) => void): void => {
    const own = Object.getOwnPropertyDescriptor(prototype, method) as PropertyDescriptor;
    const counted = function (this: unknown, ...args: unknown[]): unknown {
      onCall(this);
      return Reflect.apply(own.value, this, args);
    };
    Object.defineProperty(prototype, method, { ...own, value: counted });
    restore.push(() => Object.defineProperty(prototype, method, own));
  };
  // A walk over all circuits or timers for each circuit that stops.
  for (const collection of [new Map(), new Set()]) {
    count(Object.getPrototypeOf(collection.values()), 'next', () => work.itemsLookedAt++);
  }
  // XState takes each task off the front of an array, which moves all the others.
  count(Array.prototype, 'shift', (self) => {
    work.itemsMoved += (self as unknown[]).length;
  });
  try {
    registry.stop();
  } finally {
    for (const each of restore) each();
  }
  expect(clock.timers).toBe(0);
  return work;
}

describe('a registry that has stopped', () => {
  function stopped() {
    const started = setUp();
    const { clock, registry, trip } = started;
    registry.recordFailure('closed', 'timeout');
    registry.isolate('isolated');
    trip('halfOpen');
    clock.advance(1_000);
    trip('open');
    const before = registry.snapshot();
    const metrics = registry.metrics();
    registry.stop();
    return { ...started, before, metrics };
  }

  it('leaves no timer, and completes every observer', () => {
    const { clock, registry, trip } = setUp();
    const completed: string[] = [];
    registry.actor.subscribe({ complete: () => completed.push('registry') });
    for (const tool of ['a', 'b', 'c']) {
      registry.tool(tool).subscribe({ complete: () => completed.push(tool) });
      trip(tool);
    }
    registry.actor.send({ type: 'ACKNOWLEDGE' });
    expect(clock.timers).toBe(4);
    registry.stop();
    expect(clock.timers).toBe(0);
    expect([...completed].sort()).toEqual(['a', 'b', 'c', 'registry']);
    expect(registry.actor.getSnapshot().status).toBe('done');
  });

  it('may be stopped again, also by its actor', () => {
    const warn = vi.spyOn(console, 'warn');
    const { registry, before } = stopped();
    registry.stop();
    registry.stop();
    registry.actor.stop();
    expect(registry.snapshot()).toEqual(before);
    expect(warn).not.toHaveBeenCalled();
  });

  it('answers as of that moment, and nothing later changes anything', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { clock, registry, before, metrics } = stopped();
    for (const name of ['closed', 'open', 'halfOpen', 'isolated', 'unknown']) {
      for (let i = 0; i < 3; i++) {
        registry.recordFailure(name, 'timeout');
        registry.recordFailure(name, new Error('late'));
      }
      registry.recordSuccess(name);
      registry.isolate(name);
      registry.release(name);
      registry.reset(name);
      registry.allowRequest(name);
    }
    registry.resetAll();
    for (const name of ['closed', 'open', 'halfOpen', 'isolated']) {
      for (const type of [
        'FAILURE',
        'SUCCESS',
        'REQUEST',
        'RESET',
        'ISOLATE',
        'RELEASE',
        'RESUME',
      ] as const) {
        registry.tool(name).send({ type });
      }
    }
    registry.actor.send({ type: 'ACKNOWLEDGE' });
    expect(registry.snapshot()).toEqual(before);
    expect(registry.metrics()).toEqual(metrics);
    expect(registry.openCircuits()).toEqual(before.openCircuits);
    clock.advance(1e9);
    expect(registry.state('open')).toBe('open');
    expect(registry.openCircuits()).toEqual(before.openCircuits);
    expect(clock.timers).toBe(0);
  });

  it('takes any order of an operator without a word', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { registry, before } = stopped();
    const persisted = registry.persist();
    for (const order of ['isolate', 'disable', 'release', 'forceClose', 'reset'] as const) {
      for (const name of ['closed', 'open', 'halfOpen', 'isolated', 'unknown']) {
        registry[order](name);
        // In the order of use as well.
        expect(registry.persist(), `${order} ${name}`).toBe(persisted);
      }
    }
    expect(registry.snapshot()).toEqual(before);
    expect(warn.mock.calls).toEqual([]);
  });

  it('has also stopped where its actor was stopped', () => {
    const { registry } = setUp();
    registry.recordSuccess('shell');
    const shell = registry.tool('shell');
    registry.actor.stop();
    expect(() => registry.tryAcquire('shell')).toThrow(RegistryStoppedError);
    expect(shell.getSnapshot().status).toBe('stopped');
  });

  it('refuses every call, whatever the state of its circuit', async () => {
    const { registry } = stopped();
    for (const name of ['closed', 'open', 'halfOpen', 'isolated', 'unknown']) {
      expect(registry.allowRequest(name)).toBe(false);
      expect(() => registry.tryAcquire(name)).toThrow(RegistryStoppedError);
      const fn = vi.fn();
      const call = registry.execute(name, fn);
      await expect(call).rejects.toBeInstanceOf(RegistryStoppedError);
      await expect(call).rejects.toMatchObject({ code: 'ERR_REGISTRY_STOPPED', tool: name });
      expect(fn).not.toHaveBeenCalled();
    }
  });

  it('passes its error to the fallback of a refused call', async () => {
    const { registry } = stopped();
    const fallback = vi.fn(() => 'kept');
    expect(await registry.execute('closed', () => 'new', { fallback })).toBe('kept');
    expect(fallback).toHaveBeenCalledWith(expect.any(RegistryStoppedError));
  });

  it('has ended calls in flight with a limit or a signal, and aborted the signal of every call', async () => {
    const { clock, registry } = setUp();
    const never = () => new Promise<never>(() => {});
    const limited = [
      registry.execute('shell', never, { timeoutMs: 1_000 }),
      registry.execute('shell', never, { signal: new AbortController().signal }),
    ];
    const signals: AbortSignal[] = [];
    void registry.execute('shell', ({ signal }) => {
      signals.push(signal);
      return never();
    });
    let finish = (_: string): void => {};
    const unlimited = registry.execute('shell', () => new Promise<string>((resolve) => (finish = resolve)));
    registry.stop();
    for (const call of limited) await expect(call).rejects.toBeInstanceOf(RegistryStoppedError);
    expect(signals[0]?.reason).toBeInstanceOf(RegistryStoppedError);
    finish('done');
    expect(await unlimited).toBe('done');
    expect(registry.diagnostics('shell').calls).toBe(0);
    expect(clock.timers).toBe(0);
  });

  it('silently accepts late reports of calls in flight, for known and unknown tools', async () => {
    const { registry } = setUp();
    const permit = registry.tryAcquire('shell');
    let finish = (): void => {};
    let fail = (_: unknown): void => {};
    const succeeding = registry.execute(
      'shell',
      () =>
        new Promise<number>((resolve) => {
          finish = () => resolve(1);
        }),
    );
    const failing = registry.execute(
      'shell',
      () =>
        new Promise((_, reject) => {
          fail = reject;
        }),
    );
    registry.stop();
    if (permit.admitted) permit.failure(new Error('late'));
    finish();
    fail(new Error('read ECONNRESET'));
    await expect(succeeding).resolves.toBe(1);
    await expect(failing).rejects.toThrow('read ECONNRESET');
    for (const name of ['shell', 'unknown']) {
      expect(() => registry.recordSuccess(name)).not.toThrow();
      expect(() => registry.recordFailure(name, new Error('late'))).not.toThrow();
      expect(() => registry.recordFailure(name, 'cancelled')).not.toThrow();
    }
    expect(registry.diagnostics('shell').failureCount).toBe(0);
  });

  it('says clearly that it accepts no new tool', () => {
    const { registry } = stopped();
    expect(() => registry.tool('unknown')).toThrow('the registry of the tool "unknown" has stopped');
    expect(registry.tool('open').getSnapshot().status).toBe('stopped');
  });

  it('keeps the remaining backoff as of that moment', () => {
    const { clock, registry } = stopped();
    clock.advanceWithLateTimers(1e9);
    expect(registry.state('open')).toBe('open');
    expect(registry.allowRequest('open')).toBe(false);
  });

  it('is left behind by the end of a using block', () => {
    const { clock, trip, registry } = setUp();
    {
      using used = registry;
      trip('shell');
      expect(used.openCircuitCount()).toBe(1);
      expect(clock.timers).toBe(1);
    }
    expect(registry.actor.getSnapshot().status).toBe('done');
    expect(clock.timers).toBe(0);
  });

  it('stops twice as many open circuits with twice the work, and not four times', () => {
    const some = workOfStopping(1_500);
    const twice = workOfStopping(3_000);
    expect(some.itemsLookedAt).toBeGreaterThan(0);
    expect(twice.itemsLookedAt).toBeLessThanOrEqual(2.5 * some.itemsLookedAt);
    expect(twice.itemsMoved).toBeLessThanOrEqual(2.5 * some.itemsMoved);
  });
});

describe('two registries', () => {
  it('are independent', () => {
    const one = setUp();
    const two = setUp();
    one.trip('shell');
    expect(two.registry.state('shell')).toBe('closed');
    one.registry.stop();
    two.trip('shell');
    expect(two.registry.state('shell')).toBe('open');
  });
});

describe('a registry without options', () => {
  it('has the defaults of the reference', () => {
    using registry = createToolRegistry();
    for (let i = 0; i < 6; i++) registry.recordFailure('shell', 'timeout');
    expect(registry.state('shell')).toBe('closed');
    registry.recordFailure('shell', 'timeout');
    expect(registry.diagnostics('shell')).toMatchObject({ status: 'open', currentBackoffMs: 5_000 });
    expect(registry.tool('shell').getSnapshot().context.config).toEqual(defaultCircuitConfig);
  });
});
