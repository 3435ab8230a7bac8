import fc from 'fast-check';
import { createToolRegistry, type ToolRegistryOptions } from 'toolfuse';
import { describe, expect, it, vi } from 'vitest';
import { expectAgreement } from '../../support/agreement.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkProperty } from '../../support/property.ts';

const circuit = { failureThreshold: 2, minBackoffMs: 1_000 };
const byHost = { fetch: { key: ({ url }: { url: string }) => new URL(url).host } };

function setUp(options: ToolRegistryOptions = {}) {
  const clock = new ManualClock();
  const registry = createToolRegistry({ clock, circuit, tools: byHost, ...options });
  const heard: { readonly type: string }[] = [];
  registry.on('*', (event) => heard.push(event));
  const fail = async (url: string, times = 2): Promise<void> => {
    for (let i = 0; i < times; i++) {
      await registry
        .execute('fetch', () => Promise.reject(new Error('ECONNREFUSED')), { input: { url } })
        .catch(() => {});
    }
  };
  return { clock, registry, heard, fail };
}

const bad = 'https://bad.example/a';
const good = 'https://good.example/';

describe('a tool with a key', () => {
  it('has a circuit for each of its targets', async () => {
    const { registry, fail } = setUp();
    await fail(bad);
    const call = (url: string) => registry.execute('fetch', () => 'page', { input: { url } });
    await expect(call(bad)).rejects.toMatchObject({ tool: 'fetch', key: 'bad.example', kind: 'unreachable' });
    await expect(call(good)).resolves.toBe('page');
    expect(registry.keys('fetch')).toEqual(['bad.example', 'good.example']);
    expect(registry.state('fetch', { key: 'bad.example' })).toBe('open');
    expect(registry.state('fetch')).toBe('closed');
    expect(registry.availableTools(['fetch'])).toEqual(['fetch']);
    expectAgreement(registry);
  });

  it('is refused in words that name the tool that the model knows, and the target', async () => {
    const { registry, fail } = setUp();
    await fail(bad);
    const denial = registry.tryAcquire('fetch', { input: { url: bad } });
    expect(denial).toMatchObject({ admitted: false, tool: 'fetch', key: 'bad.example', upstream: null });
    const error = await registry.execute('fetch', () => 1, { input: { url: bad } }).catch((error) => error);
    expect(error.message).toBe(
      'The call did not run. The tool "fetch" (for bad.example) is unavailable: it could not be reached or did not answer in its most recent calls (network error). Do not call it for bad.example again within the next 1 s; such a call would not run either. Continue with work that does not need it, or say that you have to wait.',
    );
    expect(error.toModel().data).toMatchObject({ tool: 'fetch', key: 'bad.example' });
    registry.isolate('fetch', { key: 'good.example' });
    const isolated = await registry
      .execute('fetch', () => 1, { key: 'good.example' })
      .catch((error) => error);
    expect(isolated.message).toContain('Do not call it for good.example again until you are told');
  });

  it('shares its settings among its keys', async () => {
    const { registry, fail } = setUp({ tools: { fetch: { ...byHost.fetch, failureThreshold: 1 } } });
    await fail(bad, 1);
    await fail(good, 1);
    expect(registry.openCircuits()).toEqual(['fetch (for bad.example)', 'fetch (for good.example)']);
  });

  it('counts once for the pause', async () => {
    const { registry, fail } = setUp({ recovery: { maxOpenCircuits: 2 } });
    await fail(bad);
    await fail(good);
    expect(registry.openCircuitCount()).toBe(2);
    expect(registry.recovery().isPaused).toBe(false);
    expect([registry.shouldPauseForRecovery(), registry.shouldPauseForRecovery(1)]).toEqual([false, true]);
    for (let i = 0; i < 2; i++) registry.recordFailure('shell', 'network');
    expect(registry.recovery()).toMatchObject({
      isPaused: true,
      reason: '3 circuits open: fetch (for bad.example), fetch (for good.example), shell',
    });
    registry.forceClose('fetch', { key: 'bad.example' });
    expect(registry.recovery().isPaused).toBe(true);
    registry.forceClose('fetch', { key: 'good.example' });
    expect(registry.recovery().isPaused).toBe(false);
    expectAgreement(registry);
  });

  it('counts once for the pause together with the tool itself', async () => {
    const { registry, fail } = setUp();
    await fail(bad);
    registry.isolate('fetch');
    expect(registry.openCircuits()).toEqual(['fetch (for bad.example)', 'fetch']);
    expect([registry.shouldPauseForRecovery(2), registry.shouldPauseForRecovery(1)]).toEqual([false, true]);
  });

  it('is told by events, diagnostics and metrics with its key', async () => {
    const { registry, fail, heard } = setUp();
    await fail(bad);
    expect(heard).toMatchObject([{ type: 'circuit.opened', tool: 'fetch', key: 'bad.example' }]);
    expect(registry.diagnostics('fetch', { key: 'bad.example' })).toMatchObject({
      tool: 'fetch',
      key: 'bad.example',
      circuit: 'fetch (for bad.example)',
      status: 'open',
      calls: 2,
    });
    expect(registry.diagnostics('fetch', { key: 'new.example' })).toMatchObject({
      key: 'new.example',
      calls: 0,
    });
    expect(registry.metrics().tools).toMatchObject([{ tool: 'fetch', key: 'bad.example' }]);
    expect(registry.recovery().patterns).toMatchObject([{ tool: 'fetch', key: 'bad.example', count: 2 }]);
  });

  it('can be named by its circuit', async () => {
    const { registry, fail } = setUp();
    await fail(bad);
    const [name = ''] = registry.openCircuits();
    expect(registry.state(name)).toBe('open');
    expect(registry.tool(name)).toBe(registry.tool('fetch', { key: 'bad.example' }));
    registry.forceClose(name);
    expect(registry.openCircuits()).toEqual([]);
  });

  it('tells when a call of a target would be admitted', async () => {
    const { clock, registry, fail } = setUp();
    await fail(bad);
    expect(registry.availability('fetch', { input: { url: bad } })).toMatchObject({
      available: false,
      reason: 'open',
      because: 'fetch (for bad.example)',
    });
    expect(registry.availability('fetch', { key: 'good.example' })).toEqual({ available: true });
    expect(registry.availability('fetch')).toEqual({ available: true });
    registry.isolate('fetch', { key: null });
    expect(registry.availability('fetch', { key: 'good.example' })).toMatchObject({ reason: 'isolated' });
    registry.release('fetch');
    let isReady = false;
    const ready = registry.untilReady('fetch', { input: { url: bad } }).then(() => {
      isReady = true;
    });
    await Promise.resolve();
    expect(isReady).toBe(false);
    clock.advance(1_000);
    await ready;
  });

  it('has diagnostics of its own for each target, also for one that was never used', () => {
    const registry = createToolRegistry({ circuit: { failureThreshold: 1 } });
    registry.recordFailure('fetch', 'timeout');
    registry.recordFailure('fetch', 'timeout', { key: 'a' });
    registry.recordSuccess('fetch', { key: 'b' });
    const available = (name: string) =>
      ['a', 'b', 'c'].map((key) => registry.diagnostics(name, { key }).available);
    expect(available('fetch')).toEqual([false, true, true]);
    registry.recordSuccess('fetch');
    expect(available('fetch')).toEqual([false, true, true]);
  });

  it('may be forgotten by a listener while its keys are closed by hand', () => {
    const registry = createToolRegistry({ circuit: { failureThreshold: 1 } });
    for (const key of ['a', 'b']) registry.recordFailure('fetch', 'timeout', { key });
    registry.on('circuit.closed', () => registry.reset('fetch'));
    registry.forceClose('fetch');
    expect(registry.snapshot().diagnostics).toEqual([]);
  });

  it('is isolated, forgotten and closed with all its keys, or one of them alone', async () => {
    const { registry, fail } = setUp();
    const admits = (url: string) => registry.allowRequest('fetch', { input: { url } });
    registry.isolate('fetch');
    expect([admits(bad), admits(good)]).toEqual([false, false]);
    registry.release('fetch');
    registry.isolate('fetch', { key: 'bad.example' });
    expect([admits(bad), admits(good)]).toEqual([false, true]);
    registry.release('fetch', { key: 'bad.example' });
    await fail(bad);
    registry.disable('fetch');
    expect(admits(bad)).toBe(true);
    registry.release('fetch');
    expect(admits(bad)).toBe(false);
    registry.forceClose('fetch');
    expect(admits(bad)).toBe(true);
    await fail(good);
    registry.reset('fetch', { key: 'bad.example' });
    expect(registry.keys('fetch')).toEqual(['good.example']);
    registry.reset('fetch');
    expect([registry.keys('fetch'), registry.circuits()]).toEqual([[], []]);
    expectAgreement(registry);
  });

  it('has keys for results without a permit', () => {
    const { registry } = setUp();
    for (let i = 0; i < 2; i++) registry.recordFailure('fetch', 'network', { input: { url: bad } });
    expect(registry.state('fetch', { key: 'bad.example' })).toBe('open');
    registry.recordSuccess('fetch', { key: 'bad.example' });
    expect(registry.state('fetch', { key: 'bad.example' })).toBe('closed');
  });

  it('is probed for the key that is half-open', async () => {
    const probed: (string | null)[] = [];
    const { clock, fail, registry } = setUp({
      tools: { fetch: { ...byHost.fetch, probe: ({ key }) => void probed.push(key) } },
    });
    await fail(bad);
    clock.advance(1_000);
    await vi.waitFor(() => expect(registry.state('fetch', { key: 'bad.example' })).toBe('closed'));
    expect(probed).toEqual(['bad.example']);
  });

  it('survives a restart', async () => {
    const { registry, fail, clock } = setUp();
    await fail(bad);
    const later = createToolRegistry({ clock, circuit, tools: byHost, restore: registry.persist() });
    expect(later.state('fetch', { key: 'bad.example' })).toBe('open');
    expect(later.keys('fetch')).toEqual(['bad.example']);
    const twice = JSON.parse(registry.persist());
    twice.circuits.push(twice.circuits[0]);
    expect(() => createToolRegistry({ restore: twice })).toThrow(/appears twice/);
    twice.circuits = [{ ...twice.circuits[0], key: 5 }];
    expect(() => createToolRegistry({ restore: twice })).toThrow('restore.circuits[0].key cannot be 5');
  });

  it('is bounded by maxTools, and never forgets an open key', async () => {
    const { registry, fail } = setUp({ maxTools: 3 });
    await fail(bad);
    for (let i = 0; i < 20; i++) await registry.execute('fetch', () => 1, { key: i });
    expect(registry.keys('fetch')).toEqual(['bad.example', '18', '19']);
    expectAgreement(registry);
  });

  it('of any length is kept short, and prints on one line', async () => {
    const { registry } = setUp();
    await registry.execute('fetch', () => 1, { key: `a\n\u001b[31m${'x'.repeat(5_000)}` });
    const [key = ''] = registry.keys('fetch');
    expect(key).toMatch(/^a··\[31mx+…$/);
    expect(key.length).toBeLessThan(210);
  });
});

describe('the key of a call', () => {
  it('goes over that of the settings; null and empty text are for the whole tool', async () => {
    const { registry } = setUp();
    await registry.execute('fetch', ({ key }) => expect(key).toBe('alice'), {
      input: { url: bad },
      key: 'alice',
    });
    await registry.execute('fetch', ({ key }) => expect(key).toBeNull(), { input: { url: bad }, key: null });
    await registry.execute('search', ({ key }) => expect(key).toBe('7'), { key: 7 });
    const permit = registry.tryAcquire('search', { key: '' });
    expect(permit).toMatchObject({ admitted: true, tool: 'search', key: null });
    expect(registry.keys('fetch')).toEqual(['alice']);
  });

  it('is asked for by the first argument of a wrapped function, or what `input` makes of all', async () => {
    const { registry } = setUp();
    const get = registry.wrap('fetch', (request: { url: string }) => request.url);
    await get({ url: bad });
    const getFrom = registry.wrap('fetch', (host: string, path: string) => host + path, {
      input: (host, path) => ({ url: `https://${host}${path}` }),
    });
    expect(await getFrom('third.example', '/a')).toBe('third.example/a');
    expect(registry.keys('fetch')).toEqual(['bad.example', 'third.example']);
  });

  it('costs nothing where no tool has one: `input` is not called', async () => {
    const registry = createToolRegistry({ tools: { fetch: { failureThreshold: 2 } } });
    const input = vi.fn();
    await registry.wrap('fetch', (url: string) => url, { input })(bad);
    expect(input).not.toHaveBeenCalled();
  });

  it('is left out where the function throws, gives a promise or anything else, which is printed once', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    for (const key of [() => Promise.resolve('a') as never, () => ({}) as never, byHost.fetch.key]) {
      printed.mockClear();
      const { registry } = setUp({ tools: { fetch: { key } } });
      for (let i = 0; i < 2; i++)
        await registry.execute('fetch', () => 1, { input: { url: 'not an address' } });
      expect(registry.keys('fetch')).toEqual([]);
      expect(printed.mock.calls.length).toBeLessThanOrEqual(1);
    }
    const { registry } = setUp();
    await registry.execute('fetch', () => 1);
    expect(printed.mock.calls.length).toBeLessThanOrEqual(1);
    printed.mockRestore();
  });

  it.each([{}, true, Symbol('s')])('is refused if it is %s', async (key) => {
    const { registry } = setUp();
    const message = /^key must be a string, a number or null, got /;
    expect(() => registry.tryAcquire('fetch', { key: key as never })).toThrow(message);
    expect(() => registry.state('fetch', { key: key as never })).toThrow(message);
    await expect(registry.execute('fetch', () => 1, { key: key as never })).rejects.toThrow(message);
    expect(() => registry.recordFailure('fetch', 'network', { kye: 1 } as never)).toThrow(
      /^kye is not an option/,
    );
  });
});

it('keys under eviction agree with a count of their own, whatever happens', () => {
  const step = fc.record({
    tool: fc.constantFrom('fetch', 'search'),
    key: fc.constantFrom(null, 'a', 'b', 'c', 'd'),
    does: fc.constantFrom(
      'fail',
      'succeed',
      'isolate',
      'release',
      'close',
      'reset',
      'resetAll',
      'observe',
      'enforce',
      'wait',
    ),
  });
  checkProperty(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 6 }), (steps, maxTools) => {
      const clock = new ManualClock();
      const registry = createToolRegistry({
        clock,
        maxTools,
        circuit: { failureThreshold: 1, minBackoffMs: 1_000 },
        recovery: { maxOpenCircuits: 2 },
      });
      for (const { tool, key, does } of steps) {
        if (does === 'fail') registry.recordFailure(tool, 'network', { key });
        else if (does === 'succeed') registry.recordSuccess(tool, { key });
        else if (does === 'isolate') registry.isolate(tool, { key });
        else if (does === 'release') registry.release(tool, { key });
        else if (does === 'close') registry.forceClose(tool, { key });
        else if (does === 'reset') registry.reset(tool, { key });
        else if (does === 'resetAll') registry.resetAll();
        else if (does === 'wait') clock.advance(700);
        else registry.setMode(does, tool);
        const { diagnostics } = registry.snapshot();
        const open = diagnostics.filter(({ isOpen }) => isOpen);
        const openTools = new Set(open.map((each) => each.tool)).size;
        expect(registry.actor.getSnapshot().context.openTools).toBe(openTools);
        expect(registry.recovery().isPaused).toBe(openTools >= 2);
        expect(registry.shouldPauseForRecovery(openTools)).toBe(true);
        expect(registry.shouldPauseForRecovery(openTools + 1)).toBe(false);
        for (const name of ['fetch', 'search']) {
          const known = diagnostics.filter((each) => each.tool === name && each.key !== null);
          expect(registry.keys(name).sort()).toEqual(known.map((each) => each.key).sort());
        }
        expectAgreement(registry);
      }
      registry.tool('a further tool');
      const kept = registry.snapshot().diagnostics;
      const closed = kept.filter(({ status }) => status === 'closed');
      expect(kept.length <= maxTools || closed.length === 1).toBe(true);
    }),
    { atMost: 300 },
  );
});
