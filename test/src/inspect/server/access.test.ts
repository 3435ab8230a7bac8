import { createToolRegistry } from 'toolfuse';
import { type Inspector, inspect } from 'toolfuse/inspect';
import { describe, expect, it, onTestFinished } from 'vitest';
import { pageProtocol, tokenPrefix } from '../../../../src/inspect/protocol.ts';
import {
  ask,
  closed,
  connectBare,
  knock,
  knockAsApp,
  knockAsPage,
  portOf,
  tokenOf,
} from '../support/clients.ts';

async function start(controls = false) {
  const registry = createToolRegistry({ circuit: { failureThreshold: 1 } });
  const inspector = await inspect(registry, { controls });
  onTestFinished(async () => {
    await inspector.close();
    registry.stop();
  });
  return { registry, inspector };
}

/** Checks that the app still works: a new tool trips, and a new page is notified. */
async function expectToRunOn({ registry, inspector }: Awaited<ReturnType<typeof start>>, tool: string) {
  registry.recordFailure(tool, 'timeout');
  expect(registry.allowRequest(tool)).toBe(false);
  const { messages } = await knockAsPage(inspector);
  await expect
    .poll(() => messages.flatMap((message) => (message.type === 'actors' ? message.actors : [])))
    .toContainEqual(expect.objectContaining({ name: tool, state: 'open' }));
}

/** The status of the server's answer; 0 if there is none. */
const statusOf = (inspector: Inspector): Promise<number> =>
  ask(inspector).then(
    ({ status }) => status,
    () => 0,
  );

describe('a request with a host name other than this machine’s own', () => {
  it.each(['evil.example', 'localhost.evil.example:80', 'evil.example:PORT', '127.0.0.1', '127.0.0.2:PORT'])(
    'is refused: Host %j',
    async (host) => {
      const { inspector } = await start();
      const headers = { host: host.replace('PORT', String(portOf(inspector))) };
      expect(await ask(inspector, { headers })).toMatchObject({
        status: host === '' ? expect.any(Number) : 403,
      });
      expect(await ask(inspector, { headers })).toMatchObject({ status: 403 });
      expect(await knock(inspector, [], { headers })).toBe(403);
      expect(
        await knock(inspector, [pageProtocol, `${tokenPrefix}${tokenOf(inspector)}`], {
          headers,
          origin: `http://${headers.host}`,
        }),
      ).not.toBeTypeOf('object');
    },
  );

  it('is answered for each of this machine’s own names', async () => {
    const { inspector } = await start();
    for (const name of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]']) {
      expect(await ask(inspector, { headers: { host: `${name}:${portOf(inspector)}` } })).toMatchObject({
        status: 200,
      });
    }
  });
});

describe('a page', () => {
  it.each(['http://evil.example', 'null', 'http://127.0.0.1:1', 'https://127.0.0.1:PORT', undefined])(
    'of another origin is refused, though it knows the token: %s',
    async (origin) => {
      const { inspector } = await start();
      const protocols = [pageProtocol, `${tokenPrefix}${tokenOf(inspector)}`];
      const options =
        origin === undefined ? {} : { origin: origin.replace('PORT', String(portOf(inspector))) };
      expect(await knock(inspector, protocols, options)).toBe(403);
    },
  );

  it.each([
    ['none', []],
    ['a wrong one', [`${tokenPrefix}wrong`]],
    ['an empty one', [tokenPrefix]],
    ['a long one', [`${tokenPrefix}${'x'.repeat(4_000)}`]],
  ])('without the right token is refused: with %s', async (_, token) => {
    const { inspector } = await start();
    const { origin } = new URL(inspector.url);
    expect(await knock(inspector, [pageProtocol, ...token], { origin })).toBe(401);
  });

  it('has another token at every start', async () => {
    const [first, second] = [await start(), await start()];
    expect(tokenOf(first.inspector)).toMatch(/^[\w-]{32}$/);
    expect(tokenOf(first.inspector)).not.toBe(tokenOf(second.inspector));
  });

  it('may be open only a limited number of times', async () => {
    const { inspector } = await start();
    for (let page = 0; page < 16; page += 1) await knockAsPage(inspector);
    await expect(knockAsPage(inspector)).rejects.toThrow('refused with 503');
  });
});

describe('an app', () => {
  it.each(['http://localhost:5173', 'http://127.0.0.1:3000', 'https://localhost', undefined])(
    'of this machine may show itself: Origin %s',
    async (origin) => {
      const { inspector } = await start();
      await knockAsApp(inspector, origin === undefined ? {} : { origin });
    },
  );

  it.each(['http://evil.example', 'null', 'file://', 'http://localhost.evil.example'])(
    'of elsewhere may not: Origin %s',
    async (origin) => {
      const { inspector } = await start();
      expect(await knock(inspector, [], { origin })).toBe(403);
    },
  );

  it('receives nothing about what others show', async () => {
    const { registry, inspector } = await start();
    const { messages } = await knockAsApp(inspector);
    const page = await knockAsPage(inspector);
    registry.recordFailure('shell', 'timeout');
    await expect.poll(() => page.messages.length).toBeGreaterThan(2);
    expect(messages).toEqual([]);
  });
});

describe('the page’s files', () => {
  it('are the only files that are served', async () => {
    const { inspector } = await start();
    for (const path of [
      '/../package.json',
      '/page/../index.js',
      '/%2e%2e/index.js',
      '/index.html',
      '/constructor',
      '//',
    ]) {
      expect(await ask(inspector, { path }), path).toMatchObject({ status: 404 });
    }
    expect(await ask(inspector, { method: 'POST' })).toMatchObject({ status: 405 });
  });

  it('come with a strict policy: nothing inline, nothing external, no framing', async () => {
    const { inspector } = await start();
    const { headers, body } = await ask(inspector);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|data:|\*/);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    expect(body).not.toMatch(/<script>|<style|style=|https?:/);
  });

  it('do not have the token in them', async () => {
    const { inspector } = await start();
    for (const path of ['/', '/page.js', '/page.css']) {
      expect((await ask(inspector, { path })).body).not.toContain(tokenOf(inspector));
    }
  });
});

describe('the app keeps running', () => {
  it('after a message of 100 MB from an app', async () => {
    const started = await start();
    const { socket } = await knockAsApp(started.inspector);
    socket.send(Buffer.alloc(100 * 2 ** 20, 0x20), { binary: false });
    expect(await closed(socket)).toMatchObject({ code: 1009 });
    await expectToRunOn(started, 'shell');
  });

  it('after a message of 100 kB from a page', async () => {
    const started = await start();
    const { socket } = await knockAsPage(started.inspector);
    socket.send('x'.repeat(100_000));
    expect(await closed(socket)).toMatchObject({ code: 1009 });
    await expectToRunOn(started, 'shell');
  });

  it.each([
    '{',
    '',
    '[]',
    'null',
    '{"type":"@xstate.event"}',
    '{"type":"@xstate.event","sessionId":"x:0","event":null}',
    '{"type":"@xstate.event","sessionId":{"toString":1},"event":{"type":"A"}}',
    '{"type":"@xstate.actor","sessionId":"x:0","name":"a","definition":"{"}',
    '{"type":"@xstate.snapshot","sessionId":"x:0","event":{"type":"A"},"snapshot":7}',
  ])('after a malformed message of an app: %s', async (text) => {
    const started = await start();
    const { socket } = await knockAsApp(started.inspector);
    socket.send(text);
    expect(await closed(socket)).toMatchObject({ code: 1007 });
    await expectToRunOn(started, 'shell');
  });

  it.each([
    '{',
    'null',
    '{"type":"send"}',
    '{"type":"details","request":1,"seqs":["1"]}',
    '{"type":"hello"}',
  ])('after a malformed message of a page: %s', async (text) => {
    const started = await start();
    const { socket } = await knockAsPage(started.inspector);
    socket.send(text);
    expect(await closed(socket)).toMatchObject({ code: 1007 });
    await expectToRunOn(started, 'shell');
  });

  it('after binary messages', async () => {
    const started = await start();
    for (const { socket } of [await knockAsApp(started.inspector), await knockAsPage(started.inspector)]) {
      socket.send(Buffer.from([1, 2, 3]));
      expect(await closed(socket)).toMatchObject({ code: 1007 });
    }
    await expectToRunOn(started, 'shell');
  });

  it('after 1 000 silent connections, most of which are closed at once and the others soon', async () => {
    const started = await start();
    const sockets = Array.from({ length: 1_000 }, () => connectBare(started.inspector));
    await expect
      .poll(() => sockets.filter(({ closed }) => closed).length)
      .toBeGreaterThanOrEqual(1_000 - 128);
    await expect.poll(() => statusOf(started.inspector)).toBe(200);
    await expectToRunOn(started, 'shell');
  });

  it.each([
    ['deep', () => `${'{"a":'.repeat(3_000)}"b"${'}'.repeat(3_000)}`],
    [
      'wide and long',
      () =>
        JSON.stringify({
          ['x'.repeat(2 ** 20)]: Object.fromEntries(Array.from({ length: 100_000 }, (_, key) => [key, {}])),
        }),
    ],
  ])('after an app whose state is %s', async (_, value) => {
    const started = await start();
    const page = await knockAsPage(started.inspector);
    const { socket } = await knockAsApp(started.inspector);
    const snapshot = `{"status":"active","value":${value()}}`;
    socket.send(`{"type":"@xstate.snapshot","sessionId":"x:0","event":{"type":"A"},"snapshot":${snapshot}}`);
    socket.send('{"type":"@xstate.event","sessionId":"x:1","event":{"type":"A"}}');
    await expect
      .poll(() => page.messages.flatMap((message) => (message.type === 'actors' ? message.actors : [])))
      .toContainEqual(expect.objectContaining({ name: 'x:1' }));
    expect(JSON.stringify(page.messages).length).toBeLessThan(100_000);
    await expectToRunOn(started, 'shell');
  });

  it('after refused requests that never hang up', async () => {
    const started = await start();
    const refused = Array.from({ length: 200 }, () => connectBare(started.inspector));
    for (const socket of refused) {
      socket.pause();
      socket.write(
        'GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      );
    }
    await expect.poll(() => statusOf(started.inspector)).toBe(200);
    await expectToRunOn(started, 'shell');
  });

  it('after a page that keeps sending requests and reads no answers', async () => {
    const started = await start();
    for (let call = 0; call < 100; call += 1) started.registry.recordFailure('shell', 'timeout');
    const { socket } = await knockAsPage(started.inspector);
    const below = (socket as unknown as { _socket: { pause(): void } })._socket;
    below.pause();
    const seqs = Array.from({ length: 100 }, (_, index) => index + 1);
    const before = process.memoryUsage().heapUsed + process.memoryUsage().external;
    for (let request = 0; request < 2_000 && socket.readyState === socket.OPEN; request += 1) {
      socket.send(JSON.stringify({ type: 'details', request, seqs }));
      if (request % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => socket.bufferedAmount).toBe(0);
    const after = process.memoryUsage();
    expect(after.heapUsed + after.external - before).toBeLessThan(100 * 2 ** 20);
    await expectToRunOn(started, 'search');
  });

  it('after an app that introduces too many actors', async () => {
    const started = await start();
    const { socket } = await knockAsApp(started.inspector);
    for (let actor = 0; actor <= 10_000; actor += 1) {
      socket.send(JSON.stringify({ type: '@xstate.event', sessionId: `x:${actor}`, event: { type: 'A' } }));
    }
    expect(await closed(socket)).toEqual({ code: 1007, reason: 'more than 10000 actors' });
    await expectToRunOn(started, 'shell');
  });

  it('after an app whose message would fill the memory once it is read', async () => {
    const started = await start();
    const { socket } = await knockAsApp(started.inspector);
    const context = `[${'[],'.repeat(800_000)}0]`;
    socket.send(
      `{"type":"@xstate.snapshot","sessionId":"x:0","event":{"type":"A"},"snapshot":{"value":"a","context":${context}}}`,
    );
    expect(await closed(socket)).toMatchObject({
      code: 1007,
      reason: expect.stringMatching(/the message takes more than \d+ bytes/),
    });
    await expectToRunOn(started, 'shell');
  });
});

describe('the controls', () => {
  const tell = async (controls: boolean, event: unknown, tool = 'shell') => {
    const { registry, inspector } = await start(controls);
    registry.tool('shell');
    const { socket, messages } = await knockAsPage(inspector);
    const find = () =>
      messages
        .flatMap((message) => (message.type === 'actors' ? message.actors : []))
        .find(({ name }) => name === tool);
    await expect.poll(find).toBeDefined();
    socket.send(JSON.stringify({ type: 'send', request: 1, actor: find()?.id, event }));
    await expect.poll(() => messages.some(({ type }) => type === 'told')).toBe(true);
    return { registry, told: messages.find(({ type }) => type === 'told') };
  };

  it('do nothing while they are off, whatever a page sends', async () => {
    const { registry, told } = await tell(false, { type: 'ISOLATE' });
    expect(told).toMatchObject({
      error: 'Controls are off: the inspector was started without controls: true.',
    });
    expect(registry.state('shell')).toBe('closed');
  });

  it('send the events of a page once they are on', async () => {
    const { registry, told } = await tell(true, { type: 'ISOLATE' });
    expect(told).toMatchObject({ error: null });
    expect(registry.state('shell')).toBe('isolated');
  });

  it.each([
    [
      'shell',
      { type: 'DISARM' },
      'event.type must be one of SUCCESS, FAILURE, REQUEST, ISOLATE, RELEASE, DISABLE, CLOSE, RESET, got DISARM',
    ],
    ['shell', { type: 'FAILURE', category: 'weather' }, 'event.category must be one of network'],
    ['toolfuse', { type: 'STOP' }, 'event.type must be ACKNOWLEDGE for a registry, got STOP'],
  ])('refuse other events: %s %j', async (tool, event, error) => {
    const { told } = await tell(true, event, tool);
    expect(told).toMatchObject({ error: expect.stringContaining(error) });
  });
});
