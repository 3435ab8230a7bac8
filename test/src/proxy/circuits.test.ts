import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { FaultServer } from './support/fault-server.ts';
import { denialOf, ProxySession, textOf } from './support/session.ts';

const longBackoffs = ['--min-backoff', '60000', '--max-backoff', '60000'];

/** Lets a tool fail, some number of times. */
async function fail(session: ProxySession, times: number, words = 'HTTP 503'): Promise<void> {
  for (let time = 0; time < times; time++) {
    const answer = await session.call('fail', { words });
    expect([answer.isError, textOf(answer)]).toEqual([true, words]);
  }
}

describe('a tool that fails again and again', () => {
  it('is refused after the third time, and no other tool of its server is', async () => {
    await using server = new FaultServer();
    await using session = await ProxySession.open(server, ...longBackoffs);
    await fail(session, 3);
    const denied = await session.call('fail', { words: 'x' });
    expect(denied).toMatchObject({ isError: true, content: [{ type: 'text' }] });
    expect(denied.structuredContent).toBeUndefined();
    expect(textOf(denied)).toMatch(/^The call did not run\. The tool "fail" .+ within the next 60 s/);
    expect(textOf(denied)).not.toContain('grep');
    expect(denialOf(denied)).toMatchObject({
      tool: 'fail',
      reason: 'open',
      executed: false,
      retryAfterSeconds: 60,
    });
    expect(await session.say('echo', { words: 'x' })).toBe('x');
    expect(await session.circuits()).toMatchObject({ fail: 'open', echo: 'closed', server: 'closed' });
  });

  it('is called again when its backoff is over', async () => {
    await using server = new FaultServer();
    // The second backoff is long enough to ask for the state.
    const backoffs = ['--min-backoff', '200', '--backoff-factor', '100', '--max-backoff', '20000'];
    await using session = await ProxySession.open(server, '--failure-threshold', '1', ...backoffs);
    await fail(session, 1);
    await expect.poll(() => session.circuits()).toMatchObject({ fail: 'halfOpen' });
    await fail(session, 1, 'once more');
    expect(await session.circuits()).toMatchObject({ fail: 'open' });
  });

  it('has the alternatives that the settings name', async () => {
    await using server = new FaultServer();
    const named = ['--tool', 'fail:alternatives=echo,pid', '--tool', 'fail:failure-threshold=1'];
    await using session = await ProxySession.open(server, ...named, ...longBackoffs);
    await fail(session, 1);
    const denied = await session.call('fail', { words: 'x' });
    expect(textOf(denied)).toMatch(/"?echo"?.+"?pid"?/);
    expect(denialOf(denied)).toMatchObject({ alternatives: ['echo', 'pid'] });
  });

  it('stays closed if its results are not to count', async () => {
    await using server = new FaultServer();
    await using session = await ProxySession.open(server, '--result-errors', 'ignore');
    await fail(session, 10);
    expect(await session.circuits()).toMatchObject({ fail: 'closed' });
  });

  it('opens for known errors only, if told so', async () => {
    await using server = new FaultServer();
    const options = ['--result-errors', 'known', '--failure-threshold', '1', ...longBackoffs];
    await using session = await ProxySession.open(server, ...options);
    await fail(session, 3, 'the drawing has no canvas');
    expect(await session.circuits()).toMatchObject({ fail: 'closed' });
    await fail(session, 1, '503 Service Unavailable');
    expect(await session.circuits()).toMatchObject({ fail: 'open' });
  });

  it('is not on the list while it is open with --hide-open, and the client is told', async () => {
    await using server = new FaultServer();
    const options = [
      '--hide-open',
      '--failure-threshold',
      '1',
      '--min-backoff',
      '1000',
      '--max-backoff',
      '1000',
    ];
    await using session = await ProxySession.open(server, ...options);
    const { client } = session;
    const names = async (): Promise<string[]> => (await client.listTools()).tools.map(({ name }) => name);
    let changes = 0;
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => void changes++);
    expect(await names()).toContain('fail');
    await fail(session, 1);
    await expect.poll(() => changes).toBe(1);
    expect(await names()).not.toContain('fail');
    expect(await names()).toContain('echo');
    // Half-open, it is offered again: otherwise nobody would probe it.
    await expect.poll(() => changes).toBe(2);
    expect(await names()).toContain('fail');
  });
});

describe('a mistake of the caller', () => {
  it('never counts, however often it is made', async () => {
    await using server = new FaultServer();
    await using session = await ProxySession.open(server, '--failure-threshold', '1');
    for (let time = 0; time < 3; time++) {
      await session.call('echo', { words: 42 }).catch(() => {});
      await session.call('no-such-tool').catch(() => {});
      await session.call('fail', { words: "ENOENT: no such file or directory, open '/x'" });
    }
    expect(await session.circuits()).toEqual({
      server: 'closed',
      echo: 'closed',
      fail: 'closed',
      'no-such-tool': 'closed',
    });
  });
});

describe('the circuits as a resource', () => {
  it('are on the list of resources, and do not show the key of the inspector', async () => {
    await using server = new FaultServer();
    await using session = await ProxySession.open(server, '--status-resource', '--inspect');
    await session.say('echo', { words: 'x' });
    await expect.poll(() => session.stderr).toContain('inspector.started');
    const { resources } = await session.client.listResources();
    expect(resources.map(({ uri }) => uri)).toContain('toolfuse://status');
    const { contents } = await session.client.readResource({ uri: 'toolfuse://status' });
    const [{ text = '' } = {}] = contents as { text?: string }[];
    expect(JSON.parse(text).circuits).toContainEqual(
      expect.objectContaining({ tool: 'echo', status: 'closed' }),
    );
    expect(text).not.toContain('#');
  });
});
