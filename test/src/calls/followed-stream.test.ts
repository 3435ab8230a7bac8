import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import {
  followBody,
  followIterable,
  hasBody,
  isAsyncIterable,
  type StreamVerdict,
  type Wait,
} from '../../../src/calls/followed-stream.ts';

const atOnce: Wait = (next) => next();

/** Records the reports of a stream about its call. */
function verdicts(): StreamVerdict & { readonly said: string[] } {
  const said: string[] = [];
  return {
    said,
    succeeded: () => void said.push('succeeded'),
    failed: (error) => void said.push(`failed: ${(error as Error).message}`),
    abandoned: () => void said.push('abandoned'),
  };
}

async function* numbers(count: number, fault?: Error): AsyncGenerator<number, string, string | undefined> {
  for (let i = 1; i <= count; i++) yield i;
  if (fault !== undefined) throw fault;
  return 'end';
}

async function all<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('a followed async iterable', () => {
  it('succeeds once it has been read to its end, and not before', async () => {
    const verdict = verdicts();
    const stream = followIterable(numbers(2), verdict, atOnce);
    expect(await stream.next()).toEqual({ done: false, value: 1 });
    expect(await stream.next()).toEqual({ done: false, value: 2 });
    expect(verdict.said).toEqual([]);
    expect(await stream.next()).toEqual({ done: true, value: 'end' });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(verdict.said).toEqual(['succeeded']);
  });

  it('fails if it throws, and rethrows the same error', async () => {
    const verdict = verdicts();
    const fault = new Error('read ECONNRESET');
    const stream = followIterable(numbers(1, fault), verdict, atOnce);
    await expect(all(stream)).rejects.toBe(fault);
    expect(verdict.said).toEqual(['failed: read ECONNRESET']);
  });

  it('says nothing about the tool if its reader stops early, and is closed', async () => {
    const verdict = verdicts();
    const ended = vi.fn();
    async function* source() {
      try {
        yield 1;
        yield 2;
      } finally {
        ended();
      }
    }
    for await (const _ of followIterable(source(), verdict, atOnce)) break;
    expect(verdict.said).toEqual(['abandoned']);
    expect(ended).toHaveBeenCalledOnce();
  });

  it('receives an error that its reader throws into it', async () => {
    const verdict = verdicts();
    const caught: unknown[] = [];
    async function* source() {
      try {
        yield 1;
      } catch (error) {
        caught.push(error);
      }
      return 'mended';
    }
    const stream = followIterable(source(), verdict, atOnce);
    await stream.next();
    expect(await stream.throw('stop')).toEqual({ done: true, value: 'mended' });
    expect(caught).toEqual(['stop']);
    expect(verdict.said).toEqual(['abandoned']);
  });

  it('passes on the values that its reader sends', async () => {
    async function* echo(): AsyncGenerator<string, void, string> {
      let heard = '';
      for (;;) heard = yield heard;
    }
    const stream = followIterable(echo(), verdicts(), atOnce);
    await stream.next();
    expect(await stream.next('hello')).toEqual({ done: false, value: 'hello' });
  });

  it('is closed if waiting for it was abandoned', async () => {
    const verdict = verdicts();
    const ended = vi.fn(async () => ({ done: true as const, value: undefined }));
    const source = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}), return: ended }),
    };
    const giveUp: Wait = () => Promise.reject(new Error('too late'));
    await expect(all(followIterable(source, verdict, giveUp))).rejects.toThrow('too late');
    expect(verdict.said).toEqual(['failed: too late']);
    expect(ended).toHaveBeenCalledOnce();
  });

  it('keeps its class, its fields, and methods that read private fields', async () => {
    class Stream implements AsyncIterable<number> {
      readonly #items = [1, 2];
      readonly name = 'stream';
      async *[Symbol.asyncIterator]() {
        yield* this.#items;
      }
      count(): number {
        return this.#items.length;
      }
    }
    const verdict = verdicts();
    const stream = followIterable(new Stream(), verdict, atOnce);
    expect(stream).toBeInstanceOf(Stream);
    expect([stream.name, stream.count()]).toEqual(['stream', 2]);
    expect(await all(stream)).toEqual([1, 2]);
    expect(verdict.said).toEqual(['succeeded']);
  });

  it('is its own iterator if its source is, with all that the source has besides', () => {
    const source = Object.assign(numbers(1), { name: 'numbers' });
    const stream = followIterable(source, verdicts(), atOnce);
    expect(stream[Symbol.asyncIterator]()).toBe(stream);
    expect(stream.name).toBe('numbers');
  });

  it('keeps what is no iterator’s method, whatever its name', () => {
    const source = { [Symbol.asyncIterator]: () => numbers(1), return: () => 'a book' };
    expect(followIterable(source, verdicts(), atOnce).return()).toBe('a book');
  });

  it('needs no more than `next` of its source', async () => {
    const fault = new Error('read ECONNRESET');
    const bare = (next: () => Promise<IteratorResult<number>>): AsyncIterable<number> =>
      followIterable({ [Symbol.asyncIterator]: () => ({ next }) }, verdicts(), atOnce);
    const left = bare(async () => ({ done: false, value: 1 }))[Symbol.asyncIterator]();
    expect(await left.return?.('enough')).toEqual({ done: true, value: 'enough' });
    await expect(left.throw?.(fault)).rejects.toBe(fault);
    await expect(all(bare(() => Promise.reject(fault)))).rejects.toBe(fault);
  });

  it('is left as its source says', async () => {
    const ends = async () => ({ done: true as const, value: 'of the source' });
    const source = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}), return: ends }),
    };
    const iterator = followIterable(source, verdicts(), atOnce)[Symbol.asyncIterator]();
    expect(await iterator.return()).toEqual({ done: true, value: 'of the source' });
  });

  it('can be sealed, and its methods still read private fields', () => {
    class Sealed implements AsyncIterable<number> {
      readonly #count = 2;
      readonly count = function (this: Sealed): number {
        return this.#count;
      };
      [Symbol.asyncIterator]() {
        return numbers(this.#count);
      }
    }
    expect(followIterable(Object.seal(new Sealed()), verdicts(), atOnce).count()).toBe(2);
  });

  it('can be frozen', async () => {
    const source = Object.freeze({
      one: () => 1,
      [Symbol.asyncIterator]: () => numbers(1),
    });
    expect(isAsyncIterable(source)).toBe(true);
    const stream = followIterable(source, verdicts(), atOnce);
    expect(stream.one()).toBe(1);
  });

  it('can be read twice if its source can; the first end decides', async () => {
    const verdict = verdicts();
    const source = { [Symbol.asyncIterator]: () => numbers(1) };
    const stream = followIterable(source, verdict, atOnce);
    await all(stream);
    await all(stream);
    expect(verdict.said).toEqual(['succeeded']);
  });
});

const readByOther = (): ReadableStream => {
  const stream = new ReadableStream();
  stream.getReader();
  return stream;
};

describe('the result of a call', () => {
  it.each([
    ['an async generator', numbers(1), true],
    ['an object with an async iterator', { [Symbol.asyncIterator]: () => numbers(1) }, true],
    ['a web stream, which can be read in other ways', new ReadableStream(), false],
    ['a stream of Node, likewise', Readable.from([1]), false],
    ['an array', [1], false],
    ['null', null, false],
    ['a string', 'text', false],
    ['an object whose async iterator is none', { [Symbol.asyncIterator]: 1 }, false],
  ])('is followed by its iteration or not: %s', (_, value, expected) => {
    expect(isAsyncIterable(value)).toBe(expected);
  });

  it.each([
    ['a web stream', () => new ReadableStream(), true],
    ['a response with a body', () => new Response('text'), true],
    ['a response without one', () => new Response(null, { status: 204 }), false],
    ['a web stream that somebody else reads', () => readByOther(), false],
    ['a request', () => new Request('https://example.com/', { method: 'POST', body: 'text' }), false],
    ['an object', () => ({ body: 'text', status: 200 }), false],
    ['null', () => null, false],
    ['nothing', () => undefined, false],
    ['a string', () => 'text', false],
  ])('has a body or not: %s', (_, value, expected) => {
    expect(hasBody(value())).toBe(expected);
  });
});

const streamOf = (parts: readonly (string | Error)[]): ReadableStream<Uint8Array<ArrayBuffer>> => {
  const left = [...parts];
  return new ReadableStream({
    pull(controller) {
      const part = left.shift();
      if (part === undefined) controller.close();
      else if (part instanceof Error) controller.error(part);
      else controller.enqueue(new TextEncoder().encode(part));
    },
  });
};

describe('a followed async iterable that misbehaves', () => {
  it('fails if it gives no iterator', async () => {
    const consumed = () => {
      throw new Error('consumed already');
    };
    const verdict = verdicts();
    const stream = followIterable({ [Symbol.asyncIterator]: consumed }, verdict, atOnce);
    await expect(all(stream)).rejects.toThrow('consumed already');
    expect(verdict.said).toEqual(['failed: consumed already']);
  });

  it('fails with its own error if it cannot be closed after that', async () => {
    const source: AsyncIterator<number> = {
      next: () => Promise.reject(new Error('broke')),
      return: () => {
        throw new Error('was broken already');
      },
    };
    const verdict = verdicts();
    const stream = followIterable({ [Symbol.asyncIterator]: () => source }, verdict, atOnce);
    await expect(all(stream)).rejects.toThrow(new Error('broke'));
    expect(verdict.said).toEqual(['failed: broke']);
  });
});

describe('a followed response', () => {
  it('succeeds once its body has been read', async () => {
    const verdict = verdicts();
    const response = followBody(new Response(streamOf(['{"a":', '1}'])), verdict, atOnce);
    expect(verdict.said).toEqual([]);
    expect(await response.json()).toEqual({ a: 1 });
    expect(verdict.said).toEqual(['succeeded']);
  });

  it('fails if its body breaks', async () => {
    const verdict = verdicts();
    const response = followBody(new Response(streamOf(['{"a":', new Error('terminated')])), verdict, atOnce);
    await expect(response.text()).rejects.toThrow('terminated');
    expect(verdict.said).toEqual(['failed: terminated']);
  });

  it('says nothing about the tool if its body is cancelled, and passes the cancellation on', async () => {
    const verdict = verdicts();
    const cancel = vi.fn();
    const response = followBody(new Response(new ReadableStream({ cancel })), verdict, atOnce);
    await response.body?.cancel('enough');
    expect(verdict.said).toEqual(['abandoned']);
    expect(cancel).toHaveBeenCalledWith('enough');
  });

  it('keeps its status and headers, and what it says of its request', () => {
    const response = new Response('text', { status: 201, headers: { 'x-a': 'b' } });
    const ofRequest = { url: 'https://example.com/', redirected: true, type: 'basic' };
    for (const [field, value] of Object.entries(ofRequest)) Object.defineProperty(response, field, { value });
    const followed = followBody(response, verdicts(), atOnce);
    expect(followed).toBeInstanceOf(Response);
    expect([followed.status, followed.headers.get('x-a')]).toEqual([201, 'b']);
    expect(followed).toMatchObject(ofRequest);
    // As with any response, another address can be given to it.
    expect(Object.defineProperty(followed, 'url', { value: 'https://example.org/' }).url).toBe(
      'https://example.org/',
    );
  });

  it('keeps a status with which no response can be made, as servers send it', async () => {
    const response = Object.defineProperties(new Response('denied'), {
      status: { value: 999 },
      ok: { value: false },
      statusText: { value: 'Request denied' },
    });
    const verdict = verdicts();
    const followed = followBody(response, verdict, atOnce);
    expect(followed).toMatchObject({ status: 999, ok: false, statusText: 'Request denied' });
    expect(await followed.text()).toBe('denied');
    expect(verdict.said).toEqual(['succeeded']);
  });

  it('is no other object with a body', () => {
    const text = async () => 'text';
    expect(hasBody({ status: 200, body: streamOf(['text']), arrayBuffer: text, text })).toBe(false);
  });

  it('is the value itself where there is no body', () => {
    const response = new Response(null, { status: 204 });
    expect(followBody(response, verdicts(), atOnce)).toBe(response);
  });

  it('may be a web stream alone', async () => {
    const verdict = verdicts();
    const stream = followBody(streamOf(['a', 'b']), verdict, atOnce);
    expect(await new Response(stream).text()).toBe('ab');
    expect(verdict.said).toEqual(['succeeded']);
  });

  it('reads nothing ahead of its reader', async () => {
    const pull = vi.fn((controller: ReadableStreamDefaultController) => controller.enqueue('part'));
    const source = new ReadableStream({ pull }, { highWaterMark: 0 });
    const stream = followBody(source, verdicts(), atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    expect(pull).not.toHaveBeenCalled();
    await stream.getReader().read();
    expect(pull).toHaveBeenCalledOnce();
  });
});
