import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClientRequest } from '../../../../src/proxy/session/client-request.ts';
import type { Step } from '../../../../src/proxy/steps/step.ts';
import { Message } from '../../../../src/proxy/wire/message.ts';
import { call, result, type start, startInitialized } from '../support/scripted-session.ts';

/** A step that records how each request ends. */
function watcher() {
  const asked = new Set<ClientRequest>();
  const ends: string[] = [];
  const end = (request: ClientRequest, how: string): void => {
    if (!asked.delete(request)) throw new Error(`${request.id} was not asked, or has ended already`);
    ends.push(`${request.method} ${how}`);
  };
  const step: Step = {
    request(request) {
      asked.add(request);
      return undefined;
    },
    answer(request) {
      end(request, 'answered');
      return undefined;
    },
    unanswered: (request, { how }) => end(request, how),
  };
  return { step, asked, ends };
}

type Session = ReturnType<typeof start>;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a request ends once for a step that has let it through', () => {
  const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } };
  const long = { head: Buffer.from('{"id":1,"result'), tail: Buffer.from('"}}'), length: 5e7 };
  const message = Message.of({ id: 1, method: 'tools/call', params: { name: 'search' } });

  it.each<[string, (session: Session) => unknown]>([
    ['answered', ({ run }) => run().says(result(1))],
    ['cancelled', ({ says }) => says(cancel)],
    ['timedOut', () => vi.advanceTimersByTimeAsync(10_001)],
    ['undelivered', ({ run }) => run().events.onUndelivered(message, new Error('gone'))],
    ['lost', ({ run }) => run().events.onEnd({ why: 'it exited with code 1' })],
    ['tooLong', ({ run }) => run().events.onLongLine(long)],
    ['closed', ({ session }) => session.close()],
  ])('%s', async (how, finish) => {
    const { step, asked, ends } = watcher();
    const session = startInitialized({ before: [step] });
    ends.length = 0;
    session.says(call(1));
    expect(asked.size).toBe(1);
    await finish(session);
    session.run(0).says(result(1));
    await vi.advanceTimersByTimeAsync(60_000);
    expect([ends, asked.size]).toEqual([[`tools/call ${how}`], 0]);
  });

  it('refused by a circuit', () => {
    const { step, ends } = watcher();
    const { says, circuits } = startInitialized({ before: [step] });
    ends.length = 0;
    circuits.registry.isolate('search');
    says(call(1));
    expect(ends).toEqual(['tools/call refused']);
  });

  it('refused because no server runs', () => {
    const { step, ends } = watcher();
    const { says, run } = startInitialized({ before: [step], serverCircuit: { failureThreshold: 100 } });
    run().events.onEnd({ why: 'it exited with code 1' });
    ends.length = 0;
    says(call(1));
    says({ jsonrpc: '2.0', id: 2, method: 'resources/list' });
    expect(ends).toEqual(['tools/call refused', 'resources/list refused']);
  });
});

describe('a call that a step behind the circuits refuses', () => {
  it('is not sent, and gives its permit back', () => {
    const refusing: Step = {
      request: ({ id, call: asked }) =>
        asked === undefined ? undefined : { answer: Message.answer(id, { result: { own: true } }) },
    };
    const { says, run, told, circuits } = startInitialized({
      behind: [refusing],
      circuit: { failureThreshold: 1, halfOpenMaxProbes: 1 },
    });
    circuits.registry.recordFailure('search');
    vi.advanceTimersByTime(1_001);
    for (const id of [1, 2]) says(call(id));
    // The second call would be denied if the first one still held the only probe.
    expect(told).toMatchObject([{ result: { own: true } }, { result: { own: true } }]);
    expect(run().heard).toEqual([]);
  });
});

describe('a message that the server sends by itself', () => {
  it('is heard by the steps, and passed on as it is', () => {
    const heard: (string | undefined)[] = [];
    const { run, told } = startInitialized({
      before: [{ fromServer: ({ method }) => void heard.push(method) }],
    });
    const messages = [
      { jsonrpc: '2.0', method: 'notifications/message', params: { data: 1 } },
      { jsonrpc: '2.0', id: 7, method: 'roots/list' },
    ];
    for (const each of messages) run().says(each);
    expect(heard).toEqual(['notifications/message', 'roots/list']);
    expect(told).toEqual(messages);
  });
});
