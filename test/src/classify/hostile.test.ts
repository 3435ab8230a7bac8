import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ErrorCategory, isErrorCategory } from '../../../machines/categories.ts';
import { categorize } from '../../../src/classify/categorize.ts';
import { retryAfterMs } from '../../../src/classify/retry-after.ts';
import { checkProperty } from '../../support/property.ts';

const explode = (): never => {
  throw new Error('it bites');
};

/** A proxy whose every trap throws. */
const bomb = (): object => new Proxy({}, new Proxy({}, { get: () => explode }));

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

/** Answers every question with itself, or with another one like it. */
const endless = (again: (self: object) => unknown): object => {
  const self: object = new Proxy({}, { get: () => again(self), getPrototypeOf: () => endless(again) });
  return self;
};

/** Far more than is needed, on a slow machine too, and far less than anything unbounded would take. In ms. */
const BRIEFLY = 500;

/** The category, and the shortest time that it took to find: a busy machine does something else meanwhile. */
function timed(error: unknown): { category: ErrorCategory; ms: number } {
  let ms = Number.POSITIVE_INFINITY;
  let category: ErrorCategory = categorize(error);
  for (let time = 0; time < 10 && ms >= BRIEFLY; time++) {
    const start = performance.now();
    category = categorize(error);
    ms = Math.min(ms, performance.now() - start);
  }
  return { category, ms };
}

describe('whatever is thrown', () => {
  it.each([
    ['null', null],
    ['undefined', undefined],
    ['a number', 503],
    ['NaN', Number.NaN],
    ['a bigint', 429n],
    ['true', true],
    ['a symbol', Symbol('timeout')],
    ['a function', function timeout() {}],
    ['a class of errors', class TimeoutError extends Error {}],
    ['an empty object', {}],
    ['an array', ['timeout']],
    ['an object without a prototype', Object.create(null)],
    ['a revoked proxy', revoked()],
    ['a proxy whose traps throw', bomb()],
    ['a proxy without an end', endless((self) => self)],
    ['a proxy that begets proxies', endless(() => endless(() => 1))],
  ])('%s is executionError', (_what, thrown) => {
    expect(categorize(thrown)).toBe('executionError');
    expect(categorize(new Error('x', { cause: thrown }))).toBe('executionError');
    expect(categorize(new AggregateError([thrown, new Error('timed out')]))).toBe('timeout');
  });

  it.each([
    'name',
    'constructor',
    'status',
    'response',
    'code',
    'cause',
    'error',
    'errors',
    'lastError',
    'cmd',
  ])('is judged by the rest if its %s cannot be read', (key) => {
    const error = Object.defineProperty(new Error('timed out'), key, { get: explode });
    expect(categorize(error)).toBe('timeout');
    const worse = Object.defineProperty(new Error('timed out'), key, { value: bomb() });
    expect(categorize(worse)).toBe('timeout');
  });

  it('is executionError if its message cannot be read or is none', () => {
    expect(categorize(Object.defineProperty(new Error(), 'message', { get: explode }))).toBe(
      'executionError',
    );
    expect(categorize({ message: bomb() })).toBe('executionError');
    expect(categorize({ message: { toString: () => 'timed out' } })).toBe('executionError');
  });

  it('may lack a prototype and still speak', () => {
    expect(categorize(Object.assign(Object.create(null), { code: 'ECONNRESET' }))).toBe('network');
  });

  it('survives hostile options', () => {
    const signal: AbortSignal = JSON.parse('{}');
    Object.defineProperty(signal, 'aborted', { get: explode });
    expect(categorize(new Error('timed out'), { signal })).toBe('timeout');
    expect(categorize(new Error('timed out'), Object.defineProperty({}, 'signal', { get: explode }))).toBe(
      'timeout',
    );
    expect(categorize(bomb(), { signal: AbortSignal.abort(bomb()) })).toBe('cancelled');
  });
});

describe('how long to wait', () => {
  const { proxy: revokedList, revoke } = Proxy.revocable([], {});
  revoke();
  const mute = { toString: explode, [Symbol.toPrimitive]: explode };

  it.each([
    'headers',
    'response',
    'rawResponse',
    'metadata',
    'retryAfter',
    'retry_after',
    'parameters',
    'timeToReset',
    'details',
    'errorDetails',
    'data',
    'body',
    'error',
    'status',
  ])('is asked of an error whose %s is a trap, and is not told', (key) => {
    for (const trap of [bomb(), revoked(), revokedList, mute, Object.create(null), Symbol('30')]) {
      for (const value of [trap, [trap], { retryAfter: trap }, { retry_after: trap, headers: trap }]) {
        expect(retryAfterMs({ [key]: value }, 0)).toBeUndefined();
      }
      expect(retryAfterMs({ [key]: [{ retryDelay: trap }] }, 0)).toBeUndefined();
      expect(retryAfterMs({ [key]: { 'retry-after': trap, get: trap } }, 0)).toBeUndefined();
    }
  });
});

describe('something enormous', () => {
  it('is done with briefly: a chain of 100 000 causes', () => {
    let error = Object.assign(new Error('x'), { code: 'ECONNRESET' });
    for (let depth = 0; depth < 100_000; depth += 1) {
      error = Object.assign(new Error('x', { cause: error }), { code: '' });
    }
    const { category, ms } = timed(error);
    expect(category).toBe('executionError');
    expect(ms).toBeLessThan(BRIEFLY);
  });

  it('is done with briefly: an aggregate of a million errors', () => {
    const odd = Object.assign(new Error('x'), { errors: [] });
    const errors = Array.from({ length: 1_000_000 }, () => odd);
    const { category, ms } = timed(new AggregateError(errors));
    expect(category).toBe('executionError');
    expect(ms).toBeLessThan(BRIEFLY);
  });

  it('is done with briefly: an aggregate that claims to have no end', () => {
    const errors = { length: Number.POSITIVE_INFINITY };
    expect(categorize({ errors })).toBe('executionError');
  });

  it('is done with briefly: aggregates within aggregates', () => {
    let reads = 0;
    const wide = (): object => ({
      get errors() {
        reads += 1;
        return Array.from({ length: 100 }, wide);
      },
      get cause() {
        return wide();
      },
    });
    expect(categorize(wide())).toBe('executionError');
    expect(reads).toBeLessThanOrEqual(100);
  });

  it('is done with briefly: an aggregate that holds nothing but itself', () => {
    let reads = 0;
    const self = {
      get errors(): unknown[] {
        reads += 1;
        return Array.from({ length: 16 }, () => self);
      },
    };
    expect(categorize(self)).toBe('executionError');
    expect(reads).toBe(1);
  });

  it('looks at the first 16 members of an aggregate', () => {
    const members = (at: number) =>
      Array.from({ length: 50 }, (_, index) => (index === at ? 'timed out' : {}));
    expect(categorize(new AggregateError(members(15)))).toBe('timeout');
    expect(categorize(new AggregateError(members(16)))).toBe('executionError');
  });

  it('looks at the first 4 096 characters of a text', () => {
    const padding = '.'.repeat(4_000);
    expect(categorize(`${padding} timed out`)).toBe('timeout');
    expect(categorize(`${padding}${padding} timed out`)).toBe('executionError');
  });

  it.each([
    'x',
    ' ',
    'HTTP ',
    'status ',
    'status:   ',
    'tool ',
    'spawn ',
    'A_',
    'Error: ',
    'connection was ',
  ])('is done with briefly: 10 MB of "%s"', (unit) => {
    // From a buffer: what `repeat` gives is put together at its first reading, which takes longer than all the rest.
    const text = Buffer.alloc(10_000_000, unit).toString();
    for (const error of [text, { message: text, name: text, code: text, type: text, status: text }]) {
      const { category, ms } = timed(error);
      expect(category).toBe('executionError');
      expect(ms).toBeLessThan(BRIEFLY);
    }
  });
});

describe('property', () => {
  const keys = fc.constantFrom(
    ...[
      'name',
      'message',
      'code',
      'type',
      'status',
      'statusCode',
      'response',
      'cause',
      'error',
      'errors',
      'lastError',
    ],
    ...[
      'exitCode',
      'cmd',
      'pid',
      'stderr',
      '$metadata',
      'constructor',
      'syscall',
      'data',
      'length',
      '0',
      'reason',
    ],
  );
  // Errors come as functions that make them, because fast-check itself looks into the values that it makes.
  type Make = () => unknown;
  const leaf: fc.Arbitrary<Make> = fc.oneof(
    fc
      .oneof(
        fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withSparseArray: true }),
        fc.integer({ min: -33_000, max: 600 }),
        fc.constantFrom('ECONNRESET', 'AbortError', 'timed out', 'HTTP 503', 'MCP error -32602: not found'),
      )
      .map((value) => () => value),
    fc.constantFrom<Make[]>(revoked, bomb, () => endless((self) => self)),
  );
  const { error: errors } = fc.letrec<{ error: Make }>((tie) => {
    const fields = fc.array(fc.tuple(keys, tie('error')), { maxLength: 6 });
    return {
      error: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('error'), { maxLength: 4 }).map((makers) => () => makers.map((make) => make())),
        fields.map((entries) => () => Object.fromEntries(entries.map(([key, make]) => [key, make()]))),
        fields.map((entries) => () => {
          const error = new Error('x');
          for (const [key, make] of entries) {
            Object.defineProperty(error, key, { value: make(), configurable: true });
          }
          return error;
        }),
        fc.tuple(keys, tie('error')).map(([key, make]) => () => {
          const get = () => {
            throw make();
          };
          return Object.defineProperty(new Error('x'), key, { get, configurable: true });
        }),
      ),
    };
  });

  it('anything has a category, and always the same one', () => {
    checkProperty(
      fc.property(errors, (make) => {
        const error = make();
        const category = categorize(error);
        expect(isErrorCategory(category)).toBe(true);
        expect(categorize(error)).toBe(category);
      }),
      { atLeast: 500, atMost: 2_000 },
    );
  });

  it('any text has a category', () => {
    checkProperty(
      fc.property(fc.oneof(fc.string(), fc.lorem()), (text) => isErrorCategory(categorize(text))),
      { atLeast: 250, atMost: 1_000 },
    );
  });

  it('nothing that is categorized is changed', () => {
    const deepFrozen = Object.freeze(
      new AggregateError(Object.freeze([Object.freeze(new Error('timed out'))])),
    );
    expect(categorize(deepFrozen)).toBe('timeout');
  });

  it('an aborted signal always makes it cancelled, if no circuit denied and no category was named', () => {
    const signal = AbortSignal.abort();
    checkProperty(
      fc.property(errors, (make) => {
        const error = make();
        expect(isErrorCategory(error) || categorize(error, { signal }) === 'cancelled').toBe(true);
      }),
    );
  });
});
