import { createToolRegistry } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '../../../src/classify/retry-after.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const now = Date.UTC(2026, 0, 1);

describe('the wait that a server asks for', () => {
  it.each<[string, unknown, number | undefined]>([
    ['seconds, in a record', { headers: { 'retry-after': '7' } }, 7_000],
    ['seconds, in Headers', { headers: new Headers({ 'Retry-After': '7' }) }, 7_000],
    ['a number', { headers: { 'retry-after': 7 } }, 7_000],
    ['an HTTP date', { headers: { 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' } }, 30_000],
    ['an HTTP date in the past', { headers: { 'retry-after': 'Wed, 31 Dec 2025 23:00:00 GMT' } }, 0],
    ['milliseconds before seconds', { headers: { 'retry-after': '7', 'retry-after-ms': '1500' } }, 1_500],
    ["axios's place", { response: { headers: { 'retry-after': '2' } } }, 2_000],
    ["the AI SDK's place", { responseHeaders: { 'retry-after': '2' } }, 2_000],
    ['a cause', new Error('x', { cause: { headers: { 'retry-after': '2' } } }), 2_000],
    ['an empty header', { headers: { 'retry-after': '' } }, undefined],
    ['a negative number', { headers: { 'retry-after': '-5' } }, undefined],
    ['no number', { headers: { 'retry-after': 'soon' } }, undefined],
    ['an endless one', { headers: { 'retry-after': '9'.repeat(400) } }, undefined],
    ['no headers', new Error('x'), undefined],
    ['null', null, undefined],
  ])('is read from %s', (_, error, expected) => {
    expect(retryAfterMs(error, now)).toBe(expected);
  });

  it('is not read from headers that throw', () => {
    const headers = {
      get() {
        throw new Error('no');
      },
    };
    expect(retryAfterMs({ headers }, now)).toBeUndefined();
  });
});

describe('an open circuit whose tool has asked to be left alone', () => {
  const asks = (seconds: number) => ({ status: 429, headers: { 'retry-after': String(seconds) } });
  const setUp = () => {
    const clock = new ManualClock();
    const registry = createToolRegistry({
      clock,
      circuit: { failureThreshold: 1, minBackoffMs: 1_000, maxRetryAfterMs: 60_000 },
    });
    return { clock, registry };
  };

  it('stays open at least that long, and half-opens then', () => {
    const { clock, registry } = setUp();
    registry.recordFailure('search', asks(30));
    expect(registry.remainingBackoffMs('search')).toBe(30_000);
    clock.advance(29_999);
    expect(registry.allowRequest('search')).toBe(false);
    clock.advance(1);
    expect(registry.state('search')).toBe('halfOpen');
  });

  it('stays open for its backoff where that is longer', () => {
    const { registry } = setUp();
    registry.recordFailure('search', asks(0.5));
    expect(registry.remainingBackoffMs('search')).toBe(1_000);
  });

  it('does not wait longer than maxRetryAfterMs', () => {
    const { registry } = setUp();
    registry.recordFailure('search', asks(86_400));
    expect(registry.remainingBackoffMs('search')).toBe(60_000);
  });

  it('waits no more once it has closed', () => {
    const { registry } = setUp();
    registry.recordFailure('search', asks(30));
    registry.recordSuccess('search');
    registry.recordFailure('search', 'timeout');
    expect(registry.remainingBackoffMs('search')).toBe(1_000);
  });

  it('still waits after a restart', () => {
    const { clock, registry } = setUp();
    registry.recordFailure('search', asks(30));
    clock.advance(10_000);
    const restored = createToolRegistry({ clock, restore: registry.persist() });
    expect(restored.remainingBackoffMs('search')).toBe(20_000);
  });
});
