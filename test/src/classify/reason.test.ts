import { describe, expect, it } from 'vitest';
import { categorize } from '../../../src/classify/categorize.ts';

const withFields = (fields: object) => Object.assign(new Error('it failed'), fields);

describe('what a service calls a failure', () => {
  it.each([
    ['rateLimitExceeded', 'rateLimit'],
    ['RATE_LIMIT_EXCEEDED', 'rateLimit'],
    ['rate_limit_exceeded', 'rateLimit'],
    ['rate-limit-exceeded', 'rateLimit'],
    ['RateLimitExceededException', 'rateLimit'],
    ['ratelimited', 'rateLimit'],
    ['com.amazon.coral.service#ExpiredTokenException', 'authentication'],
    ['auth/invalid-credentials', 'authentication'],
    ['UNAUTHENTICATED', 'authentication'],
    ['FORBIDDEN', 'permissionDenied'],
    ['BAD_USER_INPUT', 'invalidParameters'],
    ['GRAPHQL_VALIDATION_FAILED', 'invalidParameters'],
    ['INTERNAL_SERVER_ERROR', 'serviceUnavailable'],
    ['channel_not_found', 'resourceNotFound'],
    ['NoSuchKey', 'resourceNotFound'],
  ])('is read in whatever spelling: %s is %s', (code, category) => {
    expect(categorize(withFields({ code }))).toBe(category);
    expect(categorize(withFields({ type: code }))).toBe(category);
    expect(categorize(withFields({ extensions: { code } }))).toBe(category);
    expect(categorize(withFields({ data: { ok: false, error: code } }))).toBe(category);
    expect(categorize(withFields({ response: { data: { error: { code } } } }))).toBe(category);
  });

  it('stands in the errors of GraphQL, which come with a 200', () => {
    const errors = [{ message: 'no', extensions: { code: 'UNAUTHENTICATED' } }];
    expect(categorize(withFields({ response: { status: 200, errors } }))).toBe('authentication');
    expect(categorize(withFields({ graphQLErrors: errors, networkError: null }))).toBe('authentication');
    expect(categorize(withFields({ errors }))).toBe('authentication');
    expect(categorize(withFields({ errors: [{ type: 'RATE_LIMITED', message: 'no' }] }))).toBe('rateLimit');
  });

  it.each(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_INTERNAL_ASSERTION'])(
    'is no code of Node: %s',
    (code) => {
      expect(categorize(withFields({ code }))).toBe('executionError');
    },
  );

  it('is no module that Python lacks: the tool is broken, and not what it was asked for', () => {
    const error = { type: 'ModuleNotFoundError', message: "No module named 'pandas'" };
    expect(categorize(withFields({ error }))).toBe('executionError');
    expect(categorize(withFields({ error: { type: 'NotFoundError' } }))).toBe('resourceNotFound');
    expect(categorize(withFields({ error: { type: 'TERR_MODULE_NOT_FOUND' } }))).toBe('resourceNotFound');
  });

  it.each([
    'error_timeout',
    'not_found_handler_failed',
    'does_not_exist_check_failed',
    'there_is_no_such_luck',
  ])('is read by how it begins or ends: %s says nothing', (code) => {
    expect(categorize(withFields({ code }))).toBe('executionError');
  });

  it('is no longer than 128 characters', () => {
    const ofLength = (length: number) =>
      withFields({ extensions: { code: 'RATE_LIMITED'.padEnd(length, '_') } });
    expect(categorize(ofLength(128))).toBe('rateLimit');
    expect(categorize(ofLength(129))).toBe('executionError');
  });

  it("of an error goes before those of the error's list", () => {
    const errors = [{ type: 'RATE_LIMITED', message: 'no' }];
    expect(categorize(withFields({ code: 'BAD_REQUEST', errors }))).toBe('invalidParameters');
    expect(categorize(withFields({ code: 'BAD_REQUEST', data: { errors } }))).toBe('rateLimit');
  });

  it('is a matter of words in a text, and comes after facts', () => {
    const lost = Object.assign(new Error('x'), { code: 'ECONNRESET' });
    expect(categorize(new AggregateError(['{"code":"rate_limit_exceeded"}', lost]))).toBe('network');
    expect(categorize(new AggregateError(['{"code":"rate_limit_exceeded"}']))).toBe('rateLimit');
  });

  it.each([
    ['[{"code":"invalid_type","expected":"string","path":["a"],"message":"Required"}]', 'invalidParameters'],
    ['Error: [\n  {\n    "code": "too_small",\n    "minimum": 1', 'invalidParameters'],
    ['{"error":{"code":8,"message":"x","status":"RESOURCE_EXHAUSTED"}}', 'rateLimit'],
    ["{'error': {'type': 'overloaded_error'}}", 'serviceUnavailable'],
    ['{"error":"{\\"code\\":\\"invalid_api_key\\"}"}', 'authentication'],
    ['upstream said INTERNAL_ERROR', 'serviceUnavailable'],
  ])('is found in a text that holds JSON, whole or cut: %s', (text, category) => {
    expect(categorize(text)).toBe(category);
    expect(categorize(new Error(text))).toBe(category);
  });

  it('is no plain word among the values of a text', () => {
    expect(categorize('cannot use {"type":"timeout","value":3}')).toBe('executionError');
  });
});
