import { createToolRegistry } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { expectAgreement } from '../../support/agreement.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function setUp(maxTools?: number) {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 1, minBackoffMs: 1_000 },
    ...(maxTools !== undefined && { maxTools }),
  });
  const known = (): string[] =>
    registry
      .snapshot()
      .diagnostics.map(({ tool }) => tool)
      .sort();
  return { clock, registry, known };
}

describe('a registry with a limit of tools', () => {
  it('forgets the least recently used closed one', () => {
    const { registry, known } = setUp(3);
    for (const tool of ['a', 'b', 'c']) registry.recordSuccess(tool);
    registry.allowRequest('a');
    registry.recordSuccess('d');
    expect(known()).toEqual(['a', 'c', 'd']);
    registry.recordSuccess('e');
    expect(known()).toEqual(['a', 'd', 'e']);
    expectAgreement(registry);
  });

  it('completes the observers of a forgotten tool', () => {
    const { registry } = setUp(1);
    const completed: string[] = [];
    registry.tool('a').subscribe({ complete: () => completed.push('a') });
    registry.tool('b');
    expect(completed).toEqual(['a']);
  });

  it('never forgets one that is open, half-open or isolated', () => {
    const { clock, registry, known } = setUp(3);
    registry.recordFailure('halfOpen', 'timeout');
    clock.advance(1_000);
    registry.recordFailure('open', 'timeout');
    registry.isolate('isolated');
    for (let i = 0; i < 50; i++) registry.recordSuccess(`made up ${i}`);
    expect(registry.state('open')).toBe('open');
    expect(registry.state('halfOpen')).toBe('halfOpen');
    expect(registry.state('isolated')).toBe('isolated');
    // They take up all the room; the tool used last is kept in addition.
    expect(known()).toEqual(['halfOpen', 'isolated', 'made up 49', 'open']);
    expectAgreement(registry);
  });

  it('forgets a circuit that has closed since', () => {
    const { clock, registry, known } = setUp(2);
    registry.recordFailure('a', 'timeout');
    registry.recordSuccess('b');
    registry.recordSuccess('c');
    expect(known()).toEqual(['a', 'c']);
    clock.advance(1_000);
    registry.recordSuccess('a');
    registry.recordSuccess('c');
    registry.recordSuccess('d');
    expect(known()).toEqual(['c', 'd']);
  });

  it('forgets the circuit that was closed by an event to its actor, if it is the least recently used', () => {
    const { registry, known } = setUp(4);
    const open = registry.tool('open');
    open.send({ type: 'ISOLATE' });
    for (const tool of ['a', 'b', 'c']) registry.recordSuccess(tool);
    registry.recordSuccess('d');
    expect(known()).toEqual(['b', 'c', 'd', 'open']);
    registry.allowRequest('b');
    open.send({ type: 'RELEASE' });
    // The order of use is open, c, d, b.
    registry.recordSuccess('e');
    expect(known()).toEqual(['b', 'c', 'd', 'e']);
  });

  it('starts a new circuit for a forgotten tool', () => {
    const { registry } = setUp(1);
    registry.recordSuccess('a');
    registry.recordSuccess('b');
    expect(registry.state('a')).toBe('closed');
    registry.recordFailure('a', 'timeout');
    expect(registry.state('a')).toBe('open');
    expectAgreement(registry);
  });

  it('has no limit if maxTools is Infinity', () => {
    const { registry, known } = setUp(Number.POSITIVE_INFINITY);
    for (let i = 0; i < 12_000; i++) registry.tool(`tool ${i}`);
    expect(known().length).toBe(12_000);
  });
});

describe('an endless stream of made-up names', () => {
  it('keeps memory bounded, counts correct and open circuits known', () => {
    const { clock, registry } = setUp();
    registry.recordFailure('broken', 'timeout');
    registry.isolate('withheld');
    for (let i = 0; i < 30_000; i++) registry.recordSuccess(`made up ${i}`);
    const { diagnostics } = registry.snapshot();
    expect(diagnostics.length).toBe(10_000);
    expect(registry.openCircuits()).toEqual(['broken', 'withheld']);
    expect(registry.actor.getSnapshot().context.counts).toEqual({
      closed: 9_998,
      open: 1,
      halfOpen: 0,
      isolated: 1,
      disabled: 0,
    });
    expect(Object.keys(registry.actor.getSnapshot().children).length).toBe(0);
    expect(registry.state('made up 29999')).toBe('closed');
    const names = new Set(diagnostics.map(({ tool }) => tool));
    for (let i = 29_999; i > 29_999 - 9_998; i--) expect(names.has(`made up ${i}`)).toBe(true);
    registry.stop();
    expect(clock.timers).toBe(0);
  });

  it('leaves nothing behind after reads, requests and ignored failures', () => {
    const { registry } = setUp();
    for (let i = 0; i < 1_000; i++) {
      registry.allowRequest(`made up ${i}`);
      registry.diagnostics(`made up ${i}`);
      registry.recordFailure(`made up ${i}`, 'toolNotFound');
    }
    expect(registry.snapshot().diagnostics).toEqual([]);
  });
});
