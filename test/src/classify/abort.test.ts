import { describe, expect, it } from 'vitest';
import { isTimeLimit } from '../../../src/classify/abort.ts';
import { categorize } from '../../../src/classify/categorize.ts';

const limit = () => new DOMException('The operation was aborted due to timeout', 'TimeoutError');
const byHand = () => new DOMException('This operation was aborted', 'AbortError');
const named = (name: string, fields: object = {}) =>
  Object.assign(new Error('The operation was aborted'), { name, ...fields });

class ToolTimeoutError extends Error {}

describe('an abort', () => {
  it.each([
    ['its cause, as Node and the AWS clients have it', (reason: unknown) => ({ cause: reason })],
    [
      'the signal of its config, as axios and gaxios have it',
      (reason: unknown) => ({ config: { signal: { reason } } }),
    ],
    ['the signal of its options, as got has it', (reason: unknown) => ({ options: { signal: { reason } } })],
    ['the signal of its request', (reason: unknown) => ({ request: { signal: { reason } } })],
    [
      'the signal of its request, as Octokit has it',
      (reason: unknown) => ({ request: { request: { signal: { reason } } } }),
    ],
    ['the signal', (reason: unknown) => ({ signal: { reason } })],
    ['its reason', (reason: unknown) => ({ reason })],
  ])('is a timeout if a time limit is %s', (_place, fields) => {
    for (const name of ['AbortError', 'CanceledError']) {
      expect(categorize(named(name, fields(limit())))).toBe('timeout');
      expect(categorize(named(name, fields(new ToolTimeoutError('x'))))).toBe('timeout');
      expect(categorize(named(name, fields(byHand())))).toBe('cancelled');
      expect(categorize(named(name, fields('enough')))).toBe('cancelled');
    }
    expect(categorize(Object.assign(new Error('x'), { code: 'ABORT_ERR', ...fields(limit()) }))).toBe(
      'timeout',
    );
    expect(categorize(Object.assign(new Error('x'), { code: 'ERR_CANCELED', ...fields(limit()) }))).toBe(
      'timeout',
    );
  });

  it('is a timeout if a time limit aborted what aborted it', () => {
    expect(categorize(named('AbortError', { cause: named('AbortError', { cause: limit() }) }))).toBe(
      'timeout',
    );
  });

  it('is a timeout if the time limit stands on the error around it, as gaxios keeps it', () => {
    const error = named('GaxiosError', { cause: named('AbortError', { type: 'aborted' }) });
    expect(categorize(Object.assign(error, { config: { signal: { reason: limit() } } }))).toBe('timeout');
    expect(categorize(Object.assign(error, { config: { signal: { reason: byHand() } } }))).toBe('cancelled');
  });

  it('is a timeout if a status stands for it: 499, which cohere makes up', () => {
    const fields = { cause: limit(), rawResponse: { status: 499, headers: new Headers() } };
    expect(categorize(Object.assign(new Error('The user aborted a request'), fields))).toBe('timeout');
  });

  it('is what an error says that names its own category', () => {
    expect(categorize(named('Stopped', { category: 'cancelled', cause: limit() }))).toBe('cancelled');
  });

  it('is a timeout if its words say so', () => {
    expect(categorize(named('AbortError', { message: 'Request aborted due to timeout' }))).toBe('timeout');
    expect(categorize('AbortError: The operation was aborted due to timeout')).toBe('timeout');
    expect(categorize('AbortError: The operation was aborted')).toBe('cancelled');
  });

  it('is cancelled for whatever else its cause reports, since an abort may have any reason', () => {
    expect(
      categorize(named('AbortError', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) })),
    ).toBe('cancelled');
  });

  it('may have itself for a reason', () => {
    const error = named('AbortError');
    Object.assign(error, { cause: error, signal: { reason: error } });
    expect(categorize(error)).toBe('cancelled');
  });
});

describe('a class that extends one named AbortError', () => {
  class RedisError extends Error {
    override get name() {
      return this.constructor.name;
    }
  }
  class AbortError extends RedisError {}
  class MaxRetriesPerRequestError extends AbortError {}

  it('is no abort', () => {
    class Refused extends AbortError {}
    expect(categorize(new Refused('it broke'))).toBe('executionError');
    const renamed = Object.defineProperty(new AbortError('it broke'), 'constructor', { value: Refused });
    expect(categorize(renamed)).toBe('executionError');
    expect(categorize(new Refused('connect ECONNREFUSED 127.0.0.1:6379'))).toBe('network');
  });

  it("is network for ioredis, which says so when it gives up, and when it drops a connection's commands", () => {
    expect(
      categorize(new MaxRetriesPerRequestError('Reached the max retries per request limit (which is 20).')),
    ).toBe('network');
    const dropped = new AbortError('Command aborted due to connection close');
    expect(categorize(dropped)).toBe('network');
    expect(categorize(new Error('the cache failed', { cause: dropped }))).toBe('network');
  });
});

describe("the caller's signal", () => {
  it.each([
    ['a TimeoutError', limit()],
    ['a ToolTimeoutError', new ToolTimeoutError('search took longer than 30 s')],
    ['an abort that a time limit caused', named('AbortError', { cause: limit() })],
  ])('is a timeout if its reason is %s', (_what, reason) => {
    const signal = AbortSignal.abort(reason);
    expect(categorize(byHand(), { signal })).toBe('timeout');
    expect(categorize('whatever', { signal })).toBe('timeout');
  });

  it("is never a timeout for a person's abort", () => {
    for (const reason of [
      undefined,
      byHand(),
      'timeout',
      new Error('timed out'),
      { cause: 'TimeoutError' },
    ]) {
      expect(categorize(limit(), { signal: AbortSignal.abort(reason) })).toBe('cancelled');
    }
  });
});

describe('a time limit behind the reason of an abort', () => {
  const behind = (depth: number): unknown =>
    depth === 0 ? limit() : new Error('x', { cause: behind(depth - 1) });

  it('is looked for 5 causes deep', () => {
    expect(isTimeLimit(behind(5))).toBe(true);
    expect(isTimeLimit(behind(6))).toBe(false);
  });
});
