import { describe, expect, it } from 'vitest';
import type { ErrorCategory } from '../../../machines/categories.ts';
import { categorize } from '../../../src/classify/categorize.ts';
import { retryAfterMs } from '../../../src/classify/retry-after.ts';

// The shapes of what real clients threw, as `npm run clients` has them throw it; docs/clients.md has all of them.

const deadline = () => new DOMException('The operation was aborted due to timeout', 'TimeoutError');

const refusedSocket = () =>
  Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:34641'), {
    errno: -111,
    code: 'ECONNREFUSED',
    syscall: 'connect',
    address: '127.0.0.1',
    port: 34_641,
  });

/** An error of a class of the client's, with its name and its fields. */
function thrown(className: string, message: string, fields: object = {}, name = 'Error'): Error {
  const Thrown = class extends Error {};
  Object.defineProperty(Thrown, 'name', { value: className });
  const error = new Thrown(message);
  if (name !== 'Error') Object.defineProperty(error, 'name', { value: name });
  return Object.assign(error, fields);
}

describe('what a real client throws', () => {
  it.each<[string, ErrorCategory, unknown]>([
    [
      'axios, at a deadline',
      'timeout',
      thrown('CanceledError', 'canceled', {
        isAxiosError: true,
        code: 'ERR_CANCELED',
        config: { signal: AbortSignal.abort(deadline()) },
      }),
    ],
    [
      'axios, for a body that was cut',
      'network',
      thrown('AxiosError', 'stream has been aborted', {
        isAxiosError: true,
        code: 'ERR_BAD_RESPONSE',
        config: {},
      }),
    ],
    [
      'gaxios, at its own limit',
      'timeout',
      thrown('GaxiosError', 'The operation was aborted.', {
        config: { timeout: 300, signal: AbortSignal.abort(deadline()) },
        code: undefined,
        status: undefined,
        error: thrown('AbortError', 'The operation was aborted.', { type: 'aborted' }),
      }),
    ],
    [
      'Node and needle, at a deadline',
      'timeout',
      Object.assign(new Error('The operation was aborted', { cause: deadline() }), {
        name: 'AbortError',
        code: 'ABORT_ERR',
      }),
    ],
    [
      'superagent, at its own limit',
      'timeout',
      Object.assign(new Error('Timeout of 300ms exceeded'), {
        timeout: 300,
        code: 'ECONNABORTED',
        errno: 'ETIME',
      }),
    ],
    [
      'Octokit, refused',
      'network',
      thrown(
        'RequestError',
        'connect ECONNREFUSED 127.0.0.1:34641',
        {
          status: 500,
          request: { method: 'GET', url: 'http://127.0.0.1:34641', request: {} },
          response: undefined,
          cause: new TypeError('fetch failed', { cause: refusedSocket() }),
        },
        'HttpError',
      ),
    ],
    [
      'Octokit, at a deadline',
      'timeout',
      thrown('RequestError', 'x', { status: 500, response: undefined, cause: deadline() }, 'HttpError'),
    ],
    [
      'an AWS client, at a deadline',
      'timeout',
      Object.assign(new Error('Request aborted', { cause: deadline() }), {
        name: 'AbortError',
        $metadata: { attempts: 1, totalRetryDelay: 0 },
      }),
    ],
    [
      'an AWS client, for a lost connection',
      'network',
      Object.assign(new Error('socket hang up'), {
        name: 'TimeoutError',
        code: 'ECONNRESET',
        $metadata: { attempts: 1, totalRetryDelay: 0 },
      }),
    ],
    [
      'cohere, at a deadline',
      'timeout',
      thrown('CohereError', 'The user aborted a request', {
        statusCode: undefined,
        rawResponse: { headers: new Headers(), status: 499, statusText: 'Client Closed Request' },
        cause: deadline(),
      }),
    ],
    [
      'Stripe, refused',
      'network',
      thrown('StripeConnectionError', 'An error occurred with our connection to Stripe.', {
        detail: refusedSocket(),
      }),
    ],
    [
      'Stripe, at its own limit',
      'timeout',
      thrown('StripeConnectionError', 'Request aborted due to timeout being reached (300ms)'),
    ],
    [
      'Slack, refused',
      'network',
      thrown('WebAPIRequestError', 'A request error occurred: fetch failed', {
        code: 'slack_webapi_request_error',
        original: new TypeError('fetch failed', { cause: refusedSocket() }),
      }),
    ],
    [
      'Slack, in an answer of 200',
      'authentication',
      thrown('WebAPIPlatformError', 'An API error occurred: invalid_auth', {
        code: 'slack_webapi_platform_error',
        data: { ok: false, error: 'invalid_auth' },
      }),
    ],
    [
      'ollama, for a 429',
      'rateLimit',
      thrown('ResponseError', 'Error 429: Too Many Requests', {
        error: 'Error 429: Too Many Requests',
        status_code: 429,
      }),
    ],
    [
      'Hugging Face, for a 429',
      'rateLimit',
      thrown('InferenceClientProviderApiError', 'Failed to perform inference: it failed', {
        httpRequest: { url: 'https://example.test/', method: 'POST', headers: {} },
        httpResponse: { requestId: '', status: 429, body: { message: 'it failed' } },
      }),
    ],
    ['ws, for a 401', 'authentication', new Error('Unexpected server response: 401')],
    [
      'grpc-js, refused',
      'network',
      Object.assign(
        new Error('14 UNAVAILABLE: No connection established. Last error: Error: connect ECONNREFUSED'),
        {
          code: 14,
          details: 'No connection established. Last error: Error: connect ECONNREFUSED',
          metadata: { internalRepr: new Map(), options: {} },
        },
      ),
    ],
    [
      'pg, for a column',
      'invalidParameters',
      thrown('DatabaseError', 'column "timeout" does not exist', {
        length: 103,
        severity: 'ERROR',
        code: '42703',
        position: '8',
        file: 'parse_relation.c',
        routine: 'errorMissingColumn',
      }),
    ],
    [
      'mysql2, for a table',
      'invalidParameters',
      Object.assign(new Error("Table 'mysql.rate_limit' doesn't exist"), {
        code: 'ER_NO_SUCH_TABLE',
        errno: 1_146,
        sql: 'select * from mysql.rate_limit',
        sqlState: '42S02',
      }),
    ],
    [
      'mysql2, for a statement that MariaDB ended',
      'timeout',
      Object.assign(new Error('Query execution was interrupted (max_statement_time exceeded)'), {
        errno: 1_969,
        sqlState: '70100',
      }),
    ],
    [
      'basic-ftp, for a login',
      'authentication',
      thrown('FTPError', '530 Login incorrect', { code: 530 }, 'FTPError'),
    ],
    [
      'nodemailer, for a login',
      'authentication',
      Object.assign(new Error('Invalid login: 535 5.7.8 no'), {
        code: 'EAUTH',
        response: '535 5.7.8 no',
        responseCode: 535,
        command: 'AUTH PLAIN',
      }),
    ],
    [
      '@ai-sdk/mcp, after its end',
      'network',
      thrown('MCPClientError', 'Attempted to send a request from a closed client'),
    ],
  ])('is sorted: %s', (_client, category, error) => {
    expect(categorize(error)).toBe(category);
  });

  it('says when to come back', () => {
    const slack = thrown(
      'WebAPIRateLimitedError',
      'A rate-limit has been reached, you may retry this request in 7 seconds',
      {
        code: 'slack_webapi_rate_limited_error',
        retryAfter: 7,
      },
    );
    expect(categorize(slack)).toBe('rateLimit');
    expect(retryAfterMs(slack, 0)).toBe(7_000);
  });
});
