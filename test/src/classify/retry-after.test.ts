import { createToolRegistry } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { categorize } from '../../../src/classify/categorize.ts';
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
    ['a part of a millisecond, rounded up', { headers: { 'retry-after-ms': '1500.2' } }, 1_501],
    ['a header in capitals', { headers: { 'Retry-After': '2' } }, 2_000],
    ["cohere's place", { rawResponse: { headers: new Headers({ 'retry-after': '2' }) } }, 2_000],
    ["Hugging Face's place", { httpResponse: { headers: { 'retry-after': '2' } } }, 2_000],
    ["Elasticsearch's place", { meta: { headers: { 'retry-after': '2' } } }, 2_000],
    ["superagent's place", { response: { header: { 'retry-after': '2' } } }, 2_000],
    [
      "gRPC's",
      { metadata: { get: (name: string) => (name === 'grpc-retry-pushback-ms' ? ['70'] : []) } },
      70,
    ],
    ["Slack's field, in seconds", { code: 'slack_webapi_rate_limited_error', retryAfter: 30 }, 30_000],
    ["Qdrant's field, in seconds", { retry_after: 3 }, 3_000],
    ["Telegram's field, in seconds", { parameters: { retry_after: 3 } }, 3_000],
    ["Discord's field, in ms", { retryAfter: 300, timeToReset: 300 }, 300],
    ['a number of seconds as text', { retry_after: '2.5' }, 2_500],
    ['a field that is no number', { retryAfter: 'soon', retry_after: -1 }, undefined],
    ["Google's details", { errorDetails: [{ reason: 'x' }, { retryDelay: '34.5s' }] }, 34_500],
    [
      "Google's details in a message",
      Object.assign(
        new Error('{"error":{"details":[{"@type":"x.RetryInfo","retryDelay": "34.074824224s"}]}}'),
        {
          status: 429,
        },
      ),
      34_075,
    ],
    [
      "Google's details in a message within a message",
      Object.assign(new Error('{"error":{"message":"{\\"retryDelay\\": \\"2s\\"}"}}'), { status: 429 }),
      2_000,
    ],
    [
      "Google's details in the message of an error that somebody made of it",
      new Error('429: {"error":{"details":[{"@type":"x.RetryInfo","retryDelay": "34.074824224s"}]}}'),
      34_075,
    ],
    [
      "Google's details in a message beside a body that says nothing",
      { data: 'slow down', message: '{"retryDelay": "2s"}' },
      2_000,
    ],
    ["Google's details in a text", '{"retryDelay": "2s"}', 2_000],
    ["Google's details, parsed", { details: [{ reason: 'x' }, { retryDelay: '34.074s' }] }, 34_074],
    ['a delay in another unit', { details: [{ retryDelay: '2sec' }] }, undefined],
    ['a delay among words', { details: [{ retryDelay: 'after 2s' }] }, undefined],
    ['the eighth detail', { details: [...Array.from({ length: 7 }), { retryDelay: '2s' }] }, 2_000],
    [
      'no detail after the eighth',
      { details: [...Array.from({ length: 8 }), { retryDelay: '2s' }] },
      undefined,
    ],
    [
      'a message of an object without a prototype',
      Object.assign(Object.create(null), { message: '{"retryDelay": "2s"}' }),
      2_000,
    ],
    ['a field of 0', { retryAfter: 0 }, 0],
    ['a number beyond all numbers', { retry_after: '9'.repeat(400) }, undefined],
    ['a field that has no end', { retryAfter: Number.POSITIVE_INFINITY }, undefined],
    ['a field that is an instant', { retryAfter: new Date(now) }, undefined],
    ['a field where the header says nothing', { headers: { 'retry-after': 'soon' }, retryAfter: 3 }, 3_000],
    [
      'seconds, where no milliseconds are given',
      { headers: { 'retry-after-ms': 'x', 'retry-after': '7' } },
      7_000,
    ],
    ['no date but that of HTTP', { headers: { 'retry-after': '2026-01-01T00:00:30Z' } }, undefined],
    [
      'the draft standard',
      { status: 403, headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': '60' } },
      60_000,
    ],
    [
      'the first reset that is a number',
      {
        status: 403,
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'soon', 'ratelimit-reset': '60' },
      },
      60_000,
    ],
    [
      'no reset of a limit that is not used up',
      { status: 429, headers: { 'x-ratelimit-remaining': '12', 'x-ratelimit-reset': '60' } },
      undefined,
    ],
  ])('is read from %s', (_, error, expected) => {
    expect(retryAfterMs(error, now)).toBe(expected);
  });

  it('is measured against the Date of the answer, where an instant is its end', () => {
    const hourSlow = 'Wed, 31 Dec 2025 23:00:00 GMT';
    const headers = { date: hourSlow, 'retry-after': 'Wed, 31 Dec 2025 23:00:30 GMT' };
    expect(retryAfterMs({ headers }, now)).toBe(30_000);
    const reset = String(Date.parse(hourSlow) / 1_000 + 30);
    const limited = { date: hourSlow, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    expect(retryAfterMs({ headers: limited }, now)).toBe(30_000);
    expect(retryAfterMs({ headers: { ...headers, date: 'never' } }, now)).toBe(0);
  });

  it.each(['soon 1', 'retry 5', 'May 5', '1e3', '-5', '5, 5'])('is not read from %j', (delay) => {
    expect(retryAfterMs({ headers: { 'retry-after': delay } }, now)).toBeUndefined();
    expect(retryAfterMs({ headers: { 'retry-after': delay }, retryAfter: 3 }, now)).toBe(3_000);
  });

  it('is the reset of a rate limit that is used up, as an instant or in seconds', () => {
    const used = (reset: number | string, fields: object = {}) => ({
      status: 403,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) },
      ...fields,
    });
    expect(retryAfterMs(used(now / 1_000 + 60), now)).toBe(60_000);
    expect(retryAfterMs(used(now + 60_000), now)).toBe(60_000);
    expect(retryAfterMs(used(60), now)).toBe(60_000);
    expect(retryAfterMs(used(now / 1_000 - 60), now)).toBe(0);
    expect(retryAfterMs(used('soon'), now)).toBeUndefined();
    // The smallest numbers that are instants, in seconds and in milliseconds: both in 2001.
    expect(retryAfterMs(used(1e9), now)).toBe(0);
    expect(retryAfterMs(used(1e12), now)).toBe(0);
    const left = { 'x-ratelimit-remaining': '12', 'x-ratelimit-reset': '60' };
    expect(retryAfterMs({ status: 500, headers: left }, now)).toBeUndefined();
    expect(retryAfterMs({ status: 500, headers: { 'x-ratelimit-reset': '60' } }, now)).toBeUndefined();
    expect(retryAfterMs({ status: 429, headers: { 'x-ratelimit-reset': '60' } }, now)).toBe(60_000);
  });

  it('is read where AWS hides the answer: a property that is not enumerable, of an error of whatever class', () => {
    const error = new Error('slow down');
    const value = { statusCode: 503, headers: { 'retry-after': '2' } };
    Object.defineProperty(error, '$response', { value, enumerable: false });
    expect(retryAfterMs(error, now)).toBe(2_000);
    expect(categorize(error)).toBe('serviceUnavailable');
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
