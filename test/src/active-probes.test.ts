import { type CallContext, createToolRegistry } from 'toolfuse';
import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';

/** Lets promises settle: no time passes. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function setUp(probe: (context: CallContext) => unknown, circuit = {}) {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 1, minBackoffMs: 1_000, probeTimeoutMs: 500, ...circuit },
    tools: { search: { probe } },
  });
  registry.recordFailure('search', 'network');
  const wait = async (ms: number) => {
    clock.advance(ms);
    await settle();
  };
  return { clock, registry, wait };
}

describe('an active probe', () => {
  it('closes the circuit before anybody calls', async () => {
    const contexts: CallContext[] = [];
    const { clock, registry, wait } = setUp((context) => contexts.push(context));
    await wait(1_000);
    expect(registry.state('search')).toBe('closed');
    expect(contexts).toHaveLength(1);
    expect(contexts[0]).toMatchObject({ tool: 'search', probe: true });
    expect(clock.timers).toBe(0);
  });

  it('that fails opens the circuit again, for longer, until one succeeds', async () => {
    let isUp = false;
    const probe = vi.fn(async () => {
      if (!isUp) throw new Error('connect ECONNREFUSED');
    });
    const { registry, wait } = setUp(probe);
    await wait(1_000);
    expect(registry.diagnostics('search')).toMatchObject({ status: 'open', currentBackoffMs: 2_000 });
    isUp = true;
    await wait(2_000);
    expect(registry.state('search')).toBe('closed');
    expect(probe).toHaveBeenCalledTimes(2);
  });

  it('is made as often as the verdict needs', async () => {
    const probe = vi.fn();
    const { registry, wait } = setUp(probe, { successThreshold: 3 });
    await wait(1_000);
    expect(registry.state('search')).toBe('closed');
    expect(probe).toHaveBeenCalledTimes(3);
  });

  it('that hangs is given up before its place is taken back, and its signal aborts', async () => {
    let signal: AbortSignal | undefined;
    const { registry, wait } = setUp((context) => {
      signal = context.signal;
      return new Promise(() => {});
    });
    await wait(1_000);
    expect(registry.tryAcquire('search')).toMatchObject({ reason: 'halfOpen' });
    await wait(449);
    expect(registry.state('search')).toBe('halfOpen');
    await wait(1);
    expect(signal?.aborted).toBe(true);
    expect(registry.state('search')).toBe('open');
  });

  it('that has nothing to say is not made again and again', async () => {
    const probe = vi.fn(() => Promise.reject(Object.assign(new Error('who?'), { status: 401 })));
    const { registry, wait } = setUp(probe);
    await wait(1_000);
    expect(probe).toHaveBeenCalledOnce();
    expect(registry.diagnostics('search')).toMatchObject({ status: 'halfOpen', probesInFlight: 0 });
    expect(registry.allowRequest('search')).toBe(true);
  });

  it.each(['isolate', 'forceClose', 'reset', 'stop'] as const)(
    'ends when the circuit does: %s',
    async (by) => {
      let signal: AbortSignal | undefined;
      const { clock, registry, wait } = setUp((context) => {
        signal = context.signal;
        return new Promise(() => {});
      });
      await wait(1_000);
      registry[by]('search');
      await settle();
      expect(signal?.aborted).toBe(true);
      expect(clock.timers).toBe(0);
    },
  );

  it('that throws at once is a failure like any other', async () => {
    const { registry, wait } = setUp(() => {
      throw new Error('connect ECONNREFUSED');
    });
    await wait(1_000);
    expect(registry.state('search')).toBe('open');
  });

  it('is made for a circuit that was restored half-open', async () => {
    const clock = new ManualClock();
    const options = { clock, circuit: { failureThreshold: 1, minBackoffMs: 1_000 } };
    const before = createToolRegistry(options);
    before.recordFailure('search', 'network');
    clock.advance(1_000);
    const probe = vi.fn();
    const after = createToolRegistry({
      ...options,
      tools: { search: { probe } },
      restore: before.persist(),
    });
    await settle();
    expect(probe).toHaveBeenCalledOnce();
    expect(after.state('search')).toBe('closed');
  });
});
