import { describe, expect, it } from 'vitest';
import { categorize } from '../../../src/classify/categorize.ts';

const withFields = (fields: object) => Object.assign(new Error('it failed'), fields);

const statuses = [
  [400, 'invalidParameters'],
  [401, 'authentication'],
  [402, 'resourceExhausted'],
  [403, 'permissionDenied'],
  [404, 'resourceNotFound'],
  [405, 'invalidParameters'],
  [406, 'invalidParameters'],
  [407, 'authentication'],
  [408, 'timeout'],
  [409, 'invalidParameters'],
  [410, 'resourceNotFound'],
  [413, 'invalidParameters'],
  [415, 'invalidParameters'],
  [418, 'invalidParameters'],
  [422, 'invalidParameters'],
  [429, 'rateLimit'],
  [451, 'policyViolation'],
  [499, 'cancelled'],
  [500, 'serviceUnavailable'],
  [501, 'executionError'],
  [502, 'serviceUnavailable'],
  [503, 'serviceUnavailable'],
  [504, 'timeout'],
  [505, 'executionError'],
  [507, 'resourceExhausted'],
  [511, 'authentication'],
  [520, 'serviceUnavailable'],
  [522, 'timeout'],
  [524, 'timeout'],
  [529, 'serviceUnavailable'],
  [599, 'timeout'],
] as const;

describe('an HTTP status', () => {
  it.each(statuses)('of %i is %s', (status, category) => {
    expect(categorize(withFields({ status }))).toBe(category);
  });

  it.each(statuses)('of %i is %s in every place where clients put it', (status, category) => {
    expect(categorize(withFields({ statusCode: status }))).toBe(category);
    expect(categorize(withFields({ response: { status } }))).toBe(category);
    expect(categorize(withFields({ response: { statusCode: status } }))).toBe(category);
    expect(categorize(withFields({ $metadata: { httpStatusCode: status } }))).toBe(category);
    expect(categorize(withFields({ status_code: status }))).toBe(category);
    expect(categorize(withFields({ httpResponse: { status } }))).toBe(category);
    expect(categorize(withFields({ $response: { statusCode: status } }))).toBe(category);
    expect(categorize(withFields({ rawResponse: { status } }))).toBe(category);
    expect(categorize(withFields({ meta: { statusCode: status } }))).toBe(category);
    expect(categorize(withFields({ code: status }))).toBe(category);
    expect(categorize(withFields({ code: String(status) }))).toBe(category);
    expect(categorize({ error: { code: status, message: 'it failed' } })).toBe(category);
    expect(categorize(new Response(null, { status }))).toBe(category);
  });

  it.each([0, 1, 20, 100, 200, 204, 304, 399, 600, 999, 404.5, -404, Number.NaN, Number.POSITIVE_INFINITY])(
    'of %d says nothing',
    (status) => {
      expect(categorize(withFields({ status }))).toBe('executionError');
    },
  );

  it.each(['rejected', '', '4', '4012', ' 404', '404 ', '4e2', null, true, [404], 404n, { code: 404 }])(
    'that is no number of three digits says nothing: %s',
    (status) => {
      expect(categorize(withFields({ status }))).toBe('executionError');
    },
  );

  it('is looked for further on if the first place holds none', () => {
    expect(categorize(withFields({ status: 200, response: { status: 503 } }))).toBe('serviceUnavailable');
    expect(categorize(withFields({ status: null, statusCode: 429 }))).toBe('rateLimit');
  });

  it('is the one of an AWS error unless its class says more', () => {
    const fields = { $fault: 'client', $metadata: { httpStatusCode: 400 } };
    expect(categorize(withFields({ ...fields, name: 'ThrottlingException' }))).toBe('rateLimit');
    expect(categorize(withFields({ ...fields, name: 'SomethingElse' }))).toBe('invalidParameters');
  });

  it("is the one of the AI SDK's APICallError", () => {
    const fields = { name: 'AI_APICallError', isRetryable: true, responseHeaders: {} };
    expect(categorize(withFields({ ...fields, statusCode: 503 }))).toBe('serviceUnavailable');
  });
});

describe('a rate limit with a used-up quota', () => {
  class RateLimitError extends Error {
    status = 429;
  }

  it.each([
    ['code', { code: 'insufficient_quota' }],
    ['type', { type: 'insufficient_quota' }],
    ['error.code', { error: { code: 'insufficient_quota' } }],
    ['error.type', { error: { type: 'insufficient_quota' } }],
    ['error.error.type', { error: { error: { type: 'insufficient_quota' } } }],
    ['data.error.code', { data: { error: { code: 'insufficient_quota' } } }],
    ['response.data.error.code', { response: { data: { error: { code: 'insufficient_quota' } } } }],
    ['message', { message: '429 insufficient_quota: check your plan' }],
  ])('is resourceExhausted: named in %s', (_place, fields) => {
    expect(categorize(Object.assign(new RateLimitError('slow down'), fields))).toBe('resourceExhausted');
    expect(categorize(withFields({ statusCode: 429, ...fields }))).toBe('resourceExhausted');
  });

  it('is resourceExhausted in a text', () => {
    expect(categorize('HTTP 429: {"code":"insufficient_quota"}')).toBe('resourceExhausted');
    expect(categorize("Error code: 429 - {'type': 'insufficient_quota'}")).toBe('resourceExhausted');
  });

  it('is resourceExhausted without a status', () => {
    expect(categorize(withFields({ code: 'insufficient_quota' }))).toBe('resourceExhausted');
  });

  it('is a rate limit like any other if the quota is not named', () => {
    expect(categorize(new RateLimitError('slow down'))).toBe('rateLimit');
    expect(categorize(Object.assign(new RateLimitError('x'), { code: 'rate_limit_exceeded' }))).toBe(
      'rateLimit',
    );
  });

  it('does not turn another status into a quota', () => {
    expect(categorize(withFields({ status: 401, code: 'insufficient_quota' }))).toBe('authentication');
  });
});
