import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { categorize } from 'toolfuse';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasNotRun, isRefusal, reasonOf } from '../../../src/proxy/delivery-fault.ts';
import { idOfLongLine } from '../../../src/proxy/line-reader.ts';
import { answer, answerTo, callOf, connectTo, stream } from './support/url-connection.ts';

/** Where `fetch` of this Node.js keeps its connections, and the time limits of them. */
const ofFetch = Symbol.for('undici.globalDispatcher.1');

type Dispatcher = { readonly close: () => Promise<void> };
type DispatcherClass = new (limits: { headersTimeout: number; bodyTimeout: number }) => Dispatcher;

describe('the time that an answer takes', () => {
  // These limits are 300 s by default, for which no test can wait.
  it('is not limited by what limits fetch', async () => {
    await fetch('data:,');
    const world = globalThis as unknown as Record<symbol, Dispatcher>;
    const before = world[ofFetch] as Dispatcher;
    const limited = new (before.constructor as DispatcherClass)({ headersTimeout: 50, bodyTimeout: 50 });
    world[ofFetch] = limited;
    try {
      await using to = await connectTo({
        onPost: async (_, response) => {
          // Its clock ticks once a second.
          await delay(2_500);
          answer(response, answerTo(1));
        },
      });
      to.say(callOf(1));
      await expect(fetch(to.server.origin, { method: 'POST', body: '{}' })).rejects.toThrow();
      await expect.poll(() => [...to.lines, ...to.undelivered]).toEqual([answerTo(1)]);
    } finally {
      world[ofFetch] = before;
      await limited.close();
    }
  });
});

/** An event that takes up where a stream broke off, and says how soon. */
const first = 'id: 1\nretry: 1\ndata:';

describe('an answer that breaks off', () => {
  it.each([404, 401, 503])('and is refused with %i when it is taken up may have run', async (status) => {
    await using to = await connectTo({
      onPost: (_, response) => {
        stream(response, first);
        setTimeout(() => response.destroy(), 20);
      },
      onGet: (_, response) => void response.writeHead(status).end(),
    });
    to.say(callOf(1));
    await expect.poll(() => to.undelivered).toHaveLength(1);
    const { error } = to.undelivered[0] ?? {};
    expect(hasNotRun(error)).toBe(false);
    expect(isRefusal(error)).toBe(false);
    expect(reasonOf(error)).toMatch(`the answer broke off: HTTP ${status}`);
    expect(categorize(error)).toBe('network');
  });

  it('because its server has gone may have run', async () => {
    await using to = await connectTo({
      onPost: (_, response) => {
        stream(response, first);
        setTimeout(() => to.server.stop(), 20);
      },
    });
    to.say(callOf(1));
    await expect.poll(() => to.undelivered).toHaveLength(1);
    const { error } = to.undelivered[0] ?? {};
    expect(hasNotRun(error)).toBe(false);
    expect(reasonOf(error)).toContain('ECONNREFUSED');
  });

  it('and cannot be taken up may have run', async () => {
    await using to = await connectTo({
      onPost: (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).write('{"jsonrpc"');
        setTimeout(() => response.destroy(), 20);
      },
    });
    to.say(callOf(1));
    await expect.poll(() => to.undelivered).toHaveLength(1);
    expect(hasNotRun(to.undelivered[0]?.error)).toBe(false);
    expect(to.asked).toEqual(['tools/call']);
  });

  it('is taken up as often as it brings something', async () => {
    let gets = 0;
    await using to = await connectTo({
      onPost: (_, response) => {
        stream(response, first);
        response.end();
      },
      onGet: (lastId, response) => {
        expect(lastId).toBe(String(++gets));
        stream(response, gets < 8 ? `id: ${gets + 1}\ndata:` : `id: 9\ndata: ${answerTo(1)}`);
        response.end();
      },
    });
    to.say(callOf(1));
    await expect.poll(() => [...to.lines, ...to.undelivered]).toEqual([answerTo(1)]);
    expect(gets).toBe(8);
  });

  it('is taken up again where the first time fails', async () => {
    let gets = 0;
    await using to = await connectTo({
      onPost: (_, response) => {
        stream(response, first);
        response.end();
      },
      onGet: (_, response) => {
        gets++;
        if (gets === 1) response.writeHead(503).end();
        else if (gets === 2) response.destroy();
        else stream(response, `data: ${answerTo(1)}`);
      },
    });
    to.say(callOf(1));
    await expect.poll(() => [...to.lines, ...to.undelivered]).toEqual([answerTo(1)]);
  });
});

const initialized = { method: 'notifications/initialized' };
const changed = '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}';
const accept = (_: unknown, response: ServerResponse): void => void response.writeHead(202).end();

describe('what the server says by itself', () => {
  it('is listened to again after a refusal that passes', async () => {
    let gets = 0;
    await using to = await connectTo({
      onPost: accept,
      onGet: (_, response) => {
        gets++;
        if (gets === 1) {
          stream(response, first);
          response.end();
        } else if (gets === 2) response.writeHead(409).end();
        else if (gets === 3) response.writeHead(429).end();
        else stream(response, `data: ${changed}`);
      },
    });
    to.say(initialized);
    await expect.poll(() => to.lines).toEqual([changed]);
  });

  it.each([
    [401, ''],
    [403, ''],
    [404, ''],
    [405, ''],
    [200, 'text/html'],
  ])('is not listened to where it will not be said: %i %s', async (status, type) => {
    let gets = 0;
    await using to = await connectTo({
      onPost: accept,
      onGet: (_, response) => {
        gets++;
        if (gets === 1) {
          stream(response, first);
          response.end();
        } else response.writeHead(status, { 'content-type': type }).end();
      },
    });
    to.say(initialized);
    await expect.poll(() => gets).toBe(2);
    await delay(500);
    expect(gets).toBe(2);
  });
});

const tooLong = 'x'.repeat(3_000);

describe('a message that is too long', () => {
  it('is told of as the answer that it is, and not asked for again', async () => {
    await using to = await connectTo(
      {
        onPost: (_, response) => {
          stream(response, first, `id: 2\ndata: ${answerTo(1, tooLong)}`);
          response.end();
        },
      },
      2_000,
    );
    to.say(callOf(1));
    await expect.poll(() => to.longLines.map(idOfLongLine)).toEqual(['1']);
    await delay(300);
    expect(to.asked).toEqual(['tools/call']);
    expect(to.undelivered).toEqual([]);
  });

  it('is not asked for again where it is not known what it is', async () => {
    await using to = await connectTo(
      {
        onPost: (_, response) => {
          stream(response, first, `id: 2\ndata: {"result":{"text":"${tooLong}"},"id":1,"more":{}}`);
          response.end();
        },
      },
      2_000,
    );
    to.say(callOf(1));
    await expect
      .poll(() => to.undelivered.map(({ error }) => reasonOf(error)))
      .toEqual(['its answer is longer than 2000 bytes (see --max-message-mb)']);
    expect(hasNotRun(to.undelivered[0]?.error)).toBe(false);
    expect(to.asked).toEqual(['tools/call']);
  });

  const oneLine = `data: {"jsonrpc":"2.0","method":"x","params":"${tooLong}"}`;
  const manyLines = Array.from({ length: 40 }, () => `data: ${'y'.repeat(100)}`).join('\n');

  it.each([
    ['one line', oneLine],
    ['many lines', manyLines],
  ])('is passed over where the server says it by itself: in %s', async (_, lines) => {
    const lastIds: unknown[] = [];
    await using to = await connectTo(
      {
        onPost: accept,
        onGet: (lastId, response) => {
          lastIds.push(lastId);
          if (lastId !== undefined) stream(response, `data: ${changed}`);
          else {
            stream(response, first, `${lines}\nid: 2\r\n\r`, `: alive`);
            response.end();
          }
        },
      },
      2_000,
    );
    to.say(initialized);
    await expect.poll(() => to.lines).toEqual([changed]);
    expect(lastIds).toEqual([undefined, '2']);
    expect(to.longLines).toHaveLength(1);
  });
});

describe('a client that does not read', () => {
  it('holds the server up, but not the answer to a ping', async () => {
    const event = `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'x', params: 'x'.repeat(60_000) })}\n\n`;
    const events = 1_000;
    let written = 0;
    await using to = await connectTo({
      onPost: ({ id, method }, response) => {
        if (method === 'ping') return answer(response, answerTo(id as number));
        stream(response);
        const go = (): void => {
          while (written < events) {
            written++;
            if (!response.write(event)) return void response.once('drain', go);
          }
          response.end(`data: ${answerTo(1)}\n\n`);
        };
        go();
      },
    });
    to.connection.pause();
    to.say(callOf(1));
    await expect.poll(() => written).toBeGreaterThan(0);
    to.say({ id: 2, method: 'ping' });
    await expect.poll(() => to.lines).toContain(answerTo(2));
    await delay(300);
    expect(written).toBeLessThan(events / 2);
    const heard = to.lines.length;
    expect(heard).toBeLessThan(10);
    to.connection.resume();
    await expect.poll(() => to.lines.at(-1)).toBe(answerTo(1));
    expect(to.lines).toHaveLength(events + 2);
  });
});

const notification = (name: string) => ({ method: `notifications/${name}` });
const cancelled = (id: number) => ({ ...notification('cancelled'), params: { requestId: id } });

describe('a notification', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('is not overtaken by a request', async () => {
    let accepted: ServerResponse | undefined;
    await using to = await connectTo({
      onPost: ({ id }, response) => {
        if (id === undefined) accepted = response;
        else answer(response, answerTo(id as number));
      },
    });
    to.say(notification('a'));
    to.say(callOf(1));
    await expect.poll(() => accepted).toBeDefined();
    await delay(50);
    expect(to.asked).toEqual(['notifications/a']);
    accepted?.writeHead(202).end();
    await expect.poll(() => to.lines).toEqual([answerTo(1)]);
  });

  it('that is not taken holds up others for a while only, and a ping not at all', async () => {
    await using to = await connectTo({
      onPost: ({ id }, response) => {
        if (id !== undefined) answer(response, answerTo(id as number));
      },
    });
    to.say(notification('a'));
    to.say(notification('b'));
    to.say(callOf(1));
    to.say({ id: 2, method: 'ping' });
    await expect.poll(() => to.lines).toEqual([answerTo(2)]);
    expect(to.asked).toHaveLength(2);
    vi.advanceTimersByTime(3_000);
    await expect.poll(() => to.lines).toEqual([answerTo(2), answerTo(1)]);
    // Nor do they hold up for ever what comes later.
    vi.advanceTimersByTime(3_000);
    await delay(20);
    to.say(callOf(3));
    await expect.poll(() => to.lines).toContain(answerTo(3));
    vi.advanceTimersByTime(60_000);
    await expect
      .poll(() => to.undelivered.map(({ error }) => reasonOf(error)))
      .toEqual(['it was not taken within 30 s', 'it was not taken within 30 s']);
  });
});

describe('a call that was given up', () => {
  /** A server that answers no call, and takes a cancellation or does not. */
  async function silent(onCancelled: (response: ServerResponse) => void) {
    const open = new Set<ServerResponse>();
    const to = await connectTo({
      onPost: ({ id, method }, response) => {
        if (id === undefined && method !== 'notifications/hang') return onCancelled(response);
        open.add(response);
        response.on('close', () => open.delete(response));
        if (id !== undefined) stream(response);
      },
    });
    return Object.assign(to, { open });
  }

  it('keeps no connection once the server has heard of it', async () => {
    await using to = await silent((response) => void response.writeHead(202).end());
    to.say(callOf(1));
    to.say(callOf(2));
    await expect.poll(() => to.open.size).toBe(2);
    to.say(cancelled(1));
    await expect.poll(() => to.open.size).toBe(1);
    await delay(50);
    expect(to.open.size).toBe(1);
    expect(to.asked).toEqual(['tools/call', 'tools/call', 'notifications/cancelled']);
    expect(to.undelivered).toEqual([]);
  });

  it.each([
    ['does not take', (response: ServerResponse) => void response.writeHead(500).end()],
    ['does not answer', () => {}],
  ])('keeps no connection where the server %s that', async (_, onCancelled) => {
    await using to = await silent(onCancelled);
    to.say(callOf(1));
    await expect.poll(() => to.open.size).toBe(1);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    to.say(cancelled(1));
    await expect.poll(() => to.asked).toHaveLength(2);
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    await expect.poll(() => to.open.size).toBe(0);
    expect(to.undelivered.map(({ method }) => method)).not.toContain('tools/call');
  });

  it('before it was sent is not sent', async () => {
    await using to = await silent((response) => void response.writeHead(202).end());
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    to.say(notification('hang'));
    to.say(callOf(1));
    to.say(cancelled(1));
    await expect.poll(() => to.asked).toHaveLength(1);
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    await expect.poll(() => to.asked).toEqual(['notifications/hang', 'notifications/cancelled']);
    await delay(50);
    expect(to.asked).toHaveLength(2);
  });
});

describe('the end of a connection', () => {
  it('waits for what is under way', async () => {
    await using to = await connectTo({
      onPost: ({ id, method }, response) => {
        if (id === undefined) return void setTimeout(() => accept(undefined, response), 100);
        response.setHeader('mcp-session-id', 'a');
        setTimeout(() => answer(response, answerTo(id as number)), method === 'initialize' ? 0 : 100);
      },
    });
    to.say({ id: 1, method: 'initialize' });
    await expect.poll(() => to.lines).toEqual([answerTo(1)]);
    to.say(notification('a'));
    to.say(callOf(2));
    await to.connection.close('gently');
    expect(to.lines).toEqual([answerTo(1), answerTo(2)]);
    expect(to.asked).toEqual(['initialize', 'notifications/a', 'tools/call', 'DELETE']);
    expect(to.undelivered).toEqual([]);
  });

  it('does not wait for ever, and not at all where it is to be at once', async () => {
    await using to = await connectTo({ onPost: (_, response) => stream(response) });
    to.say(callOf(1));
    await expect.poll(() => to.asked).toHaveLength(1);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let isClosed = false;
    const closed = to.connection.close('gently').then(() => {
      isClosed = true;
    });
    await delay(50);
    expect(isClosed).toBe(false);
    vi.advanceTimersByTime(1_500);
    vi.useRealTimers();
    await closed;

    await using other = await connectTo({ onPost: (_, response) => stream(response) });
    other.say(callOf(1));
    await expect.poll(() => other.asked).toHaveLength(1);
    await other.connection.close('now');
    expect(other.undelivered).toEqual([]);
  });
});
