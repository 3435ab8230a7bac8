import fc from 'fast-check';
import { CircuitOpenError, createToolRegistry, type Denial, type Permit, type ToolConfig } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';

/** Two tools of one server, and one that stands alone. */
function setUp(tools: Record<string, ToolConfig> = {}) {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 3, minBackoffMs: 1_000, probeTimeoutMs: 10_000 },
    tools: { 'git.search': { upstream: 'git' }, 'git.comment': { upstream: 'git' }, ...tools },
  });
  const permit = (tool: string): Permit => {
    const leave = registry.tryAcquire(tool);
    if (!leave.admitted) throw new Error(`${tool}: ${leave.reason}`);
    return leave;
  };
  const fail = (tool: string, failure: unknown, times = 3): void => {
    for (let i = 0; i < times; i++) permit(tool).failure(failure);
  };
  return { clock, registry, permit, fail };
}

describe('a failure of a tool with an upstream', () => {
  it.each(['network', 'timeout', 'serviceUnavailable'] as const)(
    '%s counts against the upstream, and not against the tool',
    (category) => {
      const { registry, fail } = setUp();
      fail('git.search', category);
      expect(registry.state('git')).toBe('open');
      expect(registry.state('git.search')).toBe('closed');
      expect(registry.diagnostics('git.search').failureCount).toBe(0);
    },
  );

  it.each(['executionError', 'rateLimit'] as const)('%s counts against the tool alone', (category) => {
    const { registry, fail } = setUp();
    fail('git.search', category);
    expect(registry.state('git')).toBe('closed');
    expect(registry.state('git.search')).toBe('open');
    expect(registry.allowRequest('git.comment')).toBe(true);
  });

  it('of bad arguments counts against nobody, however often: the other tools are not taken away', () => {
    const { registry, fail } = setUp();
    fail('git.search', 'invalidParameters', 100);
    fail('git.search', Object.assign(new Error('bad'), { code: -32_602 }), 100);
    expect(registry.openCircuits()).toEqual([]);
    expect(registry.availableTools(['git.search', 'git.comment'])).toEqual(['git.search', 'git.comment']);
  });

  it('that was answered counts against the tool, whatever its category, and proves that the upstream lives', () => {
    const { registry, permit, fail } = setUp();
    fail('git.comment', 'network', 2);
    expect(registry.diagnostics('git').failureCount).toBe(2);
    permit('git.search').failure('network', { roundTrip: true });
    expect(registry.diagnostics('git').failureCount).toBe(0);
    expect(registry.diagnostics('git.search').failureCount).toBe(1);
  });

  it.each([
    ['an HTTP status', Object.assign(new Error('no'), { status: 404 })],
    ['a rate limit', Object.assign(new Error('slow down'), { status: 429 })],
    ['an answer of MCP', Object.assign(new Error('bad'), { code: -32_602 })],
  ])('with %s is an answer', (_, error) => {
    const { registry, permit, fail } = setUp();
    fail('git.comment', 'network', 2);
    permit('git.search').failure(error);
    expect(registry.diagnostics('git').failureCount).toBe(0);
  });

  it('of which nobody knows how far it got leaves the upstream alone', () => {
    const { registry, permit, fail } = setUp();
    fail('git.comment', 'network', 2);
    permit('git.search').failure(new Error('it broke'));
    permit('git.search').failure('invalidParameters');
    expect(registry.diagnostics('git').failureCount).toBe(2);
  });

  it('goes the same way by recordFailure', () => {
    const { registry } = setUp();
    registry.tool('git.search');
    for (let i = 0; i < 3; i++) registry.recordFailure('git.search', 'network');
    expect(registry.state('git')).toBe('open');
    registry.recordSuccess('git.search');
    expect(registry.state('git')).toBe('closed');
  });
});

describe('a returned value that is a failure', () => {
  it('is an answer', async () => {
    const { registry, fail } = setUp();
    fail('git.comment', 'network', 2);
    await registry.execute('git.search', async () => 'no', { isFailure: () => 'timeout' });
    expect(registry.diagnostics('git').failureCount).toBe(0);
    expect(registry.diagnostics('git.search').failureCount).toBe(1);
  });
});

describe('a call of a tool whose upstream is open', () => {
  it('is refused for that reason, in true words', async () => {
    const { clock, registry, fail } = setUp();
    fail('git.search', 'network');
    clock.advance(400);
    const denial = registry.tryAcquire('git.comment') as Denial;
    expect(denial).toMatchObject({
      admitted: false,
      tool: 'git.comment',
      reason: 'upstream',
      upstream: 'git',
      kind: 'unreachable',
      retryAfterMs: 600,
      lastErrorCategory: 'network',
    });
    const error = await registry.execute('git.comment', async () => 1).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(error.message).toContain('"git.comment" is unavailable: it depends on "git"');
    expect(registry.allowRequest('git.comment')).toBe(false);
    expect(registry.metrics().tools.find(({ tool }) => tool === 'git.comment')).toMatchObject({ denials: 3 });
    expect(registry.metrics().breakerDenials).toBe(3);
  });

  it('is not one that a model is offered', () => {
    const { clock, registry, fail } = setUp();
    registry.tool('shell');
    fail('git.search', 'network');
    expect(registry.availableTools(['git.search', 'git.comment', 'shell'])).toEqual(['shell']);
    clock.advance(1_000);
    expect(registry.availableTools(['git.search', 'shell'], { halfOpen: false })).toEqual(['shell']);
    expect(registry.availableTools(['git.search', 'shell'])).toEqual(['git.search', 'shell']);
    // The server itself is no tool.
    expect(registry.availableTools()).toEqual(['shell', 'git.search']);
  });
});

describe('a half-open upstream', () => {
  it('lets one call of all its tools through, and closes when it succeeds', () => {
    const { clock, registry, permit, fail } = setUp();
    fail('git.search', 'network');
    clock.advance(1_000);
    const probe = permit('git.comment');
    expect(probe.probe).toBe(true);
    expect(registry.tryAcquire('git.search')).toMatchObject({ reason: 'upstream' });
    probe.success();
    expect(registry.state('git')).toBe('closed');
  });

  it('gets its place back where the tool itself refuses the call', () => {
    const { clock, registry, fail } = setUp();
    registry.isolate('git.comment');
    fail('git.search', 'network');
    clock.advance(1_000);
    expect(registry.tryAcquire('git.comment')).toMatchObject({ reason: 'isolated', upstream: null });
    expect(registry.diagnostics('git').probesInFlight).toBe(0);
    expect(registry.tryAcquire('git.search')).toMatchObject({ admitted: true });
  });

  it('gives the tool’s own place back where the call did not get through', () => {
    const { clock, registry, permit, fail } = setUp();
    fail('git.search', 'executionError');
    clock.advance(1_000);
    permit('git.search').failure('network');
    expect(registry.diagnostics('git.search')).toMatchObject({ status: 'halfOpen', probesInFlight: 0 });
  });
});

describe('an upstream', () => {
  it('can be named with the call', async () => {
    const { registry } = setUp();
    for (let i = 0; i < 3; i++) {
      const leave = registry.tryAcquire('db.query', { upstream: 'db' });
      if (leave.admitted) leave.failure('network');
    }
    expect(registry.state('db')).toBe('open');
    expect(registry.diagnostics('db.query').upstream).toBe('db');
    await expect(registry.execute('db.list', async () => 1, { upstream: 'db' })).rejects.toMatchObject({
      reason: 'upstream',
    });
  });

  it('is another circuit, and has none itself', () => {
    expect(() => setUp({ a: { upstream: 'a' } })).toThrow(
      'tools["a"].upstream must be another circuit, got "a"',
    );
    expect(() => setUp({ a: { upstream: 'git.search' } })).toThrow(
      'tools["a"].upstream must be a circuit that has no upstream itself, got "git.search"',
    );
    const { registry } = setUp();
    expect(() => registry.tryAcquire('a', { upstream: 'a' })).toThrow(RangeError);
  });
});

describe('permits of tools with an upstream, in any order', () => {
  it('leak no place of either circuit', () => {
    const step = fc.record({
      do: fc.constantFrom(
        'acquire',
        'acquire',
        'success',
        'network',
        'executionError',
        'cancelled',
        'release',
        'wait',
      ),
      tool: fc.constantFrom('git.search', 'git.comment'),
      which: fc.nat(9),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const { clock, registry } = setUp();
        const held: Permit[] = [];
        for (const { do: what, tool, which } of steps) {
          const one = held[which % Math.max(1, held.length)];
          if (what === 'acquire') {
            const leave = registry.tryAcquire(tool);
            if (leave.admitted) held.push(leave);
          } else if (what === 'wait') clock.advance(500);
          else if (what === 'success') one?.success();
          else if (what === 'release') one?.release();
          else one?.failure(what);
          for (const name of ['git', 'git.search', 'git.comment']) {
            expect(registry.diagnostics(name).probesInFlight).toBeLessThanOrEqual(1);
          }
        }
        for (const one of held) one.release();
        for (const name of ['git', 'git.search', 'git.comment']) {
          expect(registry.diagnostics(name).probesInFlight).toBe(0);
        }
        registry.stop();
        expect(clock.timers).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
