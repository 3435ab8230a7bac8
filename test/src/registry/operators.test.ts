import { createToolRegistry, type ToolRegistry } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { expectAgreement } from '../../support/agreement.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const circuit = { failureThreshold: 2, minBackoffMs: 1_000 };

function setUp() {
  const clock = new ManualClock();
  const registry = createToolRegistry({ clock, circuit });
  const heard: string[] = [];
  registry.on('*', ({ type }) => heard.push(type));
  const fail = (times = 1): void => {
    for (let i = 0; i < times; i++) registry.recordFailure('shell', 'timeout');
  };
  const state = () => registry.state('shell');
  return { clock, registry, heard, fail, state };
}

const into: Record<string, (made: ReturnType<typeof setUp>) => void> = {
  'never used': () => {},
  closed: ({ fail }) => fail(),
  open: ({ fail }) => fail(2),
  'half-open': ({ clock, fail }) => {
    fail(2);
    clock.advance(1_000);
  },
  isolated: ({ registry }) => registry.isolate('shell'),
  disabled: ({ registry }) => registry.disable('shell'),
};

describe('an isolation with an end', () => {
  it('refuses calls until then, says when to try again, and ends by itself', () => {
    const { clock, registry, heard, state } = setUp();
    registry.isolate('shell', { forMs: 5_000 });
    expect(registry.diagnostics('shell')).toMatchObject({ status: 'isolated', isolatedUntil: 5_000 });
    clock.advance(4_999);
    expect(registry.tryAcquire('shell')).toMatchObject({
      admitted: false,
      reason: 'isolated',
      kind: 'withheld',
      retryAfterMs: 1,
      retryAt: clock.wallNow() + 1,
    });
    clock.advance(1);
    expect(state()).toBe('closed');
    expect(heard).toEqual(['circuit.isolated', 'circuit.denied', 'circuit.closed']);
    expect(clock.timers).toBe(0);
  });

  it('admits a call as soon as it has ended, even if its timer is late', () => {
    const { clock, registry, state } = setUp();
    registry.isolate('shell', { forMs: 5_000 });
    clock.advanceWithLateTimers(5_000);
    expect(registry.availableTools(['shell'])).toEqual(['shell']);
    expect(registry.tryAcquire('shell')).toMatchObject({ admitted: true, probe: false });
    expect(state()).toBe('closed');
    clock.advance(0);
    expect(state()).toBe('closed');
    expect(clock.timers).toBe(0);
  });

  it('lasts as long as the longest one requested', () => {
    const { clock, registry, state } = setUp();
    registry.isolate('shell', { forMs: 5_000 });
    registry.isolate('shell', { forMs: 1_000 });
    clock.advance(2_000);
    expect(state()).toBe('isolated');
    registry.isolate('shell', { forMs: 4_000 });
    clock.advance(3_999);
    expect(state()).toBe('isolated');
    clock.advance(1);
    expect(state()).toBe('closed');
  });

  it('may be longer than the longest host timer', () => {
    const { clock, registry, state } = setUp();
    registry.isolate('shell', { forMs: 2 ** 32 });
    clock.advance(2 ** 32 - 1);
    expect(state()).toBe('isolated');
    clock.advance(1);
    expect(state()).toBe('closed');
  });

  it('ends early when it is released, and leaves no timer', () => {
    const { clock, registry, state } = setUp();
    registry.isolate('shell', { forMs: 5_000 });
    registry.release('shell');
    expect(state()).toBe('closed');
    expect(clock.timers).toBe(0);
  });

  it.each([0, -1, Number.NaN, Infinity, '5', null])('cannot last for %j', (forMs) => {
    const { registry } = setUp();
    expect(() => registry.isolate('shell', { forMs: forMs as number })).toThrow(
      /^forMs must be a finite number of milliseconds above 0, got /,
    );
    expect(registry.snapshot().diagnostics).toEqual([]);
  });
});

describe('isolations with and without an end', () => {
  it('last until that end if the one without an end is released earlier', () => {
    const { clock, registry, state } = setUp();
    registry.isolate('shell', { forMs: 5_000 });
    registry.isolate('shell');
    registry.release('shell');
    expect(state()).toBe('isolated');
    clock.advance(5_000);
    expect(state()).toBe('closed');
  });

  it('last until the release if the end comes earlier', () => {
    const { clock, registry, state } = setUp();
    registry.isolate('shell');
    registry.isolate('shell', { forMs: 5_000 });
    clock.advance(60_000);
    expect(state()).toBe('isolated');
    expect(registry.tryAcquire('shell')).toMatchObject({ reason: 'isolated', retryAfterMs: null });
    registry.release('shell');
    expect(state()).toBe('closed');
  });

  it('are released one by one', () => {
    const { registry, state, heard } = setUp();
    registry.isolate('shell');
    registry.isolate('shell');
    registry.isolate('shell', { forMs: 5_000 });
    const states = [1, 2, 3].map(() => {
      registry.release('shell');
      return state();
    });
    expect(states).toEqual(['isolated', 'isolated', 'closed']);
    expect(heard).toEqual(['circuit.isolated', 'circuit.closed']);
  });
});

describe('disable', () => {
  it.each(Object.keys(into))('admits every call of a tool that was %s, even if calls fail', (before) => {
    const made = setUp();
    into[before]?.(made);
    made.registry.disable('shell');
    made.fail(20);
    expect(made.state()).toBe('disabled');
    expect(made.registry.allowRequest('shell')).toBe(true);
    expect(made.registry.tryAcquire('shell')).toMatchObject({ admitted: true, probe: false });
    expect(made.registry.availableTools(['shell'])).toEqual(['shell']);
    expect(made.registry.openCircuitCount()).toBe(0);
    expect(made.clock.timers).toBe(0);
    expectAgreement(made.registry);
  });

  it('emits its event once', () => {
    const { registry, heard } = setUp();
    registry.disable('shell');
    registry.disable('shell');
    expect(heard).toEqual(['circuit.disabled']);
  });

  it.each<[string, (registry: ToolRegistry) => void]>([
    ['release', (registry) => registry.release('shell')],
    ['forceClose', (registry) => registry.forceClose('shell')],
  ])('ends at %s, and the circuit starts over', (_, end) => {
    const { registry, fail, state } = setUp();
    registry.disable('shell');
    fail(20);
    end(registry);
    expect(state()).toBe('closed');
    fail();
    expect(state()).toBe('closed');
    fail();
    expect(state()).toBe('open');
  });

  it('keeps a closed circuit’s count of failures', () => {
    const { registry, fail } = setUp();
    fail();
    registry.disable('shell');
    expect(registry.diagnostics('shell').failureCount).toBe(1);
  });
});

describe('release', () => {
  it.each(['never used', 'closed', 'open', 'half-open'])('does nothing to a tool that is %s', (before) => {
    const made = setUp();
    into[before]?.(made);
    const { diagnostics } = made.registry.snapshot();
    made.registry.release('shell');
    expect(made.registry.snapshot().diagnostics).toEqual(diagnostics);
  });
});

describe('who isolated a tool', () => {
  it('is said for as long as it is isolated, and after a restart', () => {
    const { registry } = setUp();
    registry.isolate('shell', { by: 'Ann' });
    registry.isolate('shell');
    expect(registry.diagnostics('shell')).toMatchObject({ status: 'isolated', isolatedBy: 'Ann' });
    registry.isolate('shell', { by: 'Bob' });
    expect(registry.diagnostics('shell').isolatedBy).toBe('Bob');
    const restarted = createToolRegistry({ restore: registry.persist() });
    expect(restarted.diagnostics('shell')).toMatchObject({ status: 'isolated', isolatedBy: 'Bob' });
    restarted.stop();
    registry.forceClose('shell');
    expect(registry.diagnostics('shell').isolatedBy).toBeNull();
  });

  it('is unknown if it was not said, and must be a text', () => {
    const { registry } = setUp();
    registry.isolate('shell');
    expect(registry.diagnostics('shell').isolatedBy).toBeNull();
    expect(() => registry.isolate('search', { by: '' })).toThrow('by must be a non-empty string');
    expect(registry.state('search')).toBe('closed');
    registry.isolate('search', { by: 'x'.repeat(1_000) });
    expect(registry.diagnostics('search').isolatedBy).toHaveLength(100);
  });
});

describe('forceClose', () => {
  it.each(Object.keys(into))('closes a circuit that is %s, and forgets its failures and timers', (before) => {
    const made = setUp();
    into[before]?.(made);
    const { openCount } = made.registry.diagnostics('shell');
    made.registry.forceClose('shell');
    expect(made.registry.diagnostics('shell')).toMatchObject({
      status: 'closed',
      failureCount: 0,
      currentBackoffMs: 0,
      remainingBackoffMs: null,
      openedAt: null,
      isolatedUntil: null,
      lastErrorCategory: null,
      openCount,
    });
    expect(made.clock.timers).toBe(0);
    expectAgreement(made.registry);
  });

  it('undoes every isolation at once', () => {
    const { registry, state } = setUp();
    registry.isolate('shell');
    registry.isolate('shell');
    registry.isolate('shell', { forMs: 9 });
    registry.forceClose('shell');
    registry.isolate('shell');
    registry.release('shell');
    expect(state()).toBe('closed');
  });

  it('does not create a circuit for an unknown tool', () => {
    const { registry } = setUp();
    registry.forceClose('shell');
    expect(registry.snapshot().diagnostics).toEqual([]);
  });

  it('of a closed circuit does not count as a recovery: the next trip starts at the first backoff step', () => {
    const clock = new ManualClock();
    const steps: number[] = [];
    const backoff = (step: number): number => {
      steps.push(step);
      return 1_000;
    };
    const registry = createToolRegistry({
      clock,
      circuit: { failureThreshold: 1, backoff, backoffResetMs: 60_000 },
    });
    registry.tool('shell');
    registry.forceClose('shell');
    registry.recordFailure('shell', 'timeout');
    expect(new Set(steps)).toEqual(new Set([0]));
  });
});

describe('an operator’s action', () => {
  const restart = (clock: ManualClock, registry: ToolRegistry): ToolRegistry => {
    const document = registry.persist();
    registry.stop();
    return createToolRegistry({ clock, circuit, restore: document });
  };

  it('survives a restart: isolated, for the rest of its time', () => {
    const { clock, registry } = setUp();
    registry.isolate('shell', { forMs: 5_000 });
    clock.advance(2_000);
    const restored = restart(clock, registry);
    clock.advance(2_999);
    expect(restored.state('shell')).toBe('isolated');
    clock.advance(1);
    expect(restored.state('shell')).toBe('closed');
    expectAgreement(restored);
  });

  it('survives a restart: isolated, as often as before', () => {
    const { clock, registry } = setUp();
    registry.isolate('shell');
    registry.isolate('shell', { forMs: 5_000 });
    const restored = restart(clock, registry);
    clock.advance(5_000);
    expect(restored.state('shell')).toBe('isolated');
    restored.release('shell');
    expect(restored.state('shell')).toBe('closed');
  });

  it('survives a restart: disabled, with its count kept', () => {
    const { clock, registry, fail } = setUp();
    registry.disable('shell');
    fail(3);
    const restored = restart(clock, registry);
    expect(restored.diagnostics('shell')).toMatchObject({ status: 'disabled', failureCount: 3 });
    expectAgreement(restored);
    restored.release('shell');
    expect(restored.state('shell')).toBe('closed');
  });

  it('survives a restart: closed by hand', () => {
    const { clock, registry, fail } = setUp();
    fail(2);
    registry.forceClose('shell');
    expect(restart(clock, registry).state('shell')).toBe('closed');
  });

  it('has ended after a restart if its time ran out while the process was down', () => {
    const { clock, registry } = setUp();
    registry.isolate('shell', { forMs: 5_000 });
    const document = registry.persist();
    clock.wallOffsetMs += 5_000;
    const restored = createToolRegistry({ clock, circuit, restore: document });
    expect(restored.allowRequest('shell')).toBe(true);
    expect(restored.state('shell')).toBe('closed');
  });

  it('lasts no longer than intended if the wall clock was set back meanwhile', () => {
    const { clock, registry } = setUp();
    registry.isolate('shell', { forMs: 5_000 });
    const document = registry.persist();
    clock.wallOffsetMs -= 365 * 24 * 3_600_000;
    const restored = createToolRegistry({ clock, circuit, restore: document });
    clock.advance(4_999);
    expect(restored.state('shell')).toBe('isolated');
    clock.advance(1);
    expect(restored.state('shell')).toBe('closed');
  });
});
