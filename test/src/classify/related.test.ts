import { describe, expect, it } from 'vitest';
import { categorize } from '../../../src/classify/categorize.ts';
import { relatedErrors } from '../../../src/classify/related.ts';

const reset = () => Object.assign(new Error('x'), { code: 'ECONNRESET' });

/** An error with this one as its nth cause. */
function behind(error: unknown, depth: number): unknown {
  let outermost = error;
  for (let step = 0; step < depth; step += 1) outermost = new Error('it failed', { cause: outermost });
  return outermost;
}

describe('a cause', () => {
  it.each([1, 2, 3, 4, 5])('counts %i deep', (depth) => {
    expect(categorize(behind(reset(), depth))).toBe('network');
    expect(categorize(behind(new Error('timed out'), depth))).toBe('timeout');
  });

  it('does not count 6 deep', () => {
    expect(categorize(behind(reset(), 6))).toBe('executionError');
  });

  it('may be a string, or the name of a category', () => {
    expect(categorize(new Error('it failed', { cause: 'rate limit exceeded' }))).toBe('rateLimit');
    expect(categorize(new Error('it failed', { cause: 'sandboxFailure' }))).toBe('sandboxFailure');
  });

  it('of a denial by a circuit within is circuitOpen', () => {
    const denial = Object.assign(new Error('x'), { name: 'CircuitOpenError' });
    expect(categorize(new Error('sub-agent failed', { cause: denial }))).toBe('circuitOpen');
  });

  it('may lead back to the error', () => {
    const error = new Error('it failed');
    error.cause = new Error('so did this', { cause: error });
    expect(categorize(error)).toBe('executionError');
    const self = new Error('timed out');
    self.cause = self;
    expect(categorize(self)).toBe('timeout');
  });
});

describe('an aggregate', () => {
  it('has the category of the first member with any evidence', () => {
    const limited = Object.assign(new Error('x'), { status: 429 });
    expect(categorize(new AggregateError([new Error('odd'), limited, reset()]))).toBe('rateLimit');
    expect(categorize(new AggregateError([new Error('odd'), reset(), limited]))).toBe('network');
    expect(categorize(new AggregateError(['odd', 'timed out', 'rate limit']))).toBe('timeout');
  });

  it('puts the facts of a later member before the words of an earlier one', () => {
    expect(categorize(new AggregateError([new Error('timed out'), reset()]))).toBe('network');
  });

  it('looks at the causes of a member before the next member', () => {
    expect(
      categorize(new AggregateError([behind(reset(), 2), Object.assign(new Error(), { status: 429 })])),
    ).toBe('network');
  });

  it('is executionError if no member says anything, or there is none', () => {
    expect(categorize(new AggregateError([new Error('odd'), null, 7]))).toBe('executionError');
    expect(categorize(new AggregateError([]))).toBe('executionError');
  });

  it('has a code of its own first, as Node gives it to attempts at several addresses', () => {
    const refused = Object.assign(new AggregateError([new Error('timed out')]), { code: 'ECONNREFUSED' });
    expect(categorize(new TypeError('fetch failed', { cause: refused }))).toBe('network');
  });

  it('may hold itself', () => {
    const error = new AggregateError([]);
    error.errors.push(error, [error], reset());
    expect(categorize(error)).toBe('network');
  });
});

describe('an error that wraps another in a way of its own', () => {
  it("is the last attempt of the AI SDK's RetryError", () => {
    const first = Object.assign(new Error('x'), { statusCode: 503 });
    const last = Object.assign(new Error('x'), { statusCode: 401 });
    const error = Object.assign(new Error('Failed after 2 attempts. Last error: timed out'), {
      name: 'AI_RetryError',
      reason: 'errorNotRetryable',
      errors: [first, last],
      lastError: last,
    });
    expect(categorize(error)).toBe('authentication');
  });

  it("is the error of OpenAI's ToolCallError", () => {
    const error = Object.assign(new Error('Failed to run function tools'), { error: reset() });
    expect(categorize(error)).toBe('network');
  });
});

describe('what stands behind an error', () => {
  /** An error with others behind it, without end. */
  const endless = (behind: (next: () => object) => object): object => behind(() => endless(behind));

  it("is the error in Stripe's detail, and not the text in a database's", () => {
    const lost = reset();
    expect([...relatedErrors({ detail: lost })]).toContain(lost);
    expect(relatedErrors({ detail: 'Key (why)=(timed out) already exists.' }).size).toBe(1);
  });

  it.each<[string, (next: () => object) => object]>([
    [
      'causes',
      (next) => ({
        get cause() {
          return next();
        },
      }),
    ],
    [
      'details',
      (next) => ({
        get detail() {
          return next();
        },
      }),
    ],
    [
      'members',
      (next) => ({
        get errors() {
          return [next()];
        },
      }),
    ],
  ])('is looked at 5 steps deep: %s', (_what, behind) => {
    expect(relatedErrors(endless(behind)).size).toBe(6);
  });

  it('is 100 errors at most', () => {
    const wide = endless((next) => ({
      get errors() {
        return Array.from({ length: 16 }, next);
      },
    }));
    expect(relatedErrors(wide).size).toBe(100);
  });

  it('is no null, number or function', () => {
    expect(relatedErrors(new AggregateError([null, 7, undefined, reset])).size).toBe(1);
    expect(relatedErrors(null).size).toBe(0);
  });
});
