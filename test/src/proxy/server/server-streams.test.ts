import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { categorize } from 'toolfuse';
import { describe, expect, it } from 'vitest';
import { hasNotRun, isRefusal, reasonOf } from '../../../../src/proxy/server/delivery-fault.ts';
import { readLongLine } from '../../../../src/proxy/wire/long-line.ts';
import { answer, answerTo, callOf, connectTo, stream } from '../support/url-connection.ts';

/** An event with an id, by which its stream can be resumed, and with the time to wait before that. */
const first = 'id: 1\nretry: 1\ndata:';

describe('an answer that breaks off', () => {
  it.each([404, 401, 503])(
    'and cannot be resumed because of a %i belongs to a call that may have run',
    async (status) => {
      await using to = await connectTo({
        onPost: (_, response) => {
          stream(response, first);
          response.write('\n', () => response.destroy());
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
    },
  );

  it('because its server has gone belongs to a call that may have run', async () => {
    await using to = await connectTo({
      onPost: (_, response) => {
        stream(response, first);
        response.write('\n', () => void to.server.stop());
      },
    });
    to.say(callOf(1));
    await expect.poll(() => to.undelivered).toHaveLength(1);
    const { error } = to.undelivered[0] ?? {};
    expect(hasNotRun(error)).toBe(false);
    expect(reasonOf(error)).toContain('ECONNREFUSED');
  });

  it('and has no event id belongs to a call that may have run', async () => {
    await using to = await connectTo({
      onPost: (_, response) => {
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .write('{"jsonrpc"', () => response.destroy());
      },
    });
    to.say(callOf(1));
    await expect.poll(() => to.undelivered).toHaveLength(1);
    expect(hasNotRun(to.undelivered[0]?.error)).toBe(false);
    expect(to.asked).toEqual(['tools/call']);
  });

  it('is resumed as often as it brings something new', async () => {
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

  it('is resumed again if the first try fails', async () => {
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

describe('the stream of what the server sends by itself', () => {
  it('is opened again after a refusal that may pass', async () => {
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
  ])('is not opened again after a refusal that stays: %i %s', async (status, type) => {
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
  it('counts as the answer that it is, and is not requested again', async () => {
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
    await expect.poll(() => to.longLines.map(readLongLine)).toMatchObject([{ id: '1' }]);
    await delay(300);
    expect(to.asked).toEqual(['tools/call']);
    expect(to.undelivered).toEqual([]);
  });

  it('is not requested again if it cannot be read what it is', async () => {
    await using to = await connectTo(
      {
        onPost: (_, response) => {
          stream(response, first, `id: 2\ndata: {"result":{"text":"${tooLong}","id":1}}`);
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
  ])('is skipped if the server sends it by itself: in %s', async (_, lines) => {
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
