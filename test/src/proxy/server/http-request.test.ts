import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { categorize } from 'toolfuse';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { hasNotRun, reasonOf } from '../../../../src/proxy/server/delivery-fault.ts';
import { ask, letGo } from '../../../../src/proxy/server/http-request.ts';
import { HttpSession } from '../../../../src/proxy/server/http-session.ts';
import { serve } from '../support/http-server.ts';
import { answer, answerTo, callOf, connectTo } from '../support/url-connection.ts';

afterEach(() => void vi.useRealTimers());

const get = (url: string) => ask(url, { method: 'GET', headers: {}, signal: new AbortController().signal });

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
    let giveUp = (): void => {};
    const fetchHasGivenUp = new Promise<void>((resolve) => {
      giveUp = resolve;
    });
    try {
      await using to = await connectTo({
        onPost: async (_, response) => {
          await fetchHasGivenUp;
          answer(response, answerTo(1));
        },
      });
      to.say(callOf(1));
      await expect.poll(() => to.asked).toHaveLength(1);
      // It gives up when the clock of its limits ticks, which is once a second.
      await expect(fetch(to.server.origin, { method: 'POST', body: '{}' })).rejects.toThrow();
      giveUp();
      await expect.poll(() => [...to.lines, ...to.undelivered]).toEqual([answerTo(1)]);
    } finally {
      world[ofFetch] = before;
      await limited.close();
    }
  });
});

describe('a connection', () => {
  it('that cannot be made is given up, and nothing has run', async () => {
    // It accepts the connection, but never answers the TLS handshake.
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const asked = get(`https://127.0.0.1:${(silent.address() as AddressInfo).port}`).catch(
      (error: unknown) => error,
    );
    const [socket] = await once(silent, 'connection');
    vi.advanceTimersByTime(10_000);
    const error = await asked;
    expect(reasonOf(error)).toBe('no connection within 10 s');
    expect(hasNotRun(error)).toBe(true);
    socket.destroy();
    silent.close();
  });

  it.each(['http://no-such-host.invalid', 'http://127.0.0.1:1'])(
    'to an address where nobody listens has delivered nothing: %s',
    async (url) => {
      const error = await get(url).catch((reason: unknown) => reason);
      expect(hasNotRun(error)).toBe(true);
      expect(categorize(error)).toBe('network');
    },
  );

  it('to a server without TLS has delivered nothing', async () => {
    await using server = await serve((_, response) => response.end());
    const error = await get(server.origin.replace('http:', 'https:')).catch((reason: unknown) => reason);
    expect(hasNotRun(error)).toBe(true);
  });

  it.each([false, true])('that breaks may have delivered something (reused: %s)', async (again) => {
    let isBroken = false;
    await using server = await serve((request, response) => {
      if (isBroken) request.socket.destroy();
      else response.end();
    });
    if (again) {
      const { body } = await get(server.origin);
      body.resume();
      await once(body, 'close');
    }
    isBroken = true;
    const error = await get(server.origin).catch((reason: unknown) => reason);
    expect(hasNotRun(error)).toBe(false);
    expect(categorize(error)).toBe('network');
  });

  it('is reused after an answer whose body is discarded', async () => {
    const ports = new Set<number | undefined>();
    await using server = await serve(({ socket }, response) => {
      ports.add(socket.remotePort);
      response.end('x'.repeat(10_000));
    });
    for (let time = 0; time < 3; time++) {
      const got = await get(server.origin);
      letGo(got);
      await once(got.body, 'close');
    }
    expect(ports.size).toBe(1);
  });

  it('is closed if such a body does not end', async () => {
    let isClosed = false;
    await using server = await serve((_, response) => {
      response.on('close', () => {
        isClosed = true;
      });
      response.write('x');
    });
    const got = await get(server.origin);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    letGo(got);
    vi.advanceTimersByTime(1_000);
    vi.useRealTimers();
    await expect.poll(() => isClosed).toBe(true);
  });
});

describe('a request', () => {
  it('is known to be on its way, long before an answer', async () => {
    await using server = await serve(() => {});
    const given = new AbortController();
    const { signal } = given;
    await new Promise<void>((onSent) => {
      ask(server.origin, { method: 'GET', headers: {}, signal, onSent }).catch(() => {});
    });
    const session = new HttpSession({ url: server.origin, headers: {} });
    await new Promise<void>((onSent) => {
      session.get(undefined, signal, onSent).catch(() => {});
    });
    given.abort();
  });

  it('that finds no server is never on its way', async () => {
    const server = await serve(() => {});
    await server.stop();
    const onSent = vi.fn();
    const { signal } = new AbortController();
    await expect(ask(server.origin, { method: 'GET', headers: {}, signal, onSent })).rejects.toThrow();
    expect(onSent).not.toHaveBeenCalled();
  });
});

describe('the headers of a request', () => {
  it('hold a user agent, unless the user sets one', async () => {
    const seen: unknown[] = [];
    await using server = await serve(({ headers }, response) => {
      seen.push(headers['user-agent'], headers.authorization);
      response.end();
    });
    const { signal } = new AbortController();
    for (const headers of [{}, { 'User-Agent': 'me', Authorization: 'Bearer x' }]) {
      letGo(await new HttpSession({ url: server.origin, headers }).get(undefined, signal));
    }
    expect(seen).toEqual(['toolfuse', undefined, 'me', 'Bearer x']);
  });
});

describe('a server that answers with something that is no answer', () => {
  it.each([
    ['101', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'],
    ['nothing', ''],
    ['half a status', 'HTTP/1.1 2'],
  ])('leaves no request waiting: %s', async (_, text) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(text));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const error = await get(`http://127.0.0.1:${port}/mcp`).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    // The server got the request: it may have done something.
    expect(hasNotRun(error)).toBe(false);
    expect(categorize(error)).toBe(text.includes('101') ? 'serviceUnavailable' : 'network');
    server.close();
  });
});
