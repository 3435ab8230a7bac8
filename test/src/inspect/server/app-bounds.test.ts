import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createToolRegistry } from 'toolfuse';
import { inspect } from 'toolfuse/inspect';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { WebSocket } from 'ws';
import { ask, closed, connectBare, knockAsApp, knockAsPage, portOf } from '../support/clients.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function start() {
  const registry = createToolRegistry();
  const inspector = await inspect(registry);
  onTestFinished(async () => {
    await inspector.close();
    registry.stop();
  });
  return inspector;
}

/** What lives in V8's heap and outside it, in MB. */
function heapMb(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

const sent = (socket: WebSocket, text: string): Promise<void> =>
  new Promise((resolve) => {
    socket.on('close', () => resolve());
    socket.send(text, () => setTimeout(resolve, 20));
  });

const snapshotOf = (actor: number, context: string): string =>
  `{"type":"@xstate.snapshot","sessionId":"x:${actor}","event":{"type":"A"},"snapshot":{"value":"a","context":${context}}}`;

const frames: [string, (actor: number) => string][] = [
  // Three characters that become an object of their own.
  ['of empty lists', (actor) => snapshotOf(actor, `[${'[],'.repeat(500_000)}0]`)],
  ['of empty objects', (actor) => snapshotOf(actor, `[${'{},'.repeat(150_000)}0]`)],
  ['of one long text', (actor) => snapshotOf(actor, `"${'x'.repeat(1_900_000)}"`)],
  [
    'of many keys',
    (actor) => snapshotOf(actor, `{${Array.from({ length: 20_000 }, (_, key) => `"k${key}":1`).join(',')}}`),
  ],
  [
    'of a large event',
    (actor) =>
      `{"type":"@xstate.event","sessionId":"x:${actor}","event":{"type":"A","data":[${'{},'.repeat(150_000)}0]}}`,
  ],
];

describe('apps without the key cannot fill the memory', () => {
  it.each(frames)('by frames %s', async (_, frame) => {
    const inspector = await start();
    const before = heapMb();
    for (let app = 0; app < 2; app += 1) {
      const { socket } = await knockAsApp(inspector);
      for (let actor = 0; actor < 4 && socket.readyState === socket.OPEN; actor += 1) {
        await sent(socket, frame(actor));
      }
    }
    await sleep(50);
    expect(heapMb() - before).toBeLessThan(64);
  });

  it('by actors with long names, and the app that holds most is ended', async () => {
    const inspector = await start();
    const before = heapMb();
    const ends: Promise<{ code: number; reason: string }>[] = [];
    for (let app = 0; app < 5; app += 1) {
      const { socket } = await knockAsApp(inspector);
      ends.push(closed(socket));
      const text = Array.from({ length: 10_000 }, (_, actor) => actor);
      for (const actor of text) {
        if (socket.readyState !== socket.OPEN) break;
        socket.send(`{"type":"@xstate.event","sessionId":"${'x'.repeat(480)}${actor}","event":{"type":"A"}}`);
        if (actor % 2_000 === 0) await sleep(1);
      }
      await sleep(50);
    }
    const first = await Promise.race(ends);
    expect(first).toMatchObject({ code: 1007, reason: expect.stringMatching(/in memory/) });
    expect(heapMb() - before).toBeLessThan(200);
  });
});

describe('apps that do not hang up', () => {
  it('cannot lock out the page', async () => {
    const inspector = await start();
    const hello =
      `GET / HTTP/1.1\r\nHost: 127.0.0.1:${portOf(inspector)}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
    // A frame with a text that is no JSON: the server closes the WebSocket, and the app does not answer.
    const wrong = Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x7b]);
    const apps = Array.from({ length: 140 }, () => connectBare(inspector));
    await Promise.all(
      apps.map(async (socket) => {
        socket.write(hello);
        socket.on('data', () => {});
        await once(socket, 'data');
        socket.write(wrong);
      }),
    );
    expect((await ask(inspector)).status).toBe(200);
    const { messages } = await knockAsPage(inspector);
    await expect.poll(() => messages.length).toBeGreaterThan(0);
    // They are hung up on themselves, so that another app can be shown.
    await expect.poll(() => apps.filter((socket) => socket.closed).length).toBe(140);
    await knockAsApp(inspector);
  });

  it('make way for a page, though they are all welcome', async () => {
    const inspector = await start();
    const silent = Array.from({ length: 200 }, () => connectBare(inspector));
    await sleep(50);
    await knockAsPage(inspector);
    expect(silent.filter((socket) => socket.closed).length).toBeGreaterThan(70);
  });
});
