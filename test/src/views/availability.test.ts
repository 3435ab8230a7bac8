import fc from 'fast-check';
import { createToolRegistry } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { mayAdmit } from '../../../src/views/availability.ts';
import { startCircuit, startHalfOpen, startOpen } from '../../machines/start-circuit.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkProperty } from '../../support/property.ts';

const circuit = { failureThreshold: 1, minBackoffMs: 1_000 };

describe('a circuit', () => {
  it('that was never used would admit a call', () => {
    expect(mayAdmit(undefined, { now: 0, halfOpen: false })).toBe(true);
  });

  it('that is closed or disabled would admit a call', () => {
    const { clock, circuit: closed } = startCircuit(circuit);
    const question = { now: clock.now(), halfOpen: false };
    expect(mayAdmit(closed.getSnapshot(), question)).toBe(true);
    closed.send({ type: 'DISABLE' });
    expect(closed.getSnapshot().value).toBe('disabled');
    expect(mayAdmit(closed.getSnapshot(), question)).toBe(true);
  });

  it('that is open would admit a call once its backoff has run out, whether or not the timer has fired', () => {
    const { clock, circuit: open } = startOpen(circuit);
    const at = (now: number) => mayAdmit(open.getSnapshot(), { now, halfOpen: true });
    expect(at(clock.now() + 999)).toBe(false);
    expect(at(clock.now() + 1_000)).toBe(true);
    expect(mayAdmit(open.getSnapshot(), { now: clock.now() + 1_000, halfOpen: false })).toBe(false);
  });

  it('that is half-open would admit a call, if half-open circuits are wanted', () => {
    const { clock, circuit: halfOpen } = startHalfOpen(circuit);
    expect(mayAdmit(halfOpen.getSnapshot(), { now: clock.now(), halfOpen: true })).toBe(true);
    expect(mayAdmit(halfOpen.getSnapshot(), { now: clock.now(), halfOpen: false })).toBe(false);
  });

  it('that is isolated would admit a call once the isolation has ended, and never before', () => {
    const { clock, circuit: isolated } = startCircuit(circuit);
    isolated.send({ type: 'ISOLATE', at: clock.now() });
    expect(mayAdmit(isolated.getSnapshot(), { now: clock.now() + 1e9, halfOpen: true })).toBe(false);
    const { clock: time, circuit: timed } = startCircuit(circuit);
    timed.send({ type: 'ISOLATE', forMs: 500, at: time.now() });
    const at = (ms: number) => mayAdmit(timed.getSnapshot(), { now: time.now() + ms, halfOpen: false });
    expect([at(499), at(500)]).toEqual([false, true]);
  });
});

describe('the availability of a tool', () => {
  const setUp = () => {
    const clock = new ManualClock();
    const registry = createToolRegistry({
      clock,
      circuit: { failureThreshold: 1, minBackoffMs: 1_000, probeTimeoutMs: 10_000 },
      tools: { search: { upstream: 'github' } },
    });
    return { clock, registry };
  };

  it('is that of a closed circuit if the tool was never used, and asking does not count as a use', () => {
    const { registry } = setUp();
    expect(registry.availability('search')).toEqual({ available: true });
    expect(registry.snapshot().diagnostics).toEqual([]);
  });

  it('says why a call would be refused, by which circuit, and for how long', () => {
    const { clock, registry } = setUp();
    registry.recordFailure('shell', 'timeout');
    clock.advance(250.5);
    expect(registry.availability('shell')).toEqual({
      available: false,
      reason: 'open',
      because: 'shell',
      retryAfterMs: 750,
      retryAt: Math.ceil(clock.wallNow() + 750),
    });
  });

  it('names the upstream if that refuses, and agrees with the diagnostics', () => {
    const { registry } = setUp();
    registry.isolate('github');
    expect(registry.state('search')).toBe('closed');
    expect(registry.availability('search')).toEqual({
      available: false,
      reason: 'upstream',
      because: 'github',
      retryAfterMs: null,
      retryAt: null,
    });
    expect(registry.diagnostics('search')).toMatchObject({ available: false, blockedBy: 'github' });
    expect(registry.allowRequest('search')).toBe(false);
  });

  it('can be asked with another upstream', () => {
    const { registry } = setUp();
    registry.isolate('disk');
    expect(registry.availability('grep')).toEqual({ available: true });
    expect(registry.availability('grep', { upstream: 'disk' })).toMatchObject({ because: 'disk' });
  });

  it('returns at the end of the backoff, even if the timer is late', () => {
    const { clock, registry } = setUp();
    registry.recordFailure('shell', 'timeout');
    clock.advanceWithLateTimers(1_000);
    expect(registry.availability('shell')).toEqual({ available: true });
    expect(registry.allowRequest('shell')).toBe(true);
  });

  it('is false while a probe takes the only slot', () => {
    const { clock, registry } = setUp();
    registry.recordFailure('shell', 'timeout');
    clock.advance(1_000);
    const probe = registry.tryAcquire('shell');
    expect(registry.availability('shell')).toMatchObject({ available: false, reason: 'halfOpen' });
    if (probe.admitted) probe.success();
    expect(registry.availability('shell')).toEqual({ available: true });
  });

  it('agrees with what a call would get, in every state and at every moment', () => {
    const event = fc.constantFrom(
      'fail',
      'succeed',
      'ask',
      'isolate',
      'release',
      'disable',
      'wait',
      'long wait',
    );
    checkProperty(
      fc.property(
        fc.array(fc.tuple(event, fc.constantFrom('search', 'github')), { maxLength: 40 }),
        (steps) => {
          const { clock, registry } = setUp();
          for (const [what, tool] of steps) {
            if (what === 'fail') registry.recordFailure(tool, 'network');
            else if (what === 'succeed') registry.recordSuccess(tool);
            else if (what === 'isolate') registry.isolate(tool, { forMs: 700 });
            else if (what === 'release') registry.release(tool);
            else if (what === 'disable') registry.disable(tool);
            else if (what === 'wait') clock.advanceWithLateTimers(333.4);
            else if (what === 'long wait') clock.advance(5_000);
            const { available } = registry.availability('search');
            expect(registry.tryAcquire('search').admitted).toBe(available);
          }
        },
      ),
    );
  });

  it.each([
    [null, 'options must be an object, got null'],
    [{ upstrem: 'x' }, 'upstrem is not an option; the options are upstream, input, key'],
  ])('cannot be asked with %j', (options, message) => {
    const { registry } = setUp();
    expect(() => registry.availability('shell', options as never)).toThrow(new TypeError(message));
  });
});
