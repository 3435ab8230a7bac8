import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { discover, discovered, modern, modernResult } from '../support/modern.ts';
import { type Content, start } from '../support/scripted-session.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const subscriptionId = 'io.modelcontextprotocol/subscriptionId';
const listen = (notifications: object): Content =>
  modern('listen:1', 'subscriptions/listen', { notifications });
const acknowledged = (notifications: object): Content => ({
  jsonrpc: '2.0',
  method: 'notifications/subscriptions/acknowledged',
  params: { _meta: { [subscriptionId]: 'listen:1' }, notifications },
});
const toolsChanged = {
  jsonrpc: '2.0',
  method: 'notifications/tools/list_changed',
  params: { _meta: { [subscriptionId]: 'listen:1' } },
};
const ended = modernResult('listen:1', { _meta: { [subscriptionId]: 'listen:1' } });

/** A session whose modern client has asked to be told of changes. */
function startListening(
  notifications: object,
  options: Parameters<typeof start>[0] = {},
): ReturnType<typeof start> {
  const all = start(options);
  all.says(discover());
  all.run().says(discovered());
  all.says(listen(notifications));
  all.told.length = 0;
  return all;
}

async function restart({ run }: ReturnType<typeof start>): Promise<void> {
  run().events.onEnd({ why: 'it exited with code 1' });
  await vi.advanceTimersByTimeAsync(1_000);
  run().says(discovered(run().last().id as string));
  await vi.advanceTimersByTimeAsync(0);
}

describe('a subscription of a modern client', () => {
  const prompts = { promptsListChanged: true };

  it('is the server’s to acknowledge, and to end', () => {
    const { run, told } = startListening(prompts);
    run().says(acknowledged(prompts));
    run().says(ended);
    expect(told).toEqual([acknowledged(prompts), ended]);
  });

  it('has no time limit', async () => {
    const { run, told } = startListening(prompts);
    run().says(acknowledged(prompts));
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(told).toEqual([acknowledged(prompts)]);
    expect(run().closed).toBeUndefined();
  });

  it('is asked for again on a new run, whose acknowledgement the client does not see', async () => {
    const session = startListening(prompts);
    session.run().says(acknowledged(prompts));
    await restart(session);
    expect(session.run().last()).toEqual(listen(prompts));
    session.run().says(acknowledged(prompts));
    session.run().says(toolsChanged);
    expect(session.told).toEqual([acknowledged(prompts), toolsChanged]);
  });

  it('fails with the run if it was not acknowledged yet', async () => {
    const session = startListening(prompts);
    await restart(session);
    expect(session.told).toMatchObject([{ id: 'listen:1', error: { code: -32_000 } }]);
    expect(session.run().heard).toHaveLength(1);
  });

  it('is not asked for again once the client has cancelled it', async () => {
    const session = startListening(prompts);
    session.run().says(acknowledged(prompts));
    session.says({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'listen:1' } });
    await restart(session);
    expect(session.run().heard).toMatchObject([{ method: 'server/discover' }]);
  });

  it('is asked for again when its stream breaks, less and less often while it does so', async () => {
    const { run } = startListening(prompts);
    run().says(acknowledged(prompts));
    const { onUndelivered } = run().events;
    const broken = async (message = listen(prompts)): Promise<void> => {
      const { Message } = await import('../../../../src/proxy/wire/message.ts');
      onUndelivered(Message.of(message as never), Object.assign(new Error('cut'), { code: 'ECONNRESET' }));
    };
    const listens = (): number =>
      run().heard.filter(({ method }) => method === 'subscriptions/listen').length;
    await broken();
    await vi.advanceTimersByTimeAsync(999);
    expect(listens()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(listens()).toBe(2);
    await broken();
    await vi.advanceTimersByTimeAsync(1_999);
    expect(listens()).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(listens()).toBe(3);
  });

  it('ends with its result when the session does', async () => {
    const { run, told, session } = startListening(prompts);
    run().says(acknowledged(prompts));
    await session.close();
    expect(told.at(-1)).toEqual({
      jsonrpc: '2.0',
      id: 'listen:1',
      result: { _meta: { [subscriptionId]: 'listen:1' }, resultType: 'complete' },
    });
  });
});

describe('with --hide-open, a subscription to the list of tools', () => {
  const tools = { toolsListChanged: true };

  it('is offered by a server whose own list does not change', () => {
    const { says, run, told } = start({ hideOpen: true });
    says(discover());
    run().says(discovered());
    expect(told).toMatchObject([{ result: { capabilities: { tools: { listChanged: true } } } }]);
  });

  it('is acknowledged although the server’s own list does not change', () => {
    const { run, told } = startListening({ ...tools, promptsListChanged: true }, { hideOpen: true });
    run().says(acknowledged({ promptsListChanged: true }));
    expect(told).toEqual([acknowledged({ promptsListChanged: true, toolsListChanged: true })]);
  });

  it('is told when a circuit changes the list', () => {
    const { run, told, session } = startListening(tools, { hideOpen: true });
    run().says(acknowledged(tools));
    session.announceTools();
    expect(told).toEqual([acknowledged(tools), toolsChanged]);
  });

  it.each([
    ['has nothing to tell', [acknowledged({}), ended]],
    [
      'knows no subscriptions',
      [{ jsonrpc: '2.0', id: 'listen:1', error: { code: -32_601, message: 'what?' } }],
    ],
  ])('stays open if the server %s', (_, says) => {
    const { run, told, session } = startListening(tools, { hideOpen: true });
    for (const each of says) run().says(each);
    session.announceTools();
    expect(told).toEqual([acknowledged(tools), toolsChanged]);
  });

  it('is not told to a client that did not ask for it', () => {
    const { run, told, session } = startListening({ promptsListChanged: true }, { hideOpen: true });
    run().says(acknowledged({ promptsListChanged: true }));
    session.announceTools();
    expect(told).toHaveLength(1);
  });
});
