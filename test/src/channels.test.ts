import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createToolRegistry, type Permit } from 'toolfuse';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Channels } from '../../src/channels.ts';
import { ManualClock } from '../support/manual-clock.ts';

const listening: [string, (message: unknown) => void][] = [];
const listen = (name: string): unknown[] => {
  const heard: unknown[] = [];
  const listener = (message: unknown) => void heard.push(message);
  subscribe(name, listener);
  listening.push([name, listener]);
  return heard;
};
afterEach(() => {
  for (const [name, listener] of listening.splice(0)) unsubscribe(name, listener);
  vi.restoreAllMocks();
});

const start = () =>
  createToolRegistry({
    clock: new ManualClock(),
    circuit: { failureThreshold: 1 },
    recovery: { maxOpenCircuits: 1 },
  });

describe('the diagnostics channels', () => {
  it('tell what the registry actor emits', () => {
    const opened = listen('toolfuse:circuit.opened');
    const denied = listen('toolfuse:circuit.denied');
    const paused = listen('toolfuse:recovery.paused');
    const registry = start();
    registry.recordFailure('shell', 'network');
    registry.allowRequest('shell');
    expect(opened).toMatchObject([{ type: 'circuit.opened', tool: 'shell' }]);
    expect(denied).toMatchObject([{ type: 'circuit.denied', tool: 'shell', state: 'open' }]);
    expect(paused).toMatchObject([{ reason: '1 circuit open: shell' }]);
  });

  it('tell of each call that ended', () => {
    const calls = listen('toolfuse:call');
    const registry = start();
    const [early, late] = [registry.tryAcquire('shell'), registry.tryAcquire('shell')] as [Permit, Permit];
    early.failure('network');
    late.success();
    expect(calls).toEqual([
      { tool: 'shell', category: 'network', durationMs: 0, late: false, probe: false },
      { tool: 'shell', category: null, durationMs: 0, late: true, probe: false },
    ]);
  });

  it('publish nothing where nobody listens', () => {
    const publish = vi.fn();
    const channels = new Channels(() => ({ hasSubscribers: false, publish }));
    channels.publish({ type: 'recovery.resumed', because: 'recovered', openCount: 0 });
    expect(publish).not.toHaveBeenCalled();
    const spy = vi.spyOn(channel('toolfuse:call'), 'publish');
    start().recordSuccess('shell');
    expect(spy).not.toHaveBeenCalled();
  });

  it('are silent where the host has none', () => {
    vi.spyOn(process, 'getBuiltinModule').mockImplementation(() => {
      throw new Error('no such function');
    });
    const registry = start();
    registry.recordFailure('shell', 'network');
    expect(registry.state('shell')).toBe('open');
  });
});

describe('registry.on', () => {
  it('calls the listener with what is emitted, until it is unsubscribed', () => {
    const registry = start();
    const tools: string[] = [];
    const subscription = registry.on('circuit.opened', ({ tool }) => tools.push(tool));
    registry.recordFailure('a', 'network');
    subscription.unsubscribe();
    registry.recordFailure('b', 'network');
    expect(tools).toEqual(['a']);
  });

  it('contains what a listener throws, or rejects with', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const registry = start();
    registry.on('circuit.opened', () => {
      throw new Error('mine');
    });
    registry.on('*', async () => {
      throw new Error('later');
    });
    const heard: string[] = [];
    registry.on('circuit.opened', ({ tool }) => heard.push(tool));
    registry.recordFailure('a', 'network');
    await Promise.resolve();
    await Promise.resolve();
    expect(heard).toEqual(['a']);
    expect(registry.state('a')).toBe('open');
    expect(printed.mock.calls.map(([text]) => text)).toEqual(
      expect.arrayContaining([
        'toolfuse: a listener of circuit.opened threw',
        'toolfuse: a listener of * threw',
      ]),
    );
  });
});
