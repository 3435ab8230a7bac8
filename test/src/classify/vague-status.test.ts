import { describe, expect, it } from 'vitest';
import { categorize } from '../../../src/classify/categorize.ts';

const withFields = (fields: object) => Object.assign(new Error('it failed'), fields);

describe('a 403 that is a rate limit', () => {
  it.each([
    ['no requests are left', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1767225600' }],
    ['it says when to come back', { 'retry-after': '60' }],
    ['a draft standard says that none are left', { 'ratelimit-remaining': '0' }],
    ['the headers are in capitals', { 'X-RateLimit-Remaining': '0' }],
  ])('is one if %s', (_why, headers) => {
    expect(categorize(withFields({ status: 403, response: { headers } }))).toBe('rateLimit');
    expect(categorize(withFields({ response: { status: 403, headers: new Headers(headers) } }))).toBe(
      'rateLimit',
    );
    class PermissionDeniedError extends Error {
      status = 403;
      headers = headers;
    }
    expect(categorize(new PermissionDeniedError('x'))).toBe('rateLimit');
  });

  it('is none while requests are left', () => {
    expect(categorize(withFields({ status: 403, headers: { 'x-ratelimit-remaining': '4999' } }))).toBe(
      'permissionDenied',
    );
  });

  it('leaves other statuses as they are', () => {
    const headers = { 'retry-after': '60', 'x-ratelimit-remaining': '0' };
    expect(categorize(withFields({ status: 404, headers }))).toBe('resourceNotFound');
    expect(categorize(withFields({ status: 503, headers }))).toBe('serviceUnavailable');
    expect(categorize(withFields({ status: 400, headers }))).toBe('invalidParameters');
  });
});

describe('a vague status', () => {
  const google = (status: number, reason: string) =>
    withFields({
      code: status,
      response: { status, data: { error: { code: status, errors: [{ reason }], message: 'x' } } },
    });

  it.each([
    ['rateLimitExceeded', 'rateLimit'],
    ['userRateLimitExceeded', 'rateLimit'],
    ['quotaExceeded', 'resourceExhausted'],
    ['dailyLimitExceeded', 'resourceExhausted'],
    ['insufficientPermissions', 'permissionDenied'],
    ['accessNotConfigured', 'permissionDenied'],
    ['authError', 'authentication'],
    ['somethingElse', 'permissionDenied'],
  ])('yields to the reason that Google gives: 403 with %s is %s', (reason, category) => {
    expect(categorize(google(403, reason))).toBe(category);
  });

  it('yields to the reason among the details of a newer Google', () => {
    const error = {
      code: 400,
      status: 'INVALID_ARGUMENT',
      message: 'x',
      details: [{ reason: 'API_KEY_INVALID' }],
    };
    expect(categorize(withFields({ response: { status: 400, data: { error } } }))).toBe('authentication');
    expect(categorize(Object.assign(new Error(JSON.stringify({ error })), { status: 400 }))).toBe(
      'authentication',
    );
  });

  it.each([
    ['ThrottlingException', 'rateLimit'],
    ['RequestLimitExceeded', 'rateLimit'],
    ['SlowDown', 'rateLimit'],
    ['RequestTimeout', 'timeout'],
    ['RequestTimeoutException', 'timeout'],
    ['ExpiredToken', 'authentication'],
    ['ExpiredTokenException', 'authentication'],
    ['UnrecognizedClientException', 'authentication'],
    ['InvalidSignatureException', 'authentication'],
    ['AccessDenied', 'permissionDenied'],
    ['NoSuchBucket', 'resourceNotFound'],
    ['QueueDoesNotExist', 'resourceNotFound'],
    ['ValidationException', 'invalidParameters'],
    ['SomethingElse', 'invalidParameters'],
  ])('yields to the name that AWS gives: 400 with %s is %s', (name, category) => {
    const $metadata = { httpStatusCode: 400, requestId: 'x' };
    expect(categorize(withFields({ name, $fault: 'client', $metadata }))).toBe(category);
    expect(categorize(withFields({ code: name, statusCode: 400, retryable: false }))).toBe(category);
  });

  it('yields to what AWS says of trying again', () => {
    const fields = { name: 'Odd', $metadata: { httpStatusCode: 400 }, $retryable: { throttling: true } };
    expect(categorize(withFields(fields))).toBe('rateLimit');
  });

  it('yields to the code of a lost connection, which AWS renames', () => {
    const fields = {
      name: 'TimeoutError',
      code: 'ECONNRESET',
      $metadata: { attempts: 1, totalRetryDelay: 0 },
    };
    expect(categorize(Object.assign(new Error('socket hang up'), fields))).toBe('network');
    expect(categorize(Object.assign(new Error('x'), { ...fields, code: 'ETIMEDOUT' }))).toBe('timeout');
  });

  it('yields to the name that AWS gives where there was no status', () => {
    expect(categorize(withFields({ name: 'RequestLimitExceeded', $fault: 'client' }))).toBe('rateLimit');
    expect(categorize(withFields({ name: 'RequestLimitExceeded' }))).toBe('executionError');
  });

  it('yields to the name that AWS gives before the code of the last attempt', () => {
    const fields = { name: 'RequestLimitExceeded', code: 'ECONNRESET', $metadata: { attempts: 3 } };
    expect(categorize(withFields(fields))).toBe('rateLimit');
  });

  it('yields to a code in the body: 413 of Groq', () => {
    const error = { error: { message: 'Request too large', type: 'tokens', code: 'rate_limit_exceeded' } };
    expect(categorize(withFields({ status: 413, error }))).toBe('rateLimit');
  });

  it('is one of those that say little: 401, 404, 429 and 503 are not', () => {
    expect(categorize(withFields({ status: 401, code: 'rate_limit_exceeded' }))).toBe('authentication');
    expect(categorize(withFields({ status: 404, code: 'rate_limit_exceeded' }))).toBe('resourceNotFound');
    expect(categorize(withFields({ status: 503, type: 'authentication_error' }))).toBe('serviceUnavailable');
  });
});

describe('a status that the client made up', () => {
  /** What Octokit throws for whatever happened on the way. */
  const invented = (cause: unknown) =>
    Object.assign(new Error('it failed', { cause }), { name: 'HttpError', status: 500, request: {} });

  it('is no evidence: the cause is', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(categorize(invented(new TypeError('fetch failed', { cause: refused })))).toBe('network');
    expect(categorize(invented(new TypeError('fetch failed')))).toBe('network');
    expect(categorize(invented(new DOMException('x', 'TimeoutError')))).toBe('timeout');
    expect(categorize(invented(new DOMException('x', 'AbortError')))).toBe('cancelled');
  });

  it('is evidence if there was a response, or if the cause says nothing of the way', () => {
    const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    const answered = Object.assign(invented(refused), { response: { status: 500, headers: {} } });
    expect(categorize(answered)).toBe('serviceUnavailable');
    expect(categorize(invented(new Error('odd')))).toBe('serviceUnavailable');
    const limited = Object.assign(new Error('x'), { name: 'RateLimitError' });
    expect(categorize(invented(limited))).toBe('serviceUnavailable');
    expect(categorize(Object.assign(invented(refused), { status: 404 }))).toBe('resourceNotFound');
  });

  it('is no evidence where what did not get through stands further behind', () => {
    const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    expect(categorize(invented(new Error('odd', { cause: refused })))).toBe('network');
  });
});
