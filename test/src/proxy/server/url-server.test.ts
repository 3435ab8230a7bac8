import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { adviceIn, hasNotRun, reasonOf } from '../../../../src/proxy/server/delivery-fault.ts';
import { HttpSession } from '../../../../src/proxy/server/http-session.ts';
import { until } from '../../../support/until.ts';
import { answer, answerTo, callOf, connectTo, stream } from '../support/url-connection.ts';

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
    await until(() => accepted !== undefined);
    await delay(50);
    expect(to.asked).toEqual(['notifications/a']);
    accepted?.writeHead(202).end();
    await until(() => to.lines.length > 0);
    expect(to.lines).toEqual([answerTo(1)]);
  });

  it('that is not accepted delays others for a while only, and a ping not at all', async () => {
    await using to = await connectTo({
      onPost: ({ id }, response) => {
        if (id !== undefined) answer(response, answerTo(id as number));
      },
    });
    to.say(notification('a'));
    to.say(notification('b'));
    to.say(callOf(1));
    to.say({ id: 2, method: 'ping' });
    await until(() => to.lines.length === 1);
    expect(to.lines).toEqual([answerTo(2)]);
    expect(to.asked).toHaveLength(2);
    vi.advanceTimersByTime(3_000);
    await until(() => to.lines.length === 2);
    expect(to.lines).toEqual([answerTo(2), answerTo(1)]);
    // Later messages are not delayed for ever, either.
    vi.advanceTimersByTime(3_000);
    await delay(20);
    to.say(callOf(3));
    await until(() => to.lines.includes(answerTo(3)));
    vi.advanceTimersByTime(60_000);
    await until(() => to.undelivered.length === 2);
    expect(to.undelivered.map(({ error }) => reasonOf(error))).toEqual([
      'it was not accepted within 30 s',
      'it was not accepted within 30 s',
    ]);
  });
});

describe('the stream of what a server sends by itself', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('is open before the first request: what the server asks would be lost otherwise', async () => {
    let listening: ServerResponse | undefined;
    await using to = await connectTo({
      onPost: ({ id }, response) => {
        if (id === undefined) response.writeHead(202).end();
        else answer(response, answerTo(id as number));
      },
      onGet: (_, response) => {
        listening = response;
      },
    });
    to.say(notification('initialized'));
    to.say(callOf(1));
    await until(() => listening !== undefined);
    await delay(50);
    expect(to.asked).toEqual(['notifications/initialized', 'GET']);
    stream(listening as unknown as ServerResponse);
    await until(() => to.lines.length > 0);
    expect(to.lines).toEqual([answerTo(1)]);
  });

  it.each([
    ['for a moment once the server was asked for it: some show it with its first event', true, 0, 100],
    ['for longer where the server took longer before', true, 300, 600],
    ['for a second at the most', true, 900, 1_000],
    ['for a second where the server cannot even be asked for it', false, 0, 1_000],
  ])('is waited for %s', async (_, isSent, tookMs, waitMs) => {
    const get = vi.spyOn(HttpSession.prototype, 'get').mockImplementation((_lastId, _signal, onSent) => {
      if (isSent) onSent?.();
      return new Promise(() => {});
    });
    onTestFinished(() => get.mockRestore());
    await using to = await connectTo({
      onPost: ({ id }, response) => {
        if (id !== undefined) return answer(response, answerTo(id as number));
        vi.advanceTimersByTime(tookMs);
        response.writeHead(202).end();
      },
    });
    to.say(notification('initialized'));
    to.say(callOf(1));
    await until(() => get.mock.calls.length === 1);
    vi.advanceTimersByTime(waitMs - 1);
    await delay(20);
    expect(to.lines).toEqual([]);
    vi.advanceTimersByTime(1);
    await until(() => to.lines.length > 0);
    expect(to.lines).toEqual([answerTo(1)]);
  });
});

describe('a call that is cancelled', () => {
  /** A server that answers no call, and accepts a cancellation or does not. */
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
  ])('keeps no connection if the server %s that', async (_, onCancelled) => {
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

  it('before it is sent is never sent', async () => {
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
  it('waits for calls in progress', async () => {
    const underWay: (() => void)[] = [];
    await using to = await connectTo({
      onPost: ({ id, method }, response) => {
        if (id === undefined) return void underWay.push(() => response.writeHead(202).end());
        response.setHeader('mcp-session-id', 'a');
        const tell = () => answer(response, answerTo(id as number));
        if (method === 'initialize') tell();
        else underWay.push(tell);
      },
    });
    to.say({ id: 1, method: 'initialize' });
    await expect.poll(() => to.lines).toEqual([answerTo(1)]);
    to.say(notification('a'));
    to.say(callOf(2));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const closing = to.connection.close('gently');
    await expect.poll(() => underWay).toHaveLength(1);
    underWay[0]?.();
    await expect.poll(() => underWay).toHaveLength(2);
    underWay[1]?.();
    await closing;
    vi.useRealTimers();
    expect(to.lines).toEqual([answerTo(1), answerTo(2)]);
    expect(to.asked).toEqual(['initialize', 'notifications/a', 'tools/call', 'DELETE']);
    expect(to.undelivered).toEqual([]);
  });

  it('waits only so long, and not at all if it is to be at once', async () => {
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

describe('a session that the server has forgotten', () => {
  const forgets = (status: number, body: string, type = 'application/json') =>
    connectTo({
      onPost: (message, response) => {
        if (message.method === 'initialize') {
          response.setHeader('mcp-session-id', 's');
          answer(response, '{"jsonrpc":"2.0","id":0,"result":{}}');
        } else response.writeHead(status, { 'content-type': type }).end(body);
      },
    });
  const error = (message: string): string =>
    JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32_000, message } });

  it.each([
    [404, ''],
    [400, error('Bad Request: No valid session ID provided')],
    [401, '{"error":"invalid_session","error_description":"session not found"}'],
    [410, '{"message":"The session has expired"}'],
    [422, '{"detail":"session not found"}'],
    [500, '{"error":"session not found"}'],
    [503, '{"title":"no such session"}'],
  ])('is recognised by %i with %j, and with it what has not run', async (status, body) => {
    await using to = await forgets(status, body);
    to.say({ id: 0, method: 'initialize' });
    await expect.poll(() => to.lines).toHaveLength(1);
    to.say(callOf(1));
    await expect.poll(() => to.ends).toHaveLength(1);
    const [{ why, isReplaced, refused } = {}] = to.ends;
    expect([why, isReplaced]).toEqual([`it has forgotten the session (HTTP ${status})`, true]);
    expect([...(refused?.ids ?? [])]).toEqual(['1']);
    expect(hasNotRun(refused?.error)).toBe(status !== 500);
  });

  it('is lost for all that is under way, and for what comes a moment later', async () => {
    const open: ServerResponse[] = [];
    await using to = await connectTo({
      onPost: (message, response) => {
        if (message.method === 'initialize') {
          response.setHeader('mcp-session-id', 's');
          answer(response, '{"jsonrpc":"2.0","id":0,"result":{}}');
        } else open.push(response);
      },
    });
    to.say({ id: 0, method: 'initialize' });
    await expect.poll(() => to.lines).toHaveLength(1);
    for (const id of [1, 2, 3]) to.say(callOf(id));
    await expect.poll(() => open).toHaveLength(3);
    open[0]?.writeHead(404).end();
    await delay(50);
    to.say(callOf(4));
    if (open[2] !== undefined) answer(open[2], answerTo(3));
    open[1]?.writeHead(404).end();
    await expect.poll(() => to.ends).toHaveLength(1);
    expect([...(to.ends[0]?.refused?.ids ?? [])].sort()).toEqual(['1', '2', '4']);
    expect(to.lines).toContain(answerTo(3));
    expect(to.asked).toHaveLength(4);
  });

  it.each([
    [400, error('Bad Request: arguments missing')],
    [500, error('the session store is down')],
  ])('is not assumed after a %i for another reason', async (status, body) => {
    await using to = await forgets(status, body);
    to.say({ id: 0, method: 'initialize' });
    await expect.poll(() => to.lines).toHaveLength(1);
    to.say(callOf(1));
    await expect.poll(() => to.undelivered).toHaveLength(1);
    expect(to.ends).toEqual([]);
  });
});

describe('a server that only its user can mend', () => {
  it.each([
    [401, /--header 'Authorization: Bearer \$\{TOKEN\}'.* toolfuse mcp -- npx -y mcp-remote http:.*\/mcp$/],
    [403, /rights of the token/],
    [407, /HTTPS_PROXY=/],
    [404, undefined],
    [429, undefined],
    [500, undefined],
  ])('is told by what it refuses with: %i', async (status, advice) => {
    await using to = await connectTo({ onPost: (_, response) => void response.writeHead(status).end() });
    to.say(callOf(1));
    await expect.poll(() => to.undelivered).toHaveLength(1);
    const told = adviceIn(to.undelivered[0]?.error);
    if (advice === undefined) expect(told).toBeUndefined();
    else expect(told).toMatch(advice);
  });

  it.each([405, 404, 400])(
    'is told by its stream, if it speaks the old transport and refuses with %i',
    async (status) => {
      await using to = await connectTo({
        onPost: (_, response) => void response.writeHead(status).end(),
        onGet: (_, response) => stream(response, 'event: endpoint\ndata: /messages?id=1'),
      });
      to.say({ id: 0, method: 'initialize' });
      await expect.poll(() => to.undelivered).toHaveLength(1);
      expect(adviceIn(to.undelivered[0]?.error)).toMatch(/old HTTP\+SSE transport.* --transport sse-only$/);
    },
  );

  it('says neither a secret that it was given nor the key of another place', async () => {
    await using to = await connectTo(
      {
        onPost: ({ id }, response, request) => {
          const { authorization } = request.headers;
          if (id === 1)
            response.writeHead(401, { 'content-type': 'text/plain' }).end(`bad token: ${authorization}`);
          else response.writeHead(302, { location: 'https://a.example/login?token=s3cret' }).end();
        },
      },
      undefined,
      { authorization: 'Bearer t0ken-of-mine' },
    );
    to.say(callOf(1));
    to.say(callOf(2));
    await expect.poll(() => to.undelivered).toHaveLength(2);
    const said = to.undelivered.map(({ error }) => reasonOf(error)).sort();
    expect(said).toEqual([
      'HTTP 302 Found, to https://a.example/login?***',
      'HTTP 401 Unauthorized: bad token: ***',
    ]);
  });
});
