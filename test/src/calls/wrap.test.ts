import { type CallContext, CircuitOpenError, createToolRegistry } from 'toolfuse';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';

const setUp = () => {
  const clock = new ManualClock();
  const registry = createToolRegistry({ clock, circuit: { failureThreshold: 1, minBackoffMs: 1_000 } });
  return { clock, registry };
};

async function all<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('a wrapped function', () => {
  it('takes the same arguments, keeps this, and returns a promise of the result', async () => {
    const { registry } = setUp();
    const tool = {
      unit: 'km',
      measure: registry.wrap('measure', function (this: { unit: string }, a: number, b: number) {
        return `${a + b} ${this.unit}`;
      }),
    };
    expect(await tool.measure(1, 2)).toBe('3 km');
    expectTypeOf(tool.measure).parameters.toEqualTypeOf<[number, number]>();
    expectTypeOf(tool.measure(1, 2)).toEqualTypeOf<Promise<string>>();
  });

  it('keeps its name and its number of arguments', () => {
    const { registry } = setUp();
    async function search(_query: string, _limit: number): Promise<string[]> {
      return [];
    }
    const guarded = registry.wrap('search', search);
    expect([guarded.name, guarded.length]).toEqual(['search', 2]);
    const withContext = registry.wrap('search', (_query: string, _context: CallContext) => 1, {
      withContext: true,
    });
    expect(withContext.length).toBe(1);
    // As with any function, both can be defined anew.
    Object.defineProperties(guarded, { name: { value: 'find' }, length: { value: 1 } });
    expect([guarded.name, guarded.length]).toEqual(['find', 1]);
  });

  it('that takes no arguments is always called with the same', async () => {
    const registry = createToolRegistry({ loops: { denyAfter: 3 } });
    const run = 'a';
    const list = registry.wrap('list', () => 'nothing new', { run });
    for (let i = 0; i < 3; i++) expect(await list()).toBe('nothing new');
    await expect(list()).rejects.toMatchObject({ reason: 'loop' });
  });

  it('receives the context of its call if requested, with a signal that aborts at the time limit', async () => {
    const { clock, registry } = setUp();
    const seen: CallContext[] = [];
    const get = registry.wrap(
      'fetch',
      (url: string, context: CallContext) => {
        seen.push(context);
        return url === 'slow' ? new Promise<string>(() => {}) : `page of ${url}`;
      },
      { withContext: true, timeoutMs: 1_000 },
    );
    expectTypeOf(get).parameters.toEqualTypeOf<[string]>();
    expect(await get('quick')).toBe('page of quick');
    const slow = get('slow');
    clock.advance(1_000);
    await expect(slow).rejects.toThrow('fetch did not answer within 1000 ms');
    expect(seen.map(({ tool, signal }) => [tool, signal.aborted])).toEqual([
      ['fetch', false],
      ['fetch', true],
    ]);
  });

  it('is not called while its circuit is open', async () => {
    const { registry } = setUp();
    const fn = vi.fn(() => Promise.reject(new Error('boom')));
    const guarded = registry.wrap('shell', fn);
    await expect(guarded()).rejects.toThrow('boom');
    await expect(guarded()).rejects.toBeInstanceOf(CircuitOpenError);
    expect(fn).toHaveBeenCalledOnce();
  });

  it.each([
    ['no function', ['x', 5], 'fn must be a function, got 5'],
    ['nothing', ['x'], 'fn must be a function, got undefined'],
    ['options of another kind', ['x', () => {}, 5], 'options must be an object, got 5'],
    [
      'a context that is neither',
      ['x', () => {}, { withContext: 'yes' }],
      'withContext must be true or false, got "yes"',
    ],
  ])('cannot be made from %s', (_, args, message) => {
    const { registry } = setUp();
    expect(() => (registry.wrap as (...args: unknown[]) => unknown)(...args)).toThrow(new TypeError(message));
  });
});

describe('a wrapped async generator function', () => {
  async function* count(to: number, fault?: Error): AsyncGenerator<number, string, undefined> {
    for (let i = 1; i <= to; i++) yield i;
    if (fault !== undefined) throw fault;
    return 'end';
  }

  it('stays one, and succeeds when it ends', async () => {
    const { registry } = setUp();
    const guarded = registry.wrap('count', count);
    expectTypeOf(guarded(1)).toEqualTypeOf<AsyncGenerator<number, string | undefined, undefined>>();
    const stream = guarded(2);
    expect(Object.prototype.toString.call(stream)).toBe('[object AsyncGenerator]');
    expect(await stream.next()).toEqual({ done: false, value: 1 });
    expect(registry.diagnostics('count').calls).toBe(0);
    expect([await stream.next(), await stream.next()]).toEqual([
      { done: false, value: 2 },
      { done: true, value: 'end' },
    ]);
    expect(registry.diagnostics('count')).toMatchObject({ calls: 1, successes: 1 });
  });

  it('fails if it throws midway', async () => {
    const { registry } = setUp();
    const guarded = registry.wrap('count', count);
    await expect(all(guarded(1, new Error('read ECONNRESET')))).rejects.toThrow('read ECONNRESET');
    expect(registry.state('count')).toBe('open');
    await expect(all(guarded(1))).rejects.toBeInstanceOf(CircuitOpenError);
  });

  it('does neither if its reader stops early, and a probe’s slot becomes free', async () => {
    const { clock, registry } = setUp();
    registry.recordFailure('count', 'timeout');
    clock.advance(1_000);
    for await (const _ of registry.wrap('count', count)(5)) break;
    expect(registry.state('count')).toBe('halfOpen');
    expect(registry.diagnostics('count')).toMatchObject({ successes: 0, probesInFlight: 0 });
  });

  it('yields its fallback’s stream or single part', async () => {
    const { registry } = setUp();
    registry.isolate('count');
    expect(await all(registry.wrap('count', count, { fallback: () => count(2) })(9))).toEqual([1, 2]);
    expect(await all(registry.wrap('count', count, { fallback: () => 7 })(9))).toEqual([7]);
    expect(await all(registry.wrap('count', count, { fallback: () => null })(9))).toEqual([null]);
  });

  it('asks for permission when it is first read, not when it is created', async () => {
    const { registry } = setUp();
    const stream = registry.wrap('count', count)(1);
    registry.isolate('count');
    await expect(stream.next()).rejects.toBeInstanceOf(CircuitOpenError);
  });
});
