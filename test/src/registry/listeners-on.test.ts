import { createToolRegistry, type ToolRegistryEmitted } from 'toolfuse';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { uncaughtDuring } from '../../support/agreement.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function setUp() {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 1, minBackoffMs: 1_000 },
    recovery: { maxOpenCircuits: 1 },
  });
  return { clock, registry };
}

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('registry.on', () => {
  it('refuses an event type that does not exist, by name', () => {
    const { registry } = setUp();
    expect(() => registry.on('circuit.open' as never, () => {})).toThrow(
      /^"circuit.open" is not an event; the events are circuit.opened, .+, and \* for all$/,
    );
  });

  it('receives the events of its type, and no others', () => {
    const { registry } = setUp();
    const heard: unknown[] = [];
    registry.on('circuit.opened', (event) => heard.push(event));
    registry.recordFailure('shell', 'timeout');
    registry.allowRequest('shell');
    expect(heard).toEqual([
      {
        type: 'circuit.opened',
        tool: 'shell',
        key: null,
        from: 'closed',
        openCount: 1,
        currentBackoffMs: 1_000,
        lastErrorCategory: 'timeout',
      },
    ]);
  });

  it('receives all events with *, in the order in which they happened', () => {
    const { clock, registry } = setUp();
    const heard: ToolRegistryEmitted['type'][] = [];
    registry.on('*', ({ type }) => heard.push(type));
    registry.recordFailure('shell', 'timeout');
    registry.allowRequest('shell');
    clock.advance(1_000);
    registry.recordSuccess('shell');
    registry.isolate('shell');
    registry.release('shell');
    registry.disable('shell');
    registry.recordFailure('shell', 'timeout');
    expect(heard).toEqual([
      'circuit.opened',
      'recovery.paused',
      'circuit.denied',
      'circuit.halfOpened',
      'recovery.resumed',
      'circuit.closed',
      'circuit.isolated',
      'recovery.paused',
      'circuit.closed',
      'recovery.resumed',
      'circuit.disabled',
      'circuit.spared',
    ]);
  });

  it('receives nothing after it has unsubscribed or the registry has stopped', () => {
    const { registry } = setUp();
    const heard: string[] = [];
    const gone = registry.on('circuit.isolated', () => heard.push('gone'));
    registry.on('circuit.isolated', () => heard.push('stays'));
    gone.unsubscribe();
    registry.isolate('shell');
    registry.stop();
    registry.isolate('other');
    expect(heard).toEqual(['stays']);
  });

  it('prints the errors and rejections of a listener, and they go no further', async () => {
    const { registry } = setUp();
    const boom = new Error('mine');
    const heard: string[] = [];
    const surfaced: unknown[] = [];
    const onRejection = (reason: unknown) => surfaced.push(reason);
    process.on('unhandledRejection', onRejection);
    registry.on('circuit.opened', () => {
      throw boom;
    });
    registry.on('circuit.opened', async () => {
      throw boom;
    });
    registry.on('circuit.opened', () => heard.push('after them'));
    const uncaught = await uncaughtDuring(() => registry.recordFailure('shell', 'timeout'));
    process.off('unhandledRejection', onRejection);
    expect([...surfaced, ...uncaught]).toEqual([]);
    expect(heard).toEqual(['after them']);
    expect(registry.state('shell')).toBe('open');
    expect(vi.mocked(console.error).mock.calls).toEqual([
      ['toolfuse: a listener of circuit.opened threw', boom],
      ['toolfuse: a listener of circuit.opened threw', boom],
    ]);
  });
});
