import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createToolRegistry } from 'toolfuse';
import { inspect } from 'toolfuse/inspect';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { ServerMessage } from '../../../../src/inspect/protocol.ts';
import { knockAsPage } from '../support/clients.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is in use, in bytes, without what waits to be collected. */
function bytesInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function start(tools: number) {
  const registry = createToolRegistry({ circuit: { failureThreshold: 1, minBackoffMs: 100_000 } });
  const names = Array.from({ length: tools }, (_, tool) => `tool.${tool}`);
  for (const name of names) registry.recordFailure(name, 'timeout');
  const inspector = await inspect(registry);
  onTestFinished(async () => {
    await inspector.close();
    registry.stop();
  });
  return { registry, names, inspector };
}

/** Counts what is sent to WebSockets until the test ends, and keeps nothing of it. */
function countSends(): { count: number } {
  const counted = { count: 0 };
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (...args: unknown[]): void {
    counted.count++;
    Reflect.apply(send, this, args);
  };
  onTestFinished(() => {
    WebSocket.prototype.send = send;
  });
  return counted;
}

const eventsIn = (messages: readonly ServerMessage[]) =>
  messages.flatMap((message) => (message.type === 'events' ? [message] : []));
/** Access to the TCP socket below, which Node's types do not expose. */
const below = (socket: object) => (socket as { _socket: { pause(): void; resume(): void } })._socket;

describe('a page that reads nothing', () => {
  it('makes the app neither wait nor grow, and later receives what it has missed', async () => {
    // No ping: a slow machine takes so long for the calls below that the page would count as dead.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { registry, names, inspector } = await start(200);
    const { socket, messages } = await knockAsPage(inspector);
    await expect.poll(() => messages.length).toBeGreaterThan(2);
    below(socket).pause();
    const before = bytesInUse();
    const sends = countSends();
    let sentDuringCalls = 0;
    const rounds = 300;
    for (let round = 0; round < rounds; round += 1) {
      const sentBefore = sends.count;
      for (const name of names) registry.allowRequest(name);
      sentDuringCalls += sends.count - sentBefore;
      if (round % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(bytesInUse() - before).toBeLessThan(100 * 2 ** 20);
    // No call writes to a page: everything is sent later.
    expect(sentDuringCalls).toBe(0);
    expect(sends.count).toBeGreaterThan(0);

    below(socket).resume();
    const denials = names.length * rounds;
    await expect
      .poll(() =>
        messages
          .flatMap((message) => (message.type === 'actors' ? message.actors : []))
          .findLast(({ name }) => name === 'tool.7'),
      )
      .toMatchObject({ tool: { denials: rounds } });
    await expect
      .poll(() => {
        const told = eventsIn(messages);
        return told.reduce((sum, { events }) => sum + events.length, told.at(-1)?.skipped ?? 0);
      })
      // Each denial is one event of the circuit and one of the registry.
      .toBe(2 * denials);
    expect(eventsIn(messages).at(-1)?.skipped).toBeGreaterThan(0);
  });
});

describe('a page', () => {
  it('is notified of an actor only when that has changed', async () => {
    const { registry, inspector } = await start(50);
    const { messages } = await knockAsPage(inspector);
    await expect.poll(() => messages.some(({ type }) => type === 'actors')).toBe(true);
    messages.length = 0;
    registry.allowRequest('tool.3');
    await expect
      .poll(() => messages.flatMap((message) => (message.type === 'actors' ? message.actors : [])).length)
      .toBeGreaterThan(0);
    const told = messages.flatMap((message) => (message.type === 'actors' ? message.actors : []));
    expect(told.map(({ name }) => name).sort()).toEqual(['tool.3', 'toolfuse']);
  });

  it('receives a chart once, however many actors follow it', async () => {
    const { inspector } = await start(50);
    const { messages } = await knockAsPage(inspector);
    await expect.poll(() => messages.some(({ type }) => type === 'actors')).toBe(true);
    expect(messages.filter(({ type }) => type === 'chart')).toHaveLength(2);
  });
});
