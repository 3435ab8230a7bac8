import { createToolRegistry, type ToolRegistryOptions } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { expectAgreement } from '../../support/agreement.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function setUp(tools: number, maxOpenShare: number, options: ToolRegistryOptions = {}) {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 1, minBackoffMs: 1_000 },
    recovery: { maxOpenShare, maxOpenCircuits: Infinity },
    ...options,
  });
  const names = Array.from({ length: tools }, (_, index) => `tool ${index}`);
  for (const name of names) registry.tool(name);
  const heard: unknown[] = [];
  registry.on('*', (event) => heard.push(event));
  const failAll = (): void => {
    for (const name of names) registry.recordFailure(name, 'network');
  };
  return { clock, registry, names, heard, failAll };
}

describe('recovery.maxOpenShare', () => {
  it.each([
    [10, 0.5, 5],
    [10, 0.55, 5],
    [10, 0.01, 1],
    [1, 0.1, 1],
    [3, 0.67, 2],
    [10, 1, 10],
  ])('of %d tools and a share of %d lets %d trip', (tools, share, most) => {
    const { registry, failAll } = setUp(tools, share);
    failAll();
    failAll();
    expect(registry.openCircuitCount()).toBe(most);
    expectAgreement(registry);
  });

  it('is a reason to pause if shouldPauseForRecovery gets no number', () => {
    const { registry, failAll } = setUp(4, 0.5);
    expect(registry.shouldPauseForRecovery()).toBe(false);
    failAll();
    expect(registry.shouldPauseForRecovery()).toBe(true);
    expect(registry.shouldPauseForRecovery(3)).toBe(false);
    registry.forceClose('tool 0');
    expect(registry.shouldPauseForRecovery()).toBe(false);
  });

  it('is validated', () => {
    for (const maxOpenShare of [0, -1, 1.1, Number.NaN, '1']) {
      expect(() => createToolRegistry({ recovery: { maxOpenShare: maxOpenShare as number } })).toThrow(
        /^recovery\.maxOpenShare must be a number above 0 and at most 1, got /,
      );
    }
  });

  it('spares the next circuit: it stays closed, admits calls, and keeps counting', () => {
    const { registry, heard, failAll } = setUp(2, 0.5);
    failAll();
    failAll();
    expect(registry.diagnostics('tool 1')).toMatchObject({
      status: 'closed',
      failureCount: 2,
      openCount: 0,
      lastErrorCategory: 'network',
    });
    expect(registry.allowRequest('tool 1')).toBe(true);
    expect(heard.filter((event) => (event as { type: string }).type === 'circuit.spared')).toEqual([
      {
        type: 'circuit.spared',
        what: 'trip',
        why: 'cap',
        tool: 'tool 1',
        key: null,
        state: 'closed',
        lastErrorCategory: 'network',
      },
    ]);
  });

  it('calls for a pause whose reason names the spared tool', () => {
    const { registry, heard, failAll } = setUp(2, 0.5);
    failAll();
    expect(registry.recovery()).toMatchObject({
      isPaused: true,
      reason: '1 circuit open: tool 0; tool 1 fails too, and no more may open',
    });
    expect(heard).toContainEqual({
      type: 'recovery.paused',
      reason: '1 circuit open: tool 0; tool 1 fails too, and no more may open',
      openCircuits: ['tool 0'],
      openCount: 1,
      runs: [],
    });
  });

  it('ends the pause when a tripped circuit has closed, and then the spared one may trip', () => {
    const { registry, heard, failAll } = setUp(2, 0.5);
    failAll();
    registry.recordSuccess('tool 0');
    expect(registry.recovery()).toMatchObject({ isPaused: false, reason: null });
    expect(heard.at(-1)).toEqual({ type: 'recovery.resumed', because: 'recovered', openCount: 0 });
    registry.recordFailure('tool 1', 'network');
    expect(registry.state('tool 1')).toBe('open');
  });

  it('ends the pause when the spared circuit or a tripped one is forgotten', () => {
    for (const tool of ['tool 0', 'tool 1']) {
      const { registry, failAll } = setUp(2, 0.5);
      failAll();
      registry.reset(tool);
      expect(registry.recovery().isPaused).toBe(false);
    }
  });

  it('counts half-open circuits as tripped, and lets a failed probe open its circuit again', () => {
    const { clock, registry, failAll } = setUp(2, 0.5);
    failAll();
    clock.advance(1_000);
    expect(registry.state('tool 0')).toBe('halfOpen');
    registry.recordFailure('tool 1', 'network');
    expect(registry.state('tool 1')).toBe('closed');
    registry.recordFailure('tool 0', 'network');
    expect(registry.state('tool 0')).toBe('open');
  });

  it('does not count circuits that an operator has isolated', () => {
    const { registry } = setUp(2, 0.5);
    registry.isolate('tool 0');
    registry.recordFailure('tool 1', 'network');
    expect(registry.state('tool 1')).toBe('open');
  });

  it('allows another trip when a tripped circuit is isolated, disabled or reset', () => {
    for (const act of ['isolate', 'disable', 'reset'] as const) {
      const { registry } = setUp(4, 0.25);
      registry.recordFailure('tool 0', 'network');
      registry[act]('tool 0');
      registry.recordFailure('tool 1', 'network');
      expect(registry.state('tool 1'), act).toBe('open');
      registry.recordFailure('tool 2', 'network');
      expect(registry.state('tool 2'), act).toBe('closed');
    }
  });

  it('counts restored circuits', () => {
    const { clock, registry, names, failAll } = setUp(2, 0.5);
    failAll();
    const restored = createToolRegistry({
      clock,
      circuit: { failureThreshold: 1 },
      recovery: { maxOpenShare: 0.5 },
      restore: registry.persist(),
    });
    for (const name of names) restored.recordFailure(name, 'network');
    expect(restored.openCircuits()).toEqual(['tool 0']);
  });

  it('also spares a trip caused by a success, and emits one event until the next healthy success', () => {
    const { registry, heard } = setUp(2, 0.5, {
      circuit: {
        trip: { start: null, record: () => null, trips: (_, { durationMs }) => (durationMs ?? 0) > 100 },
      },
    });
    const succeed = (tool: string, durationMs: number) =>
      registry.tool(tool).send({ type: 'SUCCESS', durationMs });
    succeed('tool 0', 101);
    heard.length = 0;
    for (const durationMs of [101, 101, 1, 101]) succeed('tool 1', durationMs);
    const spared = {
      type: 'circuit.spared',
      what: 'trip',
      why: 'cap',
      tool: 'tool 1',
      key: null,
      state: 'closed',
      lastErrorCategory: null,
    };
    expect(registry.state('tool 1')).toBe('closed');
    expect(heard.filter((event) => (event as { type: string }).type === 'circuit.spared')).toEqual([
      spared,
      spared,
    ]);
  });
});
