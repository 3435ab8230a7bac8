import { type CallContext, createToolRegistry, type ToolConfig } from 'toolfuse';
import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';

/** Lets all pending promises settle. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setUp(probe: (context: CallContext) => unknown, shell: ToolConfig = {}) {
  const clock = new ManualClock();
  const probed = vi.fn(probe);
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 1, minBackoffMs: 1_000, probeTimeoutMs: 5_000 },
    tools: { shell: { ...shell, probe: probed } },
  });
  const trip = (): void => registry.recordFailure('shell', 'timeout');
  const halfOpen = async (): Promise<void> => {
    trip();
    clock.advance(1_000);
    await settle();
  };
  return { clock, registry, probed, trip, halfOpen };
}

describe('an active probe', () => {
  it('succeeds with its return, also where it returns a stream that nobody reads', async () => {
    const { registry, probed, halfOpen } = setUp(async function* () {
      yield 'pong';
    });
    await halfOpen();
    expect(registry.state('shell')).toBe('closed');
    expect(probed).toHaveBeenCalledOnce();
  });

  it('runs as soon as its circuit is half-open, and its success closes the circuit before any call', async () => {
    const { clock, registry, probed, trip } = setUp(async () => 'pong');
    trip();
    clock.advance(999);
    await settle();
    expect(probed).not.toHaveBeenCalled();
    clock.advance(1);
    await settle();
    expect(probed).toHaveBeenCalledOnce();
    expect(probed.mock.calls[0]?.[0]).toMatchObject({ tool: 'shell', probe: true });
    expect(registry.state('shell')).toBe('closed');
    expect(clock.timers).toBe(0);
  });

  it('that fails opens the circuit again, with a longer backoff, and another follows', async () => {
    const { clock, registry, probed, halfOpen } = setUp(() => {
      throw new Error('connect ECONNREFUSED');
    });
    await halfOpen();
    expect(registry.diagnostics('shell')).toMatchObject({
      status: 'open',
      currentBackoffMs: 2_000,
      lastErrorCategory: 'network',
    });
    clock.advance(2_000);
    await settle();
    expect(probed).toHaveBeenCalledTimes(2);
    expect(registry.diagnostics('shell').currentBackoffMs).toBe(4_000);
  });

  it('runs as many times as closing takes successes', async () => {
    const { registry, probed, halfOpen } = setUp(async () => 'pong', { successThreshold: 3 });
    await halfOpen();
    expect(probed).toHaveBeenCalledTimes(3);
    expect(registry.state('shell')).toBe('closed');
  });

  it('without a verdict leaves the circuit half-open and its slot free', async () => {
    const { registry, probed, halfOpen } = setUp(() => {
      throw Object.assign(new Error('no'), { status: 401 });
    });
    await halfOpen();
    expect(probed).toHaveBeenCalledOnce();
    expect(registry.diagnostics('shell')).toMatchObject({ status: 'halfOpen', probesInFlight: 0 });
  });

  it('that hangs counts as failed: its signal aborts, and the circuit opens again', async () => {
    const { clock, registry, probed, halfOpen } = setUp(() => new Promise(() => {}));
    await halfOpen();
    const signal = probed.mock.calls[0]?.[0].signal;
    // The rejection that a timer causes is handled before the next timer fires.
    clock.advance(4_999);
    await settle();
    clock.advance(1);
    expect(signal?.aborted).toBe(true);
    expect(registry.diagnostics('shell')).toMatchObject({
      status: 'open',
      lastErrorCategory: 'timeout',
      currentBackoffMs: 2_000,
    });
  });

  it('takes the probe slot: while it runs, calls are refused', async () => {
    const { registry, halfOpen } = setUp(() => new Promise(() => {}));
    await halfOpen();
    expect(registry.tryAcquire('shell')).toMatchObject({ admitted: false, reason: 'halfOpen' });
  });

  it('does not run if a call has already taken the slot', async () => {
    const { clock, registry, probed, trip } = setUp(async () => 'pong');
    trip();
    clock.advanceWithLateTimers(1_000);
    const call = registry.tryAcquire('shell');
    await settle();
    expect(probed).not.toHaveBeenCalled();
    if (call.admitted) call.success();
    expect(registry.state('shell')).toBe('closed');
  });

  it.each<[string, (made: ReturnType<typeof setUp>) => void]>([
    ['has been closed', ({ registry }) => registry.recordSuccess('shell')],
    ['has opened again', ({ trip }) => trip()],
    ['has been forgotten', ({ registry }) => registry.reset('shell')],
  ])('does not run if its circuit %s before it could begin', async (_, act) => {
    const made = setUp(async () => 'pong');
    made.trip();
    made.clock.advance(1_000);
    act(made);
    await settle();
    expect(made.probed).not.toHaveBeenCalled();
  });

  it('runs once where its circuit becomes half-open twice before it could begin', async () => {
    const { clock, probed, trip } = setUp(() => new Promise(() => {}), { halfOpenMaxProbes: 2 });
    trip();
    clock.advance(1_000);
    trip();
    clock.advance(2_000);
    await settle();
    expect(probed).toHaveBeenCalledOnce();
  });

  it.each<[string, (made: ReturnType<typeof setUp>) => void]>([
    ['is isolated', ({ registry }) => registry.isolate('shell')],
    ['is closed by hand', ({ registry }) => registry.forceClose('shell')],
    ['opens again', ({ trip }) => trip()],
    ['is closed by a recorded success', ({ registry }) => registry.recordSuccess('shell')],
    ['belongs to a registry that stops', ({ registry }) => registry.stop()],
    ['is forgotten', ({ registry }) => registry.reset('shell')],
  ])('is aborted when its circuit %s, and then counts for nothing', async (_, act) => {
    const made = setUp(() => new Promise(() => {}));
    await made.halfOpen();
    const signal = made.probed.mock.calls[0]?.[0].signal;
    act(made);
    const state = made.registry.state('shell');
    await settle();
    expect(signal?.aborted).toBe(true);
    expect(made.registry.state('shell')).toBe(state);
    expect(made.probed).toHaveBeenCalledOnce();
  });

  it('runs for a circuit that was half-open when the process stopped', async () => {
    const { clock, registry, halfOpen } = setUp(() => new Promise(() => {}));
    await halfOpen();
    const probe = vi.fn(async () => 'pong');
    const restored = createToolRegistry({ clock, tools: { shell: { probe } }, restore: registry.persist() });
    await settle();
    expect(probe).toHaveBeenCalledOnce();
    expect(restored.state('shell')).toBe('closed');
  });

  it('of an upstream makes all its tools available again', async () => {
    const clock = new ManualClock();
    const registry = createToolRegistry({
      clock,
      circuit: { failureThreshold: 1, minBackoffMs: 1_000 },
      tools: { search: { upstream: 'server' }, server: { probe: async () => 'pong' } },
    });
    registry.recordFailure('search', 'network');
    expect(registry.availableTools(['search'])).toEqual([]);
    clock.advance(1_000);
    await settle();
    expect(registry.state('server')).toBe('closed');
    expect(registry.availableTools(['search'])).toEqual(['search']);
  });

  it('must be a function', () => {
    expect(() => createToolRegistry({ tools: { shell: { probe: 'ping' as never } } })).toThrow(
      'tools["shell"].probe must be a function, got "ping"',
    );
  });
});
