import fc from 'fast-check';
import { createToolRegistry, type ToolRegistryOptions } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { expectAgreement } from '../../support/agreement.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkProperty } from '../../support/property.ts';

const circuit = { failureThreshold: 2, minBackoffMs: 1_000 };

function setUp(options: ToolRegistryOptions = {}, clock = new ManualClock()) {
  const registry = createToolRegistry({ clock, circuit, mode: 'observe', ...options });
  const heard: { readonly type: string }[] = [];
  registry.on('*', (event) => heard.push(event));
  /** Makes one call that ends at once. @returns whether it ran. */
  const call = (name: string, ending: 'success' | 'network' | 'invalidParameters' = 'success'): boolean => {
    const permit = registry.tryAcquire(name);
    if (!permit.admitted) return false;
    if (ending === 'success') permit.success();
    else permit.failure(ending);
    return true;
  };
  return { clock, registry, heard, call };
}

describe('a registry that only observes', () => {
  it('runs every call, and tells of the trip and of each call that it would have refused', () => {
    const { registry, heard, call } = setUp();
    for (let i = 0; i < 2; i++) call('search', 'network');
    expect(call('search', 'network')).toBe(true);
    expect(call('search')).toBe(true);
    const spared = {
      type: 'circuit.spared',
      tool: 'search',
      key: null,
      why: 'observe',
      lastErrorCategory: 'network',
    };
    expect(heard).toEqual([
      { ...spared, what: 'trip', state: 'closed' },
      { ...spared, what: 'call', state: 'open' },
      { ...spared, what: 'call', state: 'open' },
    ]);
    expect(registry.diagnostics('search')).toMatchObject({
      status: 'closed',
      mode: 'observe',
      wouldBe: 'open',
      wouldDeny: 2,
      spared: { observe: 3 },
      available: true,
      deniedRequests: 0,
      calls: 4,
    });
    expect(registry.metrics()).toMatchObject({ wouldDeny: 2, breakerDenials: 0, spared: { observe: 3 } });
  });

  it('never calls for a pause, and offers every tool', () => {
    const { registry, call } = setUp({ recovery: { maxOpenCircuits: 1 } });
    for (let i = 0; i < 5; i++) call('search', 'network');
    expect(registry.recovery().isPaused).toBe(false);
    expect(registry.shouldPauseForRecovery()).toBe(false);
    expect(registry.availableTools(['search'])).toEqual(['search']);
    expectAgreement(registry);
  });

  it('would have let a probe through after the backoff, and closed at its success', () => {
    const { clock, registry, call } = setUp();
    for (let i = 0; i < 2; i++) call('search', 'network');
    clock.advance(1_000);
    expect(registry.diagnostics('search').wouldBe).toBe('halfOpen');
    const probe = registry.tryAcquire('search');
    expect(call('search')).toBe(true);
    expect(registry.diagnostics('search')).toMatchObject({ wouldBe: 'halfOpen', wouldDeny: 1 });
    if (probe.admitted) probe.success();
    expect(registry.diagnostics('search').wouldBe).toBe('closed');
    call('search');
    expect(registry.diagnostics('search').wouldDeny).toBe(1);
  });

  it('would have given back the place of a probe that says nothing', () => {
    const { clock, registry, call } = setUp();
    for (let i = 0; i < 2; i++) call('search', 'network');
    clock.advance(1_000);
    call('search', 'invalidParameters');
    const probe = registry.tryAcquire('search');
    if (probe.admitted) probe.release();
    call('search');
    expect(registry.diagnostics('search')).toMatchObject({ wouldBe: 'closed', wouldDeny: 0 });
  });

  it('keeps no timer', () => {
    const { clock, call } = setUp();
    for (let i = 0; i < 3; i++) call('search', 'network');
    expect(clock.timers).toBe(0);
  });

  it('counts results without a permit', () => {
    const { registry } = setUp();
    for (let i = 0; i < 2; i++) registry.recordFailure('search', 'network');
    expect(registry.allowRequest('search')).toBe(true);
    expect(registry.diagnostics('search')).toMatchObject({ wouldBe: 'open', wouldDeny: 1 });
    registry.tool('search').send({ type: 'SUCCESS' });
    expect(registry.diagnostics('search').wouldBe).toBe('closed');
    for (let i = 0; i < 2; i++) registry.tool('search').send({ type: 'FAILURE' });
    expect(registry.diagnostics('search').wouldBe).toBe('open');
    registry.recordSuccess('search');
    expect(registry.diagnostics('search').wouldBe).toBe('closed');
  });

  it('obeys an isolation by hand, also that of an upstream', () => {
    const { registry, call } = setUp({ tools: { 'db.read': { upstream: 'db' } } });
    registry.isolate('search');
    expect(call('search')).toBe(false);
    registry.release('search');
    expect(call('search')).toBe(true);
    registry.isolate('db');
    expect(call('db.read')).toBe(false);
    expect(registry.diagnostics('db').deniedRequests).toBe(1);
  });

  it('spares calls of a tool whose upstream would have refused them', () => {
    const { registry, call } = setUp({ tools: { 'db.read': { upstream: 'db' } } });
    for (let i = 0; i < 2; i++) call('db.read', 'network');
    expect(registry.diagnostics('db')).toMatchObject({ status: 'closed', wouldBe: 'open' });
    expect(call('db.read')).toBe(true);
    expect(registry.diagnostics('db.read').wouldDeny).toBe(1);
    expect(registry.diagnostics('db').wouldBe).toBe('open');
  });

  it('would have given back the place of a probe that its tool would have refused', () => {
    const { clock, registry, heard, call } = setUp({
      tools: { 'db.read': { upstream: 'db' }, 'db.write': { upstream: 'db' } },
    });
    for (let i = 0; i < 2; i++) call('db.read', 'network');
    clock.advance(1_000);
    for (let i = 0; i < 2; i++) {
      const permit = registry.tryAcquire('db.write', { upstream: 'other' });
      if (permit.admitted) permit.failure('executionError');
    }
    expect(registry.diagnostics('db.write').wouldBe).toBe('open');
    heard.length = 0;
    const refused = registry.tryAcquire('db.write');
    expect(heard).toEqual([
      expect.objectContaining({ type: 'circuit.spared', tool: 'db.write', what: 'call', state: 'open' }),
    ]);
    const probe = registry.tryAcquire('db.read');
    if (probe.admitted) probe.success();
    expect(registry.diagnostics('db')).toMatchObject({ wouldBe: 'closed', wouldDeny: 0 });
    if (refused.admitted) refused.success();
  });

  it('would have kept the place of a probe while a call that it would have refused is released', () => {
    const { clock, registry, call } = setUp();
    for (let i = 0; i < 2; i++) call('search', 'network');
    clock.advance(1_000);
    registry.tryAcquire('search');
    const spared = registry.tryAcquire('search');
    if (spared.admitted) spared.release();
    call('search');
    expect(registry.diagnostics('search')).toMatchObject({ wouldBe: 'halfOpen', wouldDeny: 2 });
  });

  it('would have given back the place of a probe that was recorded without a permit and says nothing', () => {
    const { clock, registry } = setUp();
    for (let i = 0; i < 2; i++) registry.recordFailure('search', 'network');
    clock.advance(1_000);
    for (let i = 0; i < 3; i++) {
      registry.allowRequest('search');
      registry.recordFailure('search', { message: 'no canvas', counts: false });
    }
    expect(registry.diagnostics('search')).toMatchObject({ wouldBe: 'halfOpen', wouldDeny: 0 });
  });

  it('would have admitted every call of what an operator has disabled', () => {
    const { registry, heard, call } = setUp();
    for (let i = 0; i < 2; i++) call('search', 'network');
    registry.disable('search');
    heard.length = 0;
    expect(call('search')).toBe(true);
    expect(heard).toEqual([]);
  });

  it('starts with a restored open circuit closed, and knows that it would be open', () => {
    const { registry: earlier, clock } = setUp({ mode: 'enforce' });
    for (let i = 0; i < 2; i++) earlier.recordFailure('search', 'network');
    const { registry, call } = setUp({ restore: earlier.persist() }, clock);
    expect(registry.diagnostics('search')).toMatchObject({ status: 'closed', wouldBe: 'open' });
    expect(call('search')).toBe(true);
    expect(registry.diagnostics('search').wouldDeny).toBe(1);
    expectAgreement(registry);
  });

  it('forgets at RESET and CLOSE what it would have done', () => {
    for (const clear of ['RESET', 'CLOSE'] as const) {
      const { registry, call } = setUp();
      for (let i = 0; i < 2; i++) call('search', 'network');
      registry.tool('search').send({ type: clear });
      expect(registry.diagnostics('search').wouldBe).toBe('closed');
    }
  });
});

describe('the mode of one tool', () => {
  it('holds over that of the registry', () => {
    const { registry, call } = setUp({ mode: 'enforce', tools: { search: { mode: 'observe' } } });
    for (const name of ['search', 'shell']) for (let i = 0; i < 2; i++) call(name, 'network');
    expect([call('search'), call('shell')]).toEqual([true, false]);
    expect([registry.mode(), registry.mode('search'), registry.mode('shell')]).toEqual([
      'enforce',
      'observe',
      'enforce',
    ]);
    expect(registry.diagnostics('unused').mode).toBe('enforce');
  });

  it('spares an observed tool the refusals of an upstream that refuses others', () => {
    const { call, registry } = setUp({
      mode: 'enforce',
      tools: { 'db.read': { upstream: 'db', mode: 'observe' }, 'db.write': { upstream: 'db' } },
    });
    for (let i = 0; i < 2; i++) call('db.write', 'network');
    expect([call('db.read'), call('db.write')]).toEqual([true, false]);
    expect(registry.diagnostics('db.read').wouldDeny).toBe(1);
    expect(registry.metrics().breakerDenials).toBe(1);
    registry.isolate('db.read');
    expect(registry.tryAcquire('db.read')).toMatchObject({ reason: 'isolated', upstream: null });
  });

  it.each(['sometimes', true, undefined])('must be one of two words, not %s', (mode) => {
    expect(() => setUp().registry.setMode(mode as never)).toThrow(
      /^mode must be one of enforce, observe, got /,
    );
    if (mode === undefined) return;
    expect(() => createToolRegistry({ mode: mode as never })).toThrow(/^options\.mode must be one of/);
    expect(() => createToolRegistry({ tools: { a: { mode: mode as never } } })).toThrow(
      /^tools\["a"\]\.mode must be one of/,
    );
  });
});

describe('setMode', () => {
  it('turns the circuits on for good: the next failure trips', () => {
    const { registry, call, heard } = setUp();
    for (let i = 0; i < 3; i++) call('search', 'network');
    registry.setMode('enforce');
    expect(registry.state('search')).toBe('closed');
    call('search', 'network');
    expect(registry.state('search')).toBe('open');
    expect(call('search')).toBe(false);
    expect(heard.map(({ type }) => type)).toContain('circuit.opened');
    expect(registry.diagnostics('search')).toMatchObject({ mode: 'enforce', wouldBe: 'open', wouldDeny: 1 });
    expectAgreement(registry);
  });

  it('lets an open circuit observe: it admits calls at once, and knows when it would have', () => {
    const { clock, registry, call } = setUp({ mode: 'enforce' });
    for (let i = 0; i < 2; i++) call('search', 'network');
    registry.setMode('observe');
    expect(registry.state('search')).toBe('closed');
    expect(call('search', 'network')).toBe(true);
    expect(registry.diagnostics('search')).toMatchObject({ wouldBe: 'open', wouldDeny: 1 });
    clock.advance(1_000);
    call('search');
    expect(registry.diagnostics('search').wouldBe).toBe('closed');
    expectAgreement(registry);
  });

  it('of one tool leaves the others alone, also those that are used later', () => {
    const { registry, call } = setUp();
    registry.setMode('enforce', 'search');
    for (const name of ['search', 'shell']) for (let i = 0; i < 2; i++) call(name, 'network');
    expect([call('search'), call('shell')]).toEqual([false, true]);
  });

  it('of all leaves those alone that have their own', () => {
    const { registry } = setUp({ tools: { search: { mode: 'observe' } } });
    registry.setMode('enforce');
    expect(registry.mode('search')).toBe('observe');
  });

  it('tells nothing to a circuit that goes on as it was', () => {
    const { registry } = setUp({ tools: { search: { mode: 'observe' } } });
    let told = 0;
    registry.tool('search').subscribe(() => told++);
    registry.setMode('enforce');
    expect(told).toBe(0);
  });

  it.each(['isolate', 'disable'] as const)(
    'does not take what an operator did (%s) for what calls did',
    (by) => {
      const { registry } = setUp({ mode: 'enforce' });
      registry[by]('search');
      registry.setMode('observe');
      registry.release('search');
      expect(registry.diagnostics('search')).toMatchObject({ status: 'closed', wouldBe: 'closed' });
    },
  );

  it('during a call lets its result count in the circuit, not in what would have been', () => {
    const { registry, call } = setUp({ mode: 'enforce' });
    const permits = [registry.tryAcquire('search'), registry.tryAcquire('search')];
    registry.setMode('observe');
    for (const permit of permits) if (permit.admitted) permit.failure('network');
    expect(registry.diagnostics('search')).toMatchObject({ failureCount: 2, wouldBe: 'closed' });
    expect(call('search')).toBe(true);
  });

  it('during a call lets its permit be released', () => {
    const { registry } = setUp();
    const permit = registry.tryAcquire('search');
    registry.setMode('enforce');
    if (permit.admitted) permit.release();
    expect(registry.diagnostics('search')).toMatchObject({ status: 'closed', calls: 0 });
  });

  it('does nothing after stop', () => {
    const { registry } = setUp();
    registry.stop();
    registry.setMode('enforce');
    expect(registry.mode()).toBe('observe');
  });
});

it('what an observed circuit would have refused is what an enforcing one refuses', () => {
  const steps = fc.array(
    fc.record({
      ending: fc.constantFrom('success' as const, 'network' as const, 'invalidParameters' as const),
      waitMs: fc.constantFrom(0, 300, 1_000, 5_000),
    }),
    { maxLength: 40 },
  );
  checkProperty(
    fc.property(steps, fc.boolean(), (sequence, hasUpstream) => {
      const clock = new ManualClock();
      const tools = hasUpstream ? { search: { upstream: 'web' } } : {};
      const enforcing = setUp({ mode: 'enforce', tools }, clock);
      const observing = setUp({ tools }, clock);
      for (const { ending, waitMs } of sequence) {
        clock.advance(waitMs);
        const before = observing.registry.diagnostics('search').wouldDeny;
        const ran = enforcing.call('search', ending);
        expect(observing.call('search', ending)).toBe(true);
        expect(observing.registry.diagnostics('search').wouldDeny - before).toBe(ran ? 0 : 1);
        for (const name of ['search', 'web']) {
          expect(observing.registry.diagnostics(name).wouldBe).toBe(enforcing.registry.state(name));
        }
      }
    }),
    { atMost: 300 },
  );
});
