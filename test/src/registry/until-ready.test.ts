import { getEventListeners } from 'node:events';
import { createToolRegistry, RegistryStoppedError, type UntilReadyOptions } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { isObserved } from '../../../machines/xstate-internals.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const setUp = () => {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 1, minBackoffMs: 1_000, probeTimeoutMs: 10_000 },
    tools: { search: { upstream: 'github' } },
  });
  /** Whether a wait has ended. */
  const watch = (tool: string, options?: UntilReadyOptions) => {
    const wait = registry.untilReady(tool, options);
    const seen = { isOver: false };
    wait.then(
      () => (seen.isOver = true),
      () => (seen.isOver = true),
    );
    const isOver = async (): Promise<boolean> => {
      await new Promise((resolve) => setImmediate(resolve));
      return seen.isOver;
    };
    return { wait, isOver };
  };
  return { clock, registry, watch };
};

describe('a wait for a tool', () => {
  it('ends at once if a call would be admitted', async () => {
    const { registry, clock } = setUp();
    await registry.untilReady('unknown');
    await registry.untilReady('search');
    expect(clock.timers).toBe(0);
    expect(registry.snapshot().diagnostics).toEqual([]);
  });

  it('ends when the backoff does', async () => {
    const { clock, registry, watch } = setUp();
    registry.recordFailure('shell', 'timeout');
    const { isOver } = watch('shell');
    clock.advance(999);
    expect(await isOver()).toBe(false);
    clock.advance(1);
    expect(await isOver()).toBe(true);
    expect(registry.allowRequest('shell')).toBe(true);
  });

  it('also waits for the tool’s upstream', async () => {
    const { clock, registry, watch } = setUp();
    registry.isolate('github', { forMs: 500 });
    registry.recordFailure('search', 'executionError');
    const { isOver } = watch('search');
    clock.advance(500);
    expect(await isOver()).toBe(false);
    clock.advance(500);
    expect(await isOver()).toBe(true);
  });

  it('waits for the upstream in its options', async () => {
    const { clock, registry, watch } = setUp();
    registry.isolate('disk', { forMs: 500 });
    const { isOver } = watch('grep', { upstream: 'disk' });
    expect(await isOver()).toBe(false);
    clock.advance(500);
    expect(await isOver()).toBe(true);
  });

  it.each([
    ['is released', (registry: ReturnType<typeof createToolRegistry>) => registry.release('shell')],
    ['is closed by hand', (registry) => registry.forceClose('shell')],
    ['is disabled', (registry) => registry.disable('shell')],
    ['is forgotten', (registry) => registry.reset('shell')],
    ['is reset by an event', (registry) => registry.tool('shell').send({ type: 'RESET' })],
  ] satisfies [string, (registry: ReturnType<typeof createToolRegistry>) => void][])(
    'is over when an isolated circuit %s',
    async (_, release) => {
      const { clock, registry, watch } = setUp();
      registry.isolate('shell');
      const { isOver } = watch('shell');
      clock.advance(1e9);
      expect(await isOver()).toBe(false);
      release(registry);
      expect(await isOver()).toBe(true);
      expect(clock.timers).toBe(0);
    },
  );

  it('waits while another call probes the tool, and continues to wait if the probe fails', async () => {
    const { clock, registry, watch } = setUp();
    registry.recordFailure('shell', 'timeout');
    clock.advance(1_000);
    const probe = registry.tryAcquire('shell');
    const { isOver } = watch('shell');
    expect(await isOver()).toBe(false);
    if (probe.admitted) probe.failure('timeout');
    expect(await isOver()).toBe(false);
    clock.advance(2_000);
    expect(await isOver()).toBe(true);
  });

  it('ends when a probe’s slot becomes free', async () => {
    const { clock, registry, watch } = setUp();
    registry.recordFailure('shell', 'timeout');
    clock.advance(1_000);
    const probe = registry.tryAcquire('shell');
    const { isOver } = watch('shell');
    if (probe.admitted) probe.release();
    expect(await isOver()).toBe(true);
  });

  it('ends with an error where its signal knows no reason', async () => {
    const { registry } = setUp();
    const signal = { aborted: true, addEventListener: () => {}, removeEventListener: () => {} };
    const wait = registry.untilReady('search', { signal: signal as unknown as AbortSignal });
    await expect(wait).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('ends with the reason of its signal, and leaves no listener and no timer', async () => {
    const { clock, registry } = setUp();
    registry.isolate('shell');
    const controller = new AbortController();
    const wait = registry.untilReady('shell', { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(wait).rejects.toThrow('enough');
    await expect(registry.untilReady('shell', { signal: controller.signal })).rejects.toThrow('enough');
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    expect(clock.timers).toBe(0);
  });

  it('leaves no listener and no timer when it ends', async () => {
    const { clock, registry } = setUp();
    registry.isolate('shell');
    const { signal } = new AbortController();
    const waits = Array.from({ length: 20 }, () => registry.untilReady('shell', { signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    registry.release('shell');
    await Promise.all(waits);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(clock.timers).toBe(0);
  });

  it('has a timer for the end of the backoff, which keeps the process alive, and stops watching when it ends', async () => {
    const clock = new ManualClock();
    const asked: [number, boolean | undefined][] = [];
    const setTimeout = (fn: () => void, ms: number, keepAlive?: boolean) => {
      asked.push([ms, keepAlive]);
      return clock.setTimeout(fn, ms);
    };
    const registry = createToolRegistry({
      clock: { ...clock, setTimeout },
      circuit: { failureThreshold: 1, minBackoffMs: 1_000 },
    });
    registry.recordFailure('shell', 'timeout');
    asked.length = 0;
    const wait = registry.untilReady('shell');
    expect(asked).toEqual([[1_000, true]]);
    clock.advance(1_000);
    await wait;
    expect(isObserved(registry.tool('shell'))).toBe(false);
  });

  it('ends with an error if the registry stops or has stopped', async () => {
    const { registry } = setUp();
    registry.isolate('shell');
    const wait = registry.untilReady('shell');
    registry.stop();
    await expect(wait).rejects.toBeInstanceOf(RegistryStoppedError);
    await expect(registry.untilReady('unknown')).rejects.toBeInstanceOf(RegistryStoppedError);
  });

  it.each([
    [5, TypeError, 'options must be an object, got 5'],
    [{ sginal: null }, TypeError, 'sginal is not an option; the options are upstream, input, key, signal'],
    [{ signal: {} }, TypeError, 'signal must be an AbortSignal, got an object'],
  ])('does not start with %j', async (options, kind, message) => {
    const { registry } = setUp();
    const wait = registry.untilReady('shell', options as never);
    await expect(wait).rejects.toBeInstanceOf(kind);
    await expect(wait).rejects.toThrow(message);
  });
});
