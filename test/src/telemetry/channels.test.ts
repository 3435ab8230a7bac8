import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createToolRegistry } from 'toolfuse';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Channels } from '../../../src/telemetry/channels.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const subscriptions: [string, (message: unknown) => void][] = [];

/** Everything that is published on a channel from now on. */
function messagesOf(name: string): unknown[] {
  const messages: unknown[] = [];
  const listener = (message: unknown) => void messages.push(message);
  subscribe(name, listener);
  subscriptions.push([name, listener]);
  return messages;
}

afterEach(() => {
  for (const [name, listener] of subscriptions.splice(0)) unsubscribe(name, listener);
});

function setUp() {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 1, minBackoffMs: 1_000, probeTimeoutMs: 5_000 },
    recovery: { maxOpenCircuits: 1, maxOpenShare: 1 },
  });
  return { clock, registry };
}

describe('the diagnostics channels', () => {
  it('carry each event that a registry emits, under its type', () => {
    const types = [
      'circuit.opened',
      'circuit.halfOpened',
      'circuit.closed',
      'circuit.isolated',
      'circuit.disabled',
      'circuit.denied',
      'circuit.spared',
      'recovery.paused',
      'recovery.resumed',
    ] as const;
    const published = types.map((type) => [type, messagesOf(`toolfuse:${type}`)] as const);
    const { clock, registry } = setUp();
    const emitted: { type: string }[] = [];
    registry.on('*', (event) => emitted.push(event));
    registry.recordFailure('shell', 'timeout');
    registry.allowRequest('shell');
    clock.advance(1_000);
    registry.isolate('shell');
    registry.disable('shell');
    registry.recordFailure('shell', 'timeout');
    registry.release('shell');
    for (const [type, messages] of published) {
      expect(messages.length, type).toBeGreaterThan(0);
      expect(messages).toEqual(emitted.filter((event) => event.type === type));
    }
  });

  it('carry each ended call: its registry, tool, category and duration, and whether it was late or a probe', async () => {
    const messages = messagesOf('toolfuse:call');
    const { clock, registry } = setUp();
    const call = {
      registry: registry.actor,
      key: null,
      tool: 'shell',
      category: null,
      durationMs: 0,
      late: false,
      probe: false,
    };
    const late = registry.tryAcquire('shell');
    await registry.execute('shell', async () => clock.advance(3));
    registry.recordFailure('shell', 'timeout');
    if (late.admitted) late.failure('network');
    clock.advance(1_000);
    const probe = registry.tryAcquire('shell');
    clock.advance(2);
    if (probe.admitted) probe.success();
    registry.tool('shell').send({ type: 'SUCCESS', durationMs: 9 });
    const controller = new AbortController();
    const cancelled = registry.execute('shell', () => new Promise(() => {}), { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(cancelled).rejects.toThrow('enough');
    expect(messages).toEqual([
      { ...call, durationMs: 3 },
      { ...call, category: 'timeout', durationMs: null },
      { ...call, category: 'network', durationMs: 3, late: true },
      { ...call, durationMs: 2, probe: true },
      { ...call, durationMs: 9 },
      { ...call, category: 'cancelled', durationMs: null },
    ]);
  });

  it('mark the result of a probe as late after its slot was reclaimed', () => {
    const messages = messagesOf('toolfuse:call');
    const { clock, registry } = setUp();
    registry.recordFailure('shell', 'timeout');
    clock.advance(1_000);
    const hung = registry.tryAcquire('shell');
    clock.advance(5_000);
    if (hung.admitted) hung.success();
    expect(registry.diagnostics('shell').lateResults).toBe(1);
    expect(messages.at(-1)).toMatchObject({ late: true, probe: true });
  });

  it('carry nothing while they have no subscribers', () => {
    const names = ['call', 'circuit.opened', 'circuit.denied', 'recovery.paused'];
    const published = names.map((name) => vi.spyOn(channel(`toolfuse:${name}`), 'publish'));
    const { registry } = setUp();
    registry.recordFailure('shell', 'timeout');
    registry.allowRequest('shell');
    expect(published.map((publish) => publish.mock.calls.length)).toEqual([0, 0, 0, 0]);
    vi.restoreAllMocks();
  });

  it('carry nothing of an event of no known type', () => {
    expect(() => new Channels().publish({ type: 'unknown' } as never)).not.toThrow();
  });

  it('reach late subscribers, but not former ones', () => {
    const { registry } = setUp();
    registry.recordFailure('shell', 'timeout');
    const messages = messagesOf('toolfuse:circuit.denied');
    registry.allowRequest('shell');
    expect(messages).toEqual([
      {
        type: 'circuit.denied',
        tool: 'shell',
        key: null,
        at: 0,
        state: 'open',
        lastErrorCategory: 'timeout',
      },
    ]);
    const [subscription] = subscriptions.splice(0);
    if (subscription !== undefined) unsubscribe(...subscription);
    registry.allowRequest('shell');
    expect(messages).toHaveLength(1);
  });

  it('are silent if the host has no diagnostics channels', () => {
    const getBuiltinModule = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
    const channels = new Channels();
    expect(channels.call.hasSubscribers).toBe(false);
    expect(() =>
      channels.publish({ type: 'recovery.resumed', because: 'recovered', openCount: 0 }),
    ).not.toThrow();
    getBuiltinModule.mockRestore();
  });
});
