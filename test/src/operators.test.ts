import { createToolRegistry, type ToolRegistryOptions } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';

function setUp(options: ToolRegistryOptions = {}, clock = new ManualClock()) {
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 2, minBackoffMs: 1_000 },
    ...options,
  });
  const news: string[] = [];
  registry.on('*', (event) => news.push('tool' in event ? `${event.type} ${event.tool}` : event.type));
  const trip = (tool: string) => {
    registry.recordFailure(tool, 'timeout');
    registry.recordFailure(tool, 'timeout');
  };
  return { clock, registry, news, trip };
}

describe('isolation for a time', () => {
  it('ends by itself, to the millisecond', () => {
    const { clock, registry } = setUp();
    registry.isolate('shell', { forMs: 500 });
    expect(registry.diagnostics('shell').isolatedUntil).toBe(500);
    clock.advance(499);
    expect(registry.state('shell')).toBe('isolated');
    clock.advance(1);
    expect(registry.state('shell')).toBe('closed');
    expect(clock.timers).toBe(0);
  });

  it('refuses nobody where the timer is late', () => {
    const { clock, registry } = setUp();
    registry.isolate('shell', { forMs: 500 });
    clock.advanceWithLateTimers(500);
    expect(registry.allowRequest('shell')).toBe(true);
    expect(registry.state('shell')).toBe('closed');
  });

  it('says when to come back', () => {
    const { clock, registry } = setUp();
    registry.isolate('shell', { forMs: 500 });
    clock.advance(200);
    expect(registry.tryAcquire('shell')).toMatchObject({
      reason: 'isolated',
      kind: 'withheld',
      retryAfterMs: 300,
    });
  });

  it('lasts as long as the longest one, and until those without an end are released', () => {
    const { clock, registry } = setUp();
    registry.isolate('shell', { forMs: 500 });
    registry.isolate('shell', { forMs: 200 });
    registry.isolate('shell');
    clock.advance(1_000);
    expect(registry.state('shell')).toBe('isolated');
    registry.isolate('shell', { forMs: 500 });
    registry.release('shell');
    expect(registry.state('shell')).toBe('isolated');
    clock.advance(500);
    expect(registry.state('shell')).toBe('closed');
  });

  it('can be released before', () => {
    const { clock, registry } = setUp();
    registry.isolate('shell', { forMs: 500 });
    registry.release('shell');
    expect(registry.state('shell')).toBe('closed');
    expect(clock.timers).toBe(0);
  });

  it('longer than a timer can hold is waited in parts', () => {
    const { clock, registry } = setUp();
    registry.isolate('shell', { forMs: 2 ** 32 });
    clock.advance(2 ** 31);
    expect(registry.state('shell')).toBe('isolated');
    clock.advance(2 ** 31);
    expect(registry.state('shell')).toBe('closed');
  });

  it.each([0, -1, Number.NaN, Infinity, '5'])('refuses %s', (forMs) => {
    const { registry } = setUp();
    expect(() => registry.isolate('shell', { forMs: forMs as number })).toThrow(
      /^forMs must be a finite number of milliseconds above 0, got /,
    );
    expect(registry.state('shell')).toBe('closed');
  });

  it('survives a restart, and ends when it was meant to', () => {
    const { clock, registry } = setUp();
    registry.isolate('shell', { forMs: 500 });
    const later = new ManualClock(7);
    later.wallOffsetMs = clock.wallNow() + 200 - 7;
    const { registry: restored } = setUp({ restore: registry.persist() }, later);
    expect(restored.state('shell')).toBe('isolated');
    later.advance(299);
    expect(restored.state('shell')).toBe('isolated');
    later.advance(1);
    expect(restored.state('shell')).toBe('closed');
  });
});

describe('a disabled tool', () => {
  it('lets every call through, and keeps counting', () => {
    const { registry, trip } = setUp();
    trip('shell');
    registry.disable('shell');
    expect(registry.state('shell')).toBe('disabled');
    expect(registry.openCircuits()).toEqual([]);
    for (let i = 0; i < 5; i++) {
      expect(registry.allowRequest('shell')).toBe(true);
      registry.recordFailure('shell', 'network');
    }
    expect(registry.diagnostics('shell')).toMatchObject({ status: 'disabled', failureCount: 5, calls: 7 });
    expect(registry.availableTools(['shell'])).toEqual(['shell']);
  });

  it('20: over the threshold tells of it once until a success, and does not move', () => {
    const { registry, news, trip } = setUp();
    registry.disable('shell');
    trip('shell');
    trip('shell');
    expect(news).toEqual(['circuit.disabled shell', 'circuit.spared shell']);
    registry.recordSuccess('shell');
    trip('shell');
    expect(news.filter((each) => each === 'circuit.spared shell')).toHaveLength(2);
    expect(registry.actor.getSnapshot().value).toBe('operational');
  });

  it.each(['release', 'forceClose', 'isolate'] as const)('is taken out of it by %s', (by) => {
    const { registry } = setUp();
    registry.disable('shell');
    registry[by]('shell');
    expect(registry.state('shell')).toBe(by === 'isolate' ? 'isolated' : 'closed');
  });

  it('survives a restart', () => {
    const { registry } = setUp();
    registry.disable('shell');
    const { registry: restored } = setUp({ restore: registry.persist() });
    expect(restored.state('shell')).toBe('disabled');
  });
});

describe('forceClose', () => {
  it.each(['open', 'halfOpen', 'isolated', 'disabled', 'closed'] as const)(
    'closes a tool that is %s',
    (state) => {
      const { clock, registry, trip } = setUp();
      if (state === 'open' || state === 'halfOpen') trip('shell');
      if (state === 'halfOpen') clock.advance(1_000);
      if (state === 'isolated') {
        registry.isolate('shell');
        registry.isolate('shell');
      }
      if (state === 'disabled') registry.disable('shell');
      if (state === 'closed') registry.recordFailure('shell', 'timeout');
      expect(registry.state('shell')).toBe(state);
      registry.forceClose('shell');
      expect(registry.diagnostics('shell')).toMatchObject({ status: 'closed', failureCount: 0 });
      expect(clock.timers).toBe(0);
    },
  );

  it('does not make a tool known', () => {
    const { registry } = setUp();
    registry.forceClose('shell');
    expect(registry.snapshot().diagnostics).toEqual([]);
  });
});

describe('a cap on how many tools may trip', () => {
  const capped = { recovery: { maxOpenShare: 0.5, maxOpenCircuits: 10, cooldownMs: 1_000 } };

  it('keeps the one past it closed, and calls for a pause that names it', () => {
    const { registry, news, trip } = setUp(capped);
    for (const tool of 'abcd') registry.tool(tool);
    for (const tool of 'abc') trip(tool);
    expect(registry.openCircuits()).toEqual(['a', 'b']);
    expect(registry.state('c')).toBe('closed');
    expect(news).toEqual(['circuit.opened a', 'circuit.opened b', 'circuit.spared c', 'recovery.paused']);
    expect(registry.recovery().reason).toBe('2 circuits open: a, b; c fails too, and no more may open');
  });

  it('lets the next one trip once another has closed, and the pause end', () => {
    const { registry, news, trip } = setUp(capped);
    for (const tool of 'abcd') registry.tool(tool);
    for (const tool of 'abc') trip(tool);
    registry.recordSuccess('a');
    expect(news.at(-1)).toBe('recovery.resumed');
    registry.recordFailure('c', 'timeout');
    expect(registry.openCircuits()).toEqual(['b', 'c']);
  });

  it('lets one trip of however few', () => {
    const { registry, trip } = setUp(capped);
    trip('a');
    trip('b');
    expect(registry.openCircuits()).toEqual(['a']);
  });

  it('counts those that are half-open, and not those that an operator opened', () => {
    const { clock, registry, trip } = setUp(capped);
    for (const tool of 'abcd') registry.tool(tool);
    registry.isolate('d');
    trip('a');
    clock.advance(1_000);
    expect(registry.state('a')).toBe('halfOpen');
    trip('b');
    trip('c');
    expect(registry.openCircuits()).toEqual(['d', 'b']);
  });

  it('is off unless it is asked for', () => {
    const { registry, trip } = setUp({ recovery: { maxOpenCircuits: 10 } });
    for (const tool of 'abc') trip(tool);
    expect(registry.openCircuits()).toEqual(['a', 'b', 'c']);
  });
});
