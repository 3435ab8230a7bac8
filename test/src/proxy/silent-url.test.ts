import { afterEach, expect, it, vi } from 'vitest';
import type { Client } from '../../../src/proxy/client/client.ts';
import { McpProxy } from '../../../src/proxy/mcp-proxy.ts';
import { readOptions } from '../../../src/proxy/options/read.ts';
import { Message } from '../../../src/proxy/wire/message.ts';
import { hungMs } from '../../support/hung.ts';
import { serve } from './support/http-server.ts';
import { discovered, envelope, modern, modernResult } from './support/modern.ts';

afterEach(() => void vi.useRealTimers());

/** Waits for the network, whose time is real, while the time of the proxy stands still. */
async function until(isSo: () => boolean): Promise<void> {
  const begun = process.hrtime.bigint();
  while (!isSo()) {
    if (process.hrtime.bigint() - begun > BigInt(hungMs) * 1_000_000n) throw new Error(`never: ${isSo}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it('a modern server by a URL that falls silent is found out, asked in its era, and each request is answered once', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  const heard: { readonly method: string; readonly params: { readonly _meta: object } }[] = [];
  let isSilent = false;
  await using server = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const message = JSON.parse(Buffer.concat(chunks).toString());
    heard.push(message);
    if (isSilent) return;
    response.setHeader('content-type', 'application/json');
    const { id, method } = message;
    response.end(JSON.stringify(method === 'server/discover' ? discovered(id) : modernResult(id)));
  });
  const options = ['--log', 'none', '--url', `${server.origin}/mcp`, '--server', 'failure-threshold=1'];
  const proxy = await McpProxy.make(readOptions(options, {}), { writeLog: () => {}, isTerminal: false });
  const answers: Message[] = [];
  const client: Client = { write: (message) => answers.push(message) > 0, pause() {}, resume() {}, end() {} };
  const session = proxy.open(client);
  const says = (content: object): void => session.fromClient.onMessage(Message.of(content as never));
  const call = (id: number): void => says(modern(id, 'tools/call', { name: 'search', arguments: {} }));
  const asked = (method: string): number => heard.filter((each) => each.method === method).length;
  const answersTo = (id: number): Message[] => answers.filter((answer) => answer.id === String(id));

  call(1);
  await until(() => answersTo(1).length === 1);
  isSilent = true;
  for (const id of [2, 3]) call(id);
  await until(() => asked('tools/call') === 3);
  await vi.advanceTimersByTimeAsync(11_000);
  // The client gives up one of the two, and does not say why.
  says({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2, _meta: envelope } });
  await until(() => asked('server/discover') === 1);
  expect(heard.at(-1)?.params._meta).toMatchObject(envelope);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(proxy.circuits.registry.openCircuits()).toEqual([proxy.circuits.server]);
  call(4);
  expect(answersTo(4)[0]?.value('result', '_meta')).toHaveProperty('toolfuse/denial');
  expect(answersTo(3)).toEqual([]);

  // After the backoff it is asked once more, and given up.
  await vi.advanceTimersByTimeAsync(5_000);
  await until(() => asked('server/discover') === 2);
  await vi.advanceTimersByTimeAsync(5_000);
  await until(() => answersTo(3).length === 1);
  expect(answersTo(3)[0]?.value('result', '_meta')).toMatchObject({
    'toolfuse/failure': { error: 'no_answer', tool: 'search' },
  });

  isSilent = false;
  await vi.advanceTimersByTimeAsync(20_000);
  await until(() => asked('server/discover') === 3);
  expect(heard.at(-1)?.params._meta).toMatchObject(envelope);
  await until(() => proxy.circuits.registry.state(proxy.circuits.server) === 'closed');
  call(5);
  await until(() => answersTo(5).length === 1);
  expect(answersTo(5)[0]?.value('result')).toEqual(modernResult(5).result);
  expect([1, 2, 3, 4, 5].map((id) => answersTo(id).length)).toEqual([1, 0, 1, 1, 1]);
  expect(asked('initialize') + asked('ping')).toBe(0);
  vi.useRealTimers();
  await proxy.end();
});
