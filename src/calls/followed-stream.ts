import { isFunction } from '../../machines/rule.ts';

/** Receives the result of a call from the end of its stream. Only the first report counts. */
export interface StreamVerdict {
  /** The stream was read to its end. */
  succeeded(): void;
  /** The stream broke. */
  failed(error: unknown): void;
  /** Its reader stopped before its end, which says nothing about the tool. */
  abandoned(): void;
}

/** Waits for the next part of a stream, within the limits of the call. */
export type Wait = <Part>(next: () => Promise<Part>) => Promise<Part>;

const ignore = (): void => {};

/** Passes on the first report only. */
function once(verdict: StreamVerdict): StreamVerdict {
  let isOver = false;
  const first = (say: () => void): void => {
    if (isOver) return;
    isOver = true;
    say();
  };
  return {
    succeeded: () => first(() => verdict.succeeded()),
    failed: (error) => first(() => verdict.failed(error)),
    abandoned: () => first(() => verdict.abandoned()),
  };
}

/** An iterator that reports how its stream ended. */
class FollowedIterator implements AsyncIterator<unknown, unknown, unknown> {
  readonly #source: AsyncIterator<unknown, unknown, unknown>;
  readonly #verdict: StreamVerdict;
  readonly #wait: Wait;

  constructor(source: AsyncIterator<unknown, unknown, unknown>, verdict: StreamVerdict, wait: Wait) {
    this.#source = source;
    this.#verdict = verdict;
    this.#wait = wait;
  }

  readonly next = (...values: [] | [unknown]): Promise<IteratorResult<unknown, unknown>> =>
    this.#follow(() => this.#source.next(...values));

  readonly return = (value?: unknown): Promise<IteratorResult<unknown, unknown>> => {
    this.#verdict.abandoned();
    return this.#source.return?.(value) ?? Promise.resolve({ done: true, value });
  };

  readonly throw = (error?: unknown): Promise<IteratorResult<unknown, unknown>> => {
    this.#verdict.abandoned();
    return this.#source.throw?.(error) ?? Promise.reject(error);
  };

  async #follow(
    next: () => Promise<IteratorResult<unknown, unknown>>,
  ): Promise<IteratorResult<unknown, unknown>> {
    try {
      const result = await this.#wait(next);
      if (result.done) this.#verdict.succeeded();
      return result;
    } catch (error) {
      this.#verdict.failed(error);
      // If the wait was abandoned, the source is still running and must get a chance to clean up.
      void new Promise((resolve) => resolve(this.#source.return?.())).catch(ignore);
      throw error;
    }
  }
}

/** Whether a value is a stream that can be read only by iterating it, so that the iterator sees its end. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> & object {
  if (typeof value !== 'object' || value === null || !(Symbol.asyncIterator in value)) return false;
  // Web and Node streams can be read in other ways than by iteration.
  return isFunction(value[Symbol.asyncIterator]) && !('getReader' in value) && !('pipe' in value);
}

function isFrozen(object: object, key: PropertyKey): boolean {
  const property = Reflect.getOwnPropertyDescriptor(object, key);
  return property?.configurable === false && property.writable === false;
}

/**
 * The same async iterable, which reports the result of the call at its end. Its fields, methods and class do not change.
 */
export function followIterable<Stream extends AsyncIterable<unknown> & object>(
  stream: Stream,
  verdict: StreamVerdict,
  wait: Wait,
): Stream {
  const first = once(verdict);
  // A generator is its own iterator.
  const own = isFunction(Reflect.get(stream, 'next'))
    ? new FollowedIterator(stream as unknown as AsyncIterator<unknown, unknown, unknown>, first, wait)
    : undefined;
  const proxy: Stream = new Proxy(stream, {
    get(target, key) {
      if (key === Symbol.asyncIterator) {
        return () => {
          try {
            return own ? proxy : new FollowedIterator(target[Symbol.asyncIterator](), first, wait);
          } catch (error) {
            first.failed(error);
            throw error;
          }
        };
      }
      if (own !== undefined && (key === 'next' || key === 'return' || key === 'throw')) return own[key];
      const value: unknown = Reflect.get(target, key);
      // Methods that read private fields need the object itself, and a proxy must return frozen values unchanged.
      return isFunction(value) && !isFrozen(target, key) ? value.bind(target) : value;
    },
  });
  return proxy;
}

/** A web stream that reports the result of the call at its end. */
function followReadable(
  stream: ReadableStream<unknown>,
  verdict: StreamVerdict,
  wait: Wait,
): ReadableStream<unknown> {
  const first = once(verdict);
  const reader = stream.getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await wait(() => reader.read());
          if (!done) {
            controller.enqueue(value);
            return;
          }
          first.succeeded();
          controller.close();
        } catch (error) {
          first.failed(error);
          controller.error(error);
          void reader.cancel(error).catch(ignore);
        }
      },
      cancel(reason) {
        first.abandoned();
        return reader.cancel(reason);
      },
    },
    // Reads nothing ahead of its reader.
    { highWaterMark: 0 },
  );
}

const isReadable = (value: unknown): value is ReadableStream<unknown> => {
  const stream = value as ReadableStream<unknown> | null | undefined;
  return isFunction(stream?.getReader) && stream?.locked === false;
};

/** Also one of another realm or library. */
const isResponse = (value: unknown): value is Response & { readonly body: ReadableStream<unknown> } => {
  const response = value as (Response & { readonly [Symbol.toStringTag]?: string }) | null | undefined;
  return response?.[Symbol.toStringTag] === 'Response' && isReadable(response.body);
};

/** Whether a value is an unread `ReadableStream`, or a `Response` with an unread body. */
export const hasBody = (value: unknown): boolean => isReadable(value) || isResponse(value);

/** The same `ReadableStream` or `Response`, which reports the result of the call once its body has been read. */
export function followBody<Value>(value: Value, verdict: StreamVerdict, wait: Wait): Value {
  if (isReadable(value)) return followReadable(value, verdict, wait) as Value;
  if (!isResponse(value)) return value;
  const followed = new (value.constructor as typeof Response)(
    followReadable(value.body, verdict, wait) as ReadableStream<Uint8Array<ArrayBuffer>>,
    // Servers send statuses with which no response can be made, such as 999.
    { status: Math.min(value.status, 599), statusText: value.statusText, headers: value.headers },
  );
  // A constructed response has no information about its request, so that is copied.
  for (const field of ['url', 'redirected', 'type', 'status']) {
    Object.defineProperty(followed, field, { value: Reflect.get(value, field), configurable: true });
  }
  return followed as Value;
}
