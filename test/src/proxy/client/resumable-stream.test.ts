import { afterEach, describe, expect, it } from 'vitest';
import { EraServer } from '../support/era-server.ts';
import { HttpCaller } from '../support/http-caller.ts';
import { HttpProxy } from '../support/http-proxy.ts';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function open(): Promise<HttpCaller> {
  const server = new EraServer('legacy');
  endings.push(() => server[Symbol.asyncDispose]());
  const http = await HttpProxy.listen(['--', ...server.command]);
  endings.push(() => http[Symbol.asyncDispose]());
  return HttpCaller.open(http.url);
}

interface SentEvent {
  readonly id: string | undefined;
  /** Undefined for an event without data. */
  readonly message: Record<string, unknown> | undefined;
}

/** The events of a stream up to the given number of them, or to its end. */
async function eventsOf({ body }: Response, count = Infinity): Promise<SentEvent[]> {
  const events: SentEvent[] = [];
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (events.length < count) {
    const read = await reader?.read();
    if (read === undefined || read.done) break;
    text += read.value;
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const event = text.slice(0, end);
      text = text.slice(end + 2);
      const data = /^data: (.+)$/m.exec(event)?.[1];
      events.push({
        id: /^id: (.+)$/m.exec(event)?.[1],
        message: data === undefined ? undefined : JSON.parse(data),
      });
    }
  }
  return events;
}

const resumeAfter = (id: string | undefined) => ({ headers: { 'last-event-id': id ?? '' } });
const current = { headers: { 'mcp-protocol-version': '2025-11-25' } };

describe('a stream of a legacy client whose connection breaks', () => {
  it('brings the answer over the next connection, though it had brought nothing yet', async () => {
    const caller = await open();
    const leaving = new AbortController();
    const call = await caller.call('slow', { ms: 1_000 }, { ...current, signal: leaving.signal });
    const [first] = await eventsOf(call, 1);
    expect(first).toMatchObject({ id: expect.any(String), message: undefined });
    leaving.abort();
    const resumed = await caller.listen(resumeAfter(first?.id));
    expect(await eventsOf(resumed)).toMatchObject([
      { message: { id: 1, result: { content: [{ text: 'at last' }] } } },
    ]);
  });

  it('brings what comes after the last event that the client has got, and nothing of other streams', async () => {
    const caller = await open();
    const count = (id: number): Promise<Response> =>
      caller.post({
        id,
        method: 'tools/call',
        params: { name: 'count', arguments: { to: 3 }, _meta: { progressToken: `t${id}` } },
      });
    const [one] = await Promise.all([count(1).then(eventsOf), count(2).then(eventsOf)]);
    expect(one).toHaveLength(4);
    expect(new Set(one.map(({ id }) => id)).size).toBe(4);
    expect(await eventsOf(await caller.listen(resumeAfter(one[1]?.id)))).toEqual(one.slice(2));
    expect(one.at(-1)).toMatchObject({ message: { id: 1, result: {} } });
  });

  it('is over once all of it has been got, or if nobody knows it', async () => {
    const caller = await open();
    const events = await eventsOf(await caller.call('echo', { words: 'x' }));
    expect((await caller.listen(resumeAfter(events.at(-1)?.id))).status).toBe(405);
    expect((await caller.listen(resumeAfter('r99-1'))).status).toBe(405);
  });

  it('tells no event without data to a client of an earlier revision', async () => {
    const caller = await open();
    const headers = { 'mcp-protocol-version': '2025-06-18' };
    const events = await eventsOf(await caller.call('echo', { words: 'x' }, { headers }));
    expect(events).toMatchObject([{ id: expect.any(String), message: { id: 1 } }]);
  });

  it('on which it listens goes on after the last event', async () => {
    const caller = await open();
    const leaving = new AbortController();
    const listening = await caller.listen({ signal: leaving.signal });
    await (await caller.call('grow', { tool: 'one' })).text();
    const [first] = await eventsOf(listening, 1);
    expect(first).toMatchObject({ message: { method: 'notifications/tools/list_changed' } });
    leaving.abort();
    const grown = await caller.call('grow', { tool: 'two' });
    await grown.text();
    const lastIds = await eventsOf(await caller.listen(resumeAfter('l-0')), 1);
    expect(lastIds[0]).toEqual(first);
  });
});
