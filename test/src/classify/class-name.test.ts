import { runInNewContext } from 'node:vm';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { describe, expect, it } from 'vitest';
import { categorize } from '../../../src/classify/categorize.ts';

/** An error of a class with this name. The SDKs that throw them are not installed here: these have their shape. */
function errorOfClass(name: string, Base: ErrorConstructor = Error): Error {
  const Named = class extends Base {};
  Object.defineProperty(Named, 'name', { value: name });
  return new Named('it failed');
}

const classes = [
  ['CircuitOpenError', 'circuitOpen'],
  ['BrokenCircuitError', 'circuitOpen'],
  ['HydratingCircuitError', 'circuitOpen'],
  ['BulkheadRejectedError', 'resourceExhausted'],
  ['AbortError', 'cancelled'],
  ['CanceledError', 'cancelled'],
  ['APIUserAbortError', 'cancelled'],
  ['TimeoutError', 'timeout'],
  ['APIConnectionTimeoutError', 'timeout'],
  ['ToolTimeoutError', 'timeout'],
  ['ReadTimeoutError', 'timeout'],
  ['APIConnectionError', 'network'],
  ['NetworkError', 'network'],
  ['StripeConnectionError', 'network'],
  ['MongoNetworkError', 'network'],
  ['MongoServerSelectionError', 'network'],
  ['ClientClosedError', 'network'],
  ['ReadTimeout', 'timeout'],
  ['RateLimitError', 'rateLimit'],
  ['InternalServerError', 'serviceUnavailable'],
  ['OverloadedError', 'serviceUnavailable'],
  ['AuthenticationError', 'authentication'],
  ['UnauthorizedError', 'authentication'],
  ['AI_LoadAPIKeyError', 'authentication'],
  ['PermissionDeniedError', 'permissionDenied'],
  ['NotAllowedError', 'permissionDenied'],
  ['NotFoundError', 'resourceNotFound'],
  ['BadRequestError', 'invalidParameters'],
  ['UnprocessableEntityError', 'invalidParameters'],
  ['ZodError', 'invalidParameters'],
  ['AI_InvalidToolInputError', 'invalidParameters'],
  ['AI_TypeValidationError', 'invalidParameters'],
  ['ToolInputParsingException', 'invalidParameters'],
  ['AI_NoSuchToolError', 'toolNotFound'],
  ['QuotaExceededError', 'resourceExhausted'],
  ['InputGuardrailTripwireTriggered', 'policyViolation'],
  ['ToolOutputGuardrailTripwireTriggered', 'policyViolation'],
  ['ApprovalDeniedError', 'policyViolation'],
  ['PlanningPolicyViolationError', 'planningPolicyViolation'],
  ['SandboxFailureError', 'sandboxFailure'],
  ['ThrottlingException', 'rateLimit'],
  ['AccessDeniedException', 'permissionDenied'],
] as const;

describe('an error class', () => {
  it.each(classes)('is known by the name of its constructor: %s is %s', (name, category) => {
    const error = errorOfClass(name);
    expect(error.name).toBe('Error');
    expect(categorize(error)).toBe(category);
  });

  it.each(classes)('is known by its name: %s is %s', (name, category) => {
    expect(categorize(Object.assign(new Error('it failed'), { name }))).toBe(category);
    expect(categorize({ name, message: 'it failed' })).toBe(category);
  });

  it.each(classes)('is known by its name at the head of a text: %s is %s', (name, category) => {
    expect(categorize(`${name}: it failed`)).toBe(category);
    expect(categorize(new Error(`Error: ${name}: it failed`))).toBe(category);
  });

  it.each(['Error', 'TypeError', 'RangeError', 'DOMException', 'McpError', 'APIError', 'AI_APICallError'])(
    'says nothing if it is a general one: %s',
    (name) => {
      expect(categorize(errorOfClass(name))).toBe('executionError');
    },
  );

  it('counts as what it extends, the nearest first', () => {
    class APIConnectionError extends Error {}
    class APIConnectionTimeoutError extends APIConnectionError {}
    class OurProxyTimedOut extends APIConnectionTimeoutError {}
    class OurProxyError extends APIConnectionError {}
    expect(categorize(new OurProxyTimedOut('x'))).toBe('timeout');
    expect(categorize(new OurProxyError('x'))).toBe('network');
  });

  it('is known by its constructor before its name', () => {
    class RateLimitError extends Error {
      override name = 'TimeoutError';
    }
    expect(categorize(new RateLimitError('x'))).toBe('rateLimit');
  });

  it('is known by a name of its own before what it extends', () => {
    class APIConnectionError extends Error {}
    class Ours extends APIConnectionError {
      override name = 'TimeoutError';
    }
    expect(categorize(new Ours('x'))).toBe('timeout');
  });

  it('is known from another realm', () => {
    expect(categorize(runInNewContext('class RateLimitError extends Error {}; new RateLimitError()'))).toBe(
      'rateLimit',
    );
    expect(categorize(runInNewContext('new TypeError("timeout is not a function")'))).toBe('executionError');
  });

  it('is known for a real DOMException', () => {
    expect(categorize(new DOMException('x', 'AbortError'))).toBe('cancelled');
    expect(categorize(new DOMException('x', 'TimeoutError'))).toBe('timeout');
    expect(categorize(new DOMException('x', 'NetworkError'))).toBe('network');
    expect(categorize(new DOMException('x', 'DataCloneError'))).toBe('executionError');
  });

  it("is known for MCP's real UnauthorizedError", () => {
    expect(categorize(new UnauthorizedError())).toBe('authentication');
  });

  it('is what it is, even if its words blame a time limit', () => {
    const message = 'Request aborted due to timeout';
    expect(categorize(Object.assign(new Error(message), { name: 'ThrottlingException' }))).toBe('rateLimit');
    expect(categorize(Object.assign(new Error(message), { name: 'StripeConnectionError' }))).toBe('timeout');
  });

  it('loses the mark of the AI SDK at its beginning only', () => {
    expect(categorize({ name: 'AI_NoSuchToolError' })).toBe('toolNotFound');
    expect(categorize({ name: 'NoSuchAI_ToolError' })).toBe('executionError');
  });

  it('is looked for among the 12 nearest that it extends', () => {
    const behind = (count: number): object => {
      let prototype: object = { constructor: { name: 'RateLimitError' } };
      for (let step = 0; step < count; step += 1) {
        prototype = Object.create(prototype, { constructor: { value: { name: 'Odd' } } });
      }
      return Object.create(prototype);
    };
    expect(categorize(behind(11))).toBe('rateLimit');
    expect(categorize(behind(12))).toBe('executionError');
  });

  it('is not a path in a text that contains its name', () => {
    expect(categorize('src/errors/TimeoutError.ts:12 does not compile')).toBe('executionError');
  });
});

describe('an error of the language', () => {
  it('has words that count if a class of its own extends it', () => {
    class UpstreamError extends TypeError {}
    expect(categorize(new UpstreamError('upstream timed out'))).toBe('timeout');
    expect(categorize(new TypeError('upstream timed out'))).toBe('executionError');
    expect(categorize({ name: 'TypeError', message: 'upstream timed out' })).toBe('executionError');
  });

  it('has a code and a cause that count', () => {
    const cause = Object.assign(new Error('x'), { code: 'ECONNRESET' });
    expect(categorize(new TypeError('x', { cause }))).toBe('network');
    expect(categorize(Object.assign(new TypeError('x'), { code: 'ERR_INVALID_URL' }))).toBe(
      'invalidParameters',
    );
  });
});
