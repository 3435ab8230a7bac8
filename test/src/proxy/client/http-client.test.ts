import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { FaultServer } from '../support/fault-server.ts';
import { HttpCaller, messagesOf } from '../support/http-caller.ts';
import { HttpProxy, requestArrives } from '../support/http-proxy.ts';
import type { RawMessage } from '../support/raw-client.ts';

const folder = mkdtempSync(join(tmpdir(), 'toolfuse-http-client-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const speaker = ['--', process.execPath, fixture('speaker.mjs')];

describe('a request of a client that speaks HTTP', () => {
  it('has its stream ended without an answer when it is cancelled, and the others go on', async () => {
    await using server = new FaultServer();
    await using http = await HttpProxy.listen(['--', ...server.command]);
    const caller = await HttpCaller.open(http.url);
    const cancelled = await caller.call('hang');
    const other = await caller.call('hang');
    await caller.post({ method: 'notifications/cancelled', params: { requestId: 1, reason: 'the user' } });
    expect(await messagesOf(cancelled)).toEqual([]);
    const going = Promise.race([messagesOf(other), sleep(200, 'it goes on')]);
    expect(await going).toBe('it goes on');
    expect(await messagesOf(await caller.call('echo', { words: 'x' }))).toMatchObject([
      { id: 3, result: {} },
    ]);
  });

  it('does not keep its session alive after its connection was dropped', async () => {
    await using server = new FaultServer();
    await using http = await HttpProxy.listen(['--', ...server.command], {
      maxSessions: 1,
      idleTimeoutMs: 5_000,
    });
    const caller = await HttpCaller.open(http.url);
    const dropping = new AbortController();
    await caller.post(
      { id: 1, method: 'resources/read', params: { uri: 'hang://x' } },
      { signal: dropping.signal },
    );
    await expect(HttpCaller.open(http.url)).rejects.toThrow('HTTP 503');
    dropping.abort();
    await expect.poll(() => HttpCaller.open(http.url).then(() => true, String)).toBe(true);
  });

  it('counts as activity of the client as long as its stream is open', async () => {
    await using server = new FaultServer();
    await using http = await HttpProxy.listen(['--', ...server.command], { idleTimeoutMs: 2_000 });
    const caller = await HttpCaller.open(http.url);
    const dropping = new AbortController();
    await caller.call('hang', {}, { signal: dropping.signal });
    await sleep(2_500);
    dropping.abort();
    await sleep(200);
    expect((await caller.post({ method: 'notifications/x' })).status).toBe(202);
  });
});

describe('what a server sends before its client listens', () => {
  const request = (id: number) => ({ id, method: 'roots/list' });
  const notification = (index: number) => ({ method: 'notifications/message', params: { index } });

  /** What the client gets after all of these messages were sent, up to the report of what was refused. */
  async function heard(messages: readonly object[]): Promise<RawMessage[]> {
    await using http = await HttpProxy.listen(speaker);
    const caller = await HttpCaller.open(http.url);
    const saidFile = join(folder, randomUUID());
    await caller.post({ method: 'notifications/say', params: { messages, saidFile } });
    await expect.poll(() => existsSync(saidFile)).toBe(true);
    // The messages are in the pipe now, and this process only has to read them.
    await sleep(100);
    const listening = await caller.listen();
    await caller.post({ method: 'notifications/tell' });
    return await messagesOf(listening, ({ method }) => method === 'notifications/refused');
  }

  it('is kept, up to a hundred messages; requests are dropped last', async () => {
    const notifications = Array.from({ length: 150 }, (_, index) => notification(index));
    const messages = await heard([request(1), ...notifications]);
    const kept = [request(1), ...notifications.slice(-99)];
    expect(messages).toMatchObject([...kept, { params: { refused: [] } }]);
  });

  it('is refused if it is one request too many, so that the server does not wait in vain', async () => {
    const requests = Array.from({ length: 101 }, (_, index) => request(index));
    const error = { message: expect.stringMatching(/does not listen/) };
    expect(await heard(requests)).toMatchObject([
      ...requests.slice(1),
      { params: { refused: [{ id: 0, error }] } },
    ]);
  });
});

describe('what a client posts while its server reads nothing', () => {
  const large = { method: 'notifications/x', params: { words: 'x'.repeat(400_000) } };
  const sleeping = ['--max-message-mb', '1', ...speaker];

  /** Posts messages to a server that sleeps until it is woken. */
  async function post(http: HttpProxy, count: number) {
    const caller = await HttpCaller.open(http.url);
    const wakeFile = join(folder, randomUUID());
    await caller.post({ method: 'notifications/sleep', params: { wakeFile } });
    const statuses: number[] = [];
    const posts = Array.from({ length: count }, async () => {
      const response = await caller.post(large);
      statuses.push(response.status);
    });
    return { caller, statuses, all: Promise.allSettled(posts), wake: () => writeFileSync(wakeFile, '') };
  }

  it('waits, and goes on when the server reads again', async () => {
    await using http = await HttpProxy.listen(sleeping);
    const { statuses, all, wake } = await post(http, 20);
    await sleep(500);
    expect(statuses.length).toBeLessThan(10);
    wake();
    await all;
    expect(statuses).toEqual(Array.from({ length: 20 }, () => 202));
  });

  it('is refused if it is too much, or the session has ended meanwhile', async () => {
    await using http = await HttpProxy.listen(sleeping);
    const { caller, statuses, all } = await post(http, 150);
    await expect.poll(() => statuses.filter((status) => status === 503).length).toBeGreaterThan(20);
    expect(statuses).not.toContain(404);
    await caller.end();
    await all;
    expect(statuses.filter((status) => status === 404).length).toBeGreaterThanOrEqual(100);
  });

  it('waits up to a hundred messages: the one after that is refused', async () => {
    await using http = await HttpProxy.listen(sleeping);
    const { caller, all } = await post(http, 1);
    // More than the server's pipe holds: nothing after it is accepted.
    await all;
    const statuses: number[] = [];
    const posts = Array.from({ length: 101 }, async () => {
      const response = await caller.post({ method: 'notifications/x' });
      statuses.push(response.status);
    });
    await expect.poll(() => statuses).toContain(503);
    await caller.end();
    await Promise.allSettled(posts);
    const count = (status: number): number => statuses.filter((each) => each === status).length;
    expect({ refused: count(503), waited: count(404) }).toEqual({ refused: 1, waited: 100 });
  });

  it('is forgotten when it is dropped', async () => {
    await using http = await HttpProxy.listen(sleeping, { maxSessions: 1, idleTimeoutMs: 5_000 });
    const { caller, all } = await post(http, 1);
    await all;
    const leaving = new AbortController();
    const hasArrived = requestArrives();
    const held = caller.post({ method: 'notifications/x' }, { signal: leaving.signal });
    await hasArrived;
    await expect(HttpCaller.open(http.url)).rejects.toThrow('HTTP 503');
    leaving.abort();
    await expect(held).rejects.toThrow();
    await expect.poll(() => HttpCaller.open(http.url).then(() => true, String)).toBe(true);
  });
});
