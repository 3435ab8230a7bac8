import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { createToolRegistry } from 'toolfuse';
import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';
import { checkProperty } from '../../support/property.ts';

const setUp = () => {
  const clock = new ManualClock();
  const registry = createToolRegistry({
    clock,
    circuit: { failureThreshold: 2, minBackoffMs: 1_000, probeTimeoutMs: 60_000 },
  });
  return { clock, registry };
};

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A stream whose parts arrive when they are pushed. */
function pushed<Part>() {
  const waiting: ((result: IteratorResult<Part, undefined>) => void)[] = [];
  const ended = vi.fn();
  const stream: AsyncIterable<Part> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise((resolve) => waiting.push(resolve)),
      return: async () => {
        ended();
        return { done: true, value: undefined };
      },
    }),
  };
  return { stream, ended, push: (value: Part) => waiting.shift()?.({ done: false, value }) };
}

describe('a call that returns a stream', () => {
  it('has a time limit for each part, which starts when the part is requested', async () => {
    const { clock, registry } = setUp();
    const source = pushed<number>();
    const stream = await registry.execute('tail', () => source.stream, { timeoutMs: 1_000 });
    const iterator = stream[Symbol.asyncIterator]();
    for (const part of [1, 2, 3]) {
      const next = iterator.next();
      clock.advance(999);
      source.push(part);
      expect(await next).toEqual({ done: false, value: part });
      // The reader's own time does not count.
      clock.advance(100_000);
    }
    const hung = iterator.next();
    clock.advance(1_000);
    await expect(hung).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(registry.diagnostics('tail')).toMatchObject({ failures: { timeout: 1 }, timeouts: 1 });
    expect(source.ended).toHaveBeenCalledOnce();
    expect(clock.timers).toBe(0);
  });

  it('ends when the caller aborts, which is never a failure', async () => {
    const { registry } = setUp();
    const source = pushed<number>();
    const controller = new AbortController();
    const { signal } = controller;
    const stream = await registry.execute('tail', () => source.stream, { signal });
    const next = stream[Symbol.asyncIterator]().next();
    controller.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    expect(registry.diagnostics('tail')).toMatchObject({ failureCount: 0, failures: { cancelled: 1 } });
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('fails at once if isFailure says so', async () => {
    const { registry } = setUp();
    const response = new Response('busy', { status: 503, headers: { 'retry-after': '7' } });
    const isFailure = (given: Response) => !given.ok && given;
    const given = await registry.execute('fetch', async () => response, { isFailure, followBody: true });
    expect(given).toBe(response);
    expect(registry.diagnostics('fetch')).toMatchObject({ failures: { serviceUnavailable: 1 } });
  });

  it('lasts until the body of a response has been read, if requested', async () => {
    const { registry } = setUp();
    const broken = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.error(new TypeError('terminated')),
        }),
      );
    const plain = await registry.execute('fetch', broken);
    await expect(plain.text()).rejects.toThrow('terminated');
    expect(registry.diagnostics('fetch')).toMatchObject({ successes: 1, failures: {} });
    const followed = await registry.execute('fetch', broken, { followBody: true });
    expect(registry.diagnostics('fetch').calls).toBe(1);
    await expect(followed.text()).rejects.toThrow('terminated');
    expect(registry.diagnostics('fetch')).toMatchObject({ successes: 1, failureCount: 1 });
  });

  it('succeeds at once if a response has no body', async () => {
    const { registry } = setUp();
    await registry.execute('fetch', () => new Response(null, { status: 204 }), { followBody: true });
    expect(registry.diagnostics('fetch').successes).toBe(1);
  });
});

describe('a response that says what failed', () => {
  const isFailure = (response: Response) => !response.ok && response;

  it.each([
    [404, {}, { resourceNotFound: 1 }],
    [400, {}, { invalidParameters: 1 }],
    [429, { 'retry-after': '30' }, { rateLimit: 1 }],
    [503, {}, { serviceUnavailable: 1 }],
  ])('is sorted by its status: %d', async (status, headers, failures) => {
    const { registry } = setUp();
    const response = new Response('', { status, headers });
    expect(await registry.execute('fetch', async () => response, { isFailure })).toBe(response);
    expect(registry.diagnostics('fetch').failures).toEqual(failures);
  });

  it('keeps the circuit open as long as it asks', async () => {
    const { registry } = setUp();
    const busy = () => new Response('', { status: 429, headers: { 'retry-after': '30' } });
    for (let i = 0; i < 2; i++) await registry.execute('fetch', async () => busy(), { isFailure });
    expect(registry.availability('fetch')).toMatchObject({ available: false, retryAfterMs: 30_000 });
  });
});

describe('streams that end, break, hang and are abandoned in any order', () => {
  it('leak no probe, no listener and no timer, and cause no unhandled rejection', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const step = fc.record({
      parts: fc.integer({ min: 0, max: 3 }),
      end: fc.constantFrom('ends', 'breaks', 'hangs', 'is left', 'is aborted'),
    });
    try {
      await checkProperty(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const { clock, registry } = setUp();
          for (const { parts, end } of steps) {
            const controller = new AbortController();
            const { signal } = controller;
            async function* source() {
              for (let part = 0; part < parts; part++) yield part;
              if (end === 'breaks') throw new Error('read ECONNRESET');
              if (end !== 'ends') await new Promise(() => {});
            }
            const reading = (async () => {
              const stream = await registry.execute('tail', source, { signal, timeoutMs: 1_000 });
              let read = 0;
              for await (const _ of stream) if (++read === parts && end === 'is left') break;
            })();
            const outcome = reading.then(
              () => 'fulfilled',
              () => 'rejected',
            );
            await settle();
            if (end === 'is aborted') controller.abort();
            clock.advance(1_000);
            await outcome;
            await settle();
            expect(getEventListeners(signal, 'abort')).toHaveLength(0);
            expect(registry.diagnostics('tail').probesInFlight).toBe(0);
          }
          // The only timer is the circuit's.
          expect(clock.timers).toBe(registry.state('tail') === 'closed' ? 0 : 1);
          registry.stop();
          expect(clock.timers).toBe(0);
        }),
      );
    } finally {
      process.off('unhandledRejection', unhandled);
    }
    expect(unhandled).not.toHaveBeenCalled();
  });
});
