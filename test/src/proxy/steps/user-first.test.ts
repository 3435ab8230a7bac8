import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Line } from '../../../../src/proxy/wire/line.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';
import { call, result, startInitialized } from '../support/scripted-session.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const unauthorized = Object.assign(new Error('HTTP 401 Unauthorized'), {
  status: 401,
  advice: 'Give it a token.',
});

/** The server refuses the last request. */
function refuse({ run }: ReturnType<typeof startInitialized>, error: Error = unauthorized): void {
  const message = Message.read(Line.of(JSON.stringify(run().last())));
  if (message !== undefined) run().events.onUndelivered(message, error);
}

const text = expect.stringMatching(
  /^The call of "search" did not run: HTTP 401 Unauthorized\. Only your user can mend this: .* Give it a token\.$/,
);
const answer = (id: number) => ({
  id,
  result: {
    isError: true,
    content: [{ text }],
    _meta: { 'toolfuse/failure': { error: 'not_run', executed: false, advice: 'Give it a token.' } },
  },
});

describe('a server that refuses all calls until its user does something', () => {
  it('gets no call after call, and the model is told that only the user can mend it', async () => {
    const all = startInitialized();
    all.says(call(1));
    refuse(all);
    for (const id of [2, 3, 4]) all.says(call(id));
    expect(all.told).toMatchObject([1, 2, 3, 4].map(answer));
    expect(all.run().heard).toHaveLength(1);
    expect(all.circuits.registry.openCircuits()).toEqual([]);
  });

  it('gets one after a while, to find out', async () => {
    const all = startInitialized();
    all.says(call(1));
    refuse(all);
    await vi.advanceTimersByTimeAsync(30_000);
    all.says([call(2), call(3)]);
    expect(all.run().heard.map(({ id }) => id)).toEqual([1, 2]);
    all.run().says(result(2));
    all.says(call(4));
    expect(all.run().last()).toEqual(call(4));
  });

  it('gets every other request, and calls again as soon as it answers one', () => {
    const all = startInitialized();
    all.says(call(1));
    refuse(all);
    all.says({ jsonrpc: '2.0', id: 2, method: 'resources/list' });
    all.run().says({ jsonrpc: '2.0', id: 2, result: { resources: [] } });
    all.says(call(3));
    expect(all.run().last()).toEqual(call(3));
  });

  it('is not one that refuses for a moment', () => {
    const all = startInitialized();
    all.says(call(1));
    refuse(all, Object.assign(new Error('HTTP 429'), { status: 429 }));
    all.says(call(2));
    expect(all.run().last()).toEqual(call(2));
  });
});
