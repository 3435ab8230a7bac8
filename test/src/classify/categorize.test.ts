import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { errorCategoryNames } from '../../../machines/categories.ts';
import { categorize } from '../../../src/classify/categorize.ts';

describe('the order of the evidence', () => {
  const denial = Object.assign(new Error('denied'), { name: 'CircuitOpenError' });
  const aborted = AbortSignal.abort();

  it.each(errorCategoryNames)('takes the name of a category at its word: %s', (category) => {
    expect(categorize(category)).toBe(category);
    expect(categorize(category, { signal: aborted })).toBe(category);
  });

  it('puts our own denial before the aborted signal', () => {
    expect(categorize(denial, { signal: aborted })).toBe('circuitOpen');
    class CircuitOpenError extends Error {}
    class ToolUnavailable extends CircuitOpenError {}
    expect(categorize(new ToolUnavailable('denied'), { signal: aborted })).toBe('circuitOpen');
  });

  it('puts the aborted signal before the class', () => {
    class RateLimitError extends Error {}
    expect(categorize(new RateLimitError('slow down'))).toBe('rateLimit');
    expect(categorize(new RateLimitError('slow down'), { signal: aborted })).toBe('cancelled');
  });

  it('puts the category that an error names itself before its class', () => {
    class TimeoutError extends Error {
      category = 'invalidParameters';
    }
    expect(categorize(new TimeoutError('x'))).toBe('invalidParameters');
    expect(categorize(new Error('x', { cause: { category: 'rateLimit' } }))).toBe('rateLimit');
    expect(categorize(Object.assign(new Error('connect ECONNREFUSED'), { category: 'bad' }))).toBe('network');
  });

  it('puts the class before the status', () => {
    class RateLimitError extends Error {
      status = 503;
    }
    expect(categorize(new RateLimitError('slow down'))).toBe('rateLimit');
  });

  it('puts the status before the code', () => {
    expect(categorize(Object.assign(new Error('x'), { status: 503, code: 'ECONNRESET' }))).toBe(
      'serviceUnavailable',
    );
  });

  it('puts the code before the cause', () => {
    const cause = Object.assign(new Error('x'), { code: 'ETIMEDOUT' });
    expect(categorize(Object.assign(new Error('x', { cause }), { code: 'ECONNRESET' }))).toBe('network');
  });

  it('puts the class before the cause, as openai wraps an AbortError in its timeout', () => {
    class APIConnectionError extends Error {}
    class APIConnectionTimeoutError extends APIConnectionError {}
    const cause = new DOMException('This operation was aborted', 'AbortError');
    expect(categorize(new APIConnectionTimeoutError('Request timed out.', { cause }))).toBe('timeout');
    expect(categorize(new APIConnectionError('Connection error.', { cause }))).toBe('network');
  });

  it('puts the cause before words', () => {
    const cause = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    expect(categorize(new Error('rate limit exceeded', { cause }))).toBe('network');
  });

  it('reads words when nothing else is known', () => {
    expect(categorize(new Error('rate limit exceeded'))).toBe('rateLimit');
  });

  it('falls back to executionError', () => {
    expect(categorize(new Error('it broke'))).toBe('executionError');
  });
});

describe("the caller's signal", () => {
  it('changes nothing before it is aborted', () => {
    const { signal } = new AbortController();
    expect(categorize(new Error('rate limit exceeded'), { signal })).toBe('rateLimit');
    expect(categorize(new Error('rate limit exceeded'), { signal: undefined })).toBe('rateLimit');
    expect(categorize(new Error('rate limit exceeded'), {})).toBe('rateLimit');
  });

  it.each([['the user went away'], [42], [null], [new Error('timeout')], [{ why: Symbol('why') }]])(
    'is cancelled whatever the reason: %s',
    (reason) => {
      const signal = AbortSignal.abort(reason);
      expect(categorize(reason, { signal })).toBe('cancelled');
      expect(categorize(new McpError(ErrorCode.RequestTimeout, String(reason)), { signal })).toBe(
        'cancelled',
      );
    },
  );

  it('is a timeout if a deadline aborted it, however the client says so', async () => {
    const deadline = AbortSignal.timeout(1);
    const signal = AbortSignal.any([new AbortController().signal, deadline]);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    expect(categorize(signal.reason, { signal })).toBe('timeout');
    expect(categorize(new DOMException('This operation was aborted', 'AbortError'), { signal })).toBe(
      'timeout',
    );
  });
});

describe('a plain error that was met before', () => {
  /** A plain error that counts how often its message is read. */
  function counted(message: string, name = 'Error') {
    const reads = { count: 0 };
    const error = Object.defineProperties(new Error(), {
      name: { value: name },
      message: {
        get() {
          reads.count += 1;
          return message;
        },
      },
    });
    return { error, reads };
  }

  /** Whether the category was known: the message is read once then, to find it. */
  function isKnown(message: string, name?: string): boolean {
    const { error, reads } = counted(message, name);
    categorize(error);
    return reads.count === 1;
  }

  let made = 0;
  const newMessage = (): string => {
    made += 1;
    return `it failed for reason ${made}`;
  };

  /** Meets new errors until all are forgotten but the last, which is given. */
  function startAnew(): string {
    const last = newMessage();
    for (let round = 0; round < 600; round += 1) {
      isKnown(newMessage());
      if (!isKnown(last) && round > 0) return last;
    }
    throw new Error('nothing is ever forgotten');
  }

  it('is known again, by its message and its name', () => {
    const message = newMessage();
    expect(isKnown(message)).toBe(false);
    expect(isKnown(message)).toBe(true);
    expect(isKnown(message, 'TimeoutError')).toBe(false);
    expect(isKnown(message, 'TimeoutError')).toBe(true);
    expect(isKnown(message)).toBe(true);
    expect(categorize(counted(message, 'TimeoutError').error)).toBe('timeout');
    expect(categorize(counted(message).error)).toBe('executionError');
  });

  it('is judged anew if more is known of the call', () => {
    const { error, reads } = counted(newMessage());
    expect(categorize(error)).toBe('executionError');
    reads.count = 0;
    expect(categorize(error, { signal: AbortSignal.abort() })).toBe('cancelled');
    expect(categorize(error)).toBe('executionError');
  });

  it.each([
    [512, true],
    [513, false],
  ])('is remembered up to a length of 512: %i', (length, expected) => {
    const message = newMessage().padEnd(length, '.');
    isKnown(message);
    expect(isKnown(message)).toBe(expected);
  });

  it('is remembered among 256 messages: the next takes their place', () => {
    const message = startAnew();
    for (let others = 1; others < 255; others += 1) isKnown(newMessage());
    expect(isKnown(message)).toBe(true);
    isKnown(newMessage());
    isKnown(newMessage());
    expect(isKnown(message)).toBe(false);
  });

  it('is remembered by 256 names, which may be made up as well', () => {
    const message = startAnew();
    for (let name = 1; name < 256; name += 1) isKnown(message, `Odd${name}`);
    expect(isKnown(message, 'Odd255')).toBe(true);
    isKnown(message, 'Odd256');
    expect(isKnown(message, 'Odd256')).toBe(false);
    expect(isKnown(message)).toBe(true);
  });
});
