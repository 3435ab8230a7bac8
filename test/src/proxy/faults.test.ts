import { setTimeout as sleep } from 'node:timers/promises';
import { LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { behindProxy } from './support/connections.ts';
import { initialize } from './support/explore.ts';
import { FaultServer } from './support/fault-server.ts';
import { RawClient } from './support/raw-client.ts';
import { denialOf, failureOf, ProxySession, peakMbOf, textOf } from './support/session.ts';

/** A call of a tool works again, sooner or later. */
const isBack = async (session: ProxySession): Promise<void> => {
  while ((await session.say('echo', { words: 'back' })) !== 'back') await sleep(50);
};

describe.concurrent('a server that is killed', () => {
  it('in the middle of calls leaves none of them unanswered', async ({ expect }) => {
    await using server = new FaultServer();
    await using session = await ProxySession.open(server, '--min-backoff', '9000', '--max-backoff', '9000');
    const calls = [session.call('hang'), session.call('hang')];
    const read = expect(session.client.readResource({ uri: 'hang://x' })).rejects.toMatchObject({
      code: -32_000,
    });
    await session.call('echo', { words: 'all of them have been sent' });
    server.signal('SIGKILL');
    for (const answer of await Promise.all(calls)) {
      expect(textOf(answer)).toMatch(
        /^The call of "hang" was sent, but no answer came .*SIGKILL.* may have run/,
      );
      expect(answer.isError).toBe(true);
      expect(failureOf(answer)).toMatchObject({ error: 'no_answer', tool: 'hang', executed: 'unknown' });
    }
    await read;
    expect(await session.circuits()).toMatchObject({ server: 'open', hang: 'closed', echo: 'closed' });
  });

  it('has every call refused until it is started again, in the same session of the client', async ({
    expect,
  }) => {
    await using server = new FaultServer();
    await using session = await ProxySession.open(server, '--min-backoff', '1000', '--max-backoff', '1000');
    const pid = await session.say('pid');
    await session.client.setLoggingLevel('warning');
    await session.client.subscribeResource({ uri: 'hang://a' });
    await session.client.subscribeResource({ uri: 'hang://b' });
    await session.client.unsubscribeResource({ uri: 'hang://a' });
    const call = session.call('hang');
    await session.say('pid');
    server.signal('SIGKILL');
    await call;
    const denied = await session.call('echo', { words: 'x' });
    expect(denied.isError).toBe(true);
    expect(textOf(denied)).toMatch(/^The call did not run\..+could not be reached.+within the next 1 s/);
    expect(denialOf(denied)).toMatchObject({
      tool: 'echo',
      reason: 'upstream',
      kind: 'unreachable',
      executed: false,
      retryAfterSeconds: 1,
    });
    await isBack(session);
    expect(await session.say('pid')).not.toBe(pid);
    expect(JSON.parse(await session.say('session'))).toEqual({
      level: 'warning',
      subscriptions: ['hang://b'],
      initialized: true,
      client: 'tester',
    });
    expect(server.runs).toHaveLength(2);
    expect(await session.circuits()).toMatchObject({ server: 'closed' });
  });

  it('while it is idle is started again before anybody needs it', async ({ expect }) => {
    await using server = new FaultServer();
    await using session = await ProxySession.open(server);
    expect(await session.say('echo', { words: 'x' })).toBe('x');
    server.signal('SIGKILL');
    await expect.poll(() => server.runs.length).toBe(2);
    await isBack(session);
    expect(server.runs).toHaveLength(2);
    // What the server says on standard error goes through.
    expect(session.stderr.split('the fault server starts')).toHaveLength(3);
    expect(session.stderr).toContain('"event":"server.lost"');
    expect(session.stderr).toContain('"event":"server.started"');
  });

  it('in the middle of a line passes on no half message', async ({ expect }) => {
    await using server = new FaultServer();
    await using session = await ProxySession.open(server);
    expect(failureOf(await session.call('stammer'))).toMatchObject({ error: 'no_answer' });
    await isBack(session);
    expect(session.errors).toEqual([]);
  });

  it('because of one of its tools is treated the same way', async ({ expect }) => {
    await using server = new FaultServer();
    await using session = await ProxySession.open(server);
    const answer = await session.call('exit', { code: 7 });
    expect(textOf(answer)).toContain('it exited with code 7');
    // Not by --status: it may be back by the time that is asked.
    await expect.poll(() => session.stderr).toContain('"event":"circuit.opened"');
    await isBack(session);
  });
});

describe.concurrent('a server that hangs', () => {
  it('is detected by a ping, ended and started again', async ({ expect }) => {
    await using server = new FaultServer();
    // Only this tool has a short limit, so that a slow machine answers the other calls in time.
    await using session = await ProxySession.open(server, '--tool', 'echo:timeout=300');
    const pid = await session.say('pid');
    server.signal('SIGSTOP');
    const answer = await session.call('echo', { words: 'x' });
    // The call was answered when its time was over, before the proxy gave the server up.
    expect(server.runs).toHaveLength(1);
    expect(textOf(answer)).toMatch(/^The call of "echo" was sent, but there was no answer within 0\.3 s/);
    expect(failureOf(answer)).toMatchObject({ error: 'timeout', executed: 'unknown' });
    await expect.poll(async () => (await session.circuits()).server).not.toBe('closed');
    await isBack(session);
    expect(await session.say('pid')).not.toBe(pid);
    expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
  });

  it('in one tool only is not blamed: that tool is', async ({ expect }) => {
    await using server = new FaultServer();
    await using session = await ProxySession.open(
      server,
      '--tool',
      'hang:timeout=200',
      '--tool',
      'hang:failure-threshold=1',
      '--min-backoff',
      '60000',
      '--max-backoff',
      '60000',
    );
    const pid = await session.say('pid');
    expect(failureOf(await session.call('hang'))).toMatchObject({ error: 'timeout', timeoutMs: 200 });
    await expect.poll(() => session.circuits()).toMatchObject({ hang: 'open', server: 'closed' });
    expect(denialOf(await session.call('hang'))).toMatchObject({
      tool: 'hang',
      reason: 'open',
      kind: 'unreachable',
    });
    expect(await session.say('pid')).toBe(pid);
  });
});

describe.concurrent('a server that starts slowly', () => {
  it('is waited for', async ({ expect }) => {
    await using server = new FaultServer();
    server.plan({ startDelayMs: 500 });
    await using session = await ProxySession.open(server);
    expect(await session.say('echo', { words: 'x' })).toBe('x');
    expect((await session.circuits()).server).toBe('closed');
  });

  it('is waited for again when it is started again, and calls are refused meanwhile', async ({ expect }) => {
    await using server = new FaultServer();
    await using session = await ProxySession.open(server);
    await session.say('pid');
    const mayStart = server.holdStarts();
    server.signal('SIGKILL');
    await expect.poll(() => server.runs.length).toBe(2);
    // The server cannot start before the call is answered.
    const answer = await session.call('echo', { words: 'x' });
    expect(answer.isError).toBe(true);
    expect(denialOf(answer)).toMatchObject({ executed: false, reason: 'upstream' });
    mayStart();
    await isBack(session);
    expect(server.runs).toHaveLength(2);
  });
});

describe.concurrent('a server that ends as soon as it is started', () => {
  it('is started at most once in each backoff, and every call has an answer', async ({ expect }) => {
    await using server = new FaultServer();
    await using session = await ProxySession.open(server);
    await session.say('pid');
    server.plan({ exitAtStart: true });
    server.signal('SIGKILL');
    const killedAt = performance.now();
    while (server.runs.length < 4) {
      const answer = await session.call('echo', { words: 'x' });
      expect(answer.isError).toBe(true);
      expect(denialOf(answer) ?? failureOf(answer)).toBeDefined();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // 200 ms of backoff, then 400 ms each, beside the time that a start takes.
    expect(performance.now() - killedAt).toBeGreaterThan(1_000);
    server.plan({});
    await isBack(session);
  });

  it('from the first time on is reported to the client, which is not left waiting', async ({ expect }) => {
    await using server = new FaultServer();
    server.plan({ exitAtStart: true });
    await expect(ProxySession.open(server)).rejects.toMatchObject({
      code: -32_000,
      message: expect.stringContaining('it exited with code 3'),
    });
    expect(server.runs.length).toBe(1);
  });
});

describe('a command that is not there', () => {
  it('is reported on standard error, and to the client', async () => {
    await using server = new FaultServer();
    const session = new ProxySession(server, ['--', '/no/such/command']);
    await expect(session.connect()).rejects.toThrow();
    await expect.poll(() => session.stderr).toMatch(/there is no command .*\/no\/such\/command/);
  });
});

describe('a server that writes lines that are not messages', () => {
  it.each([
    ['words', 'Listening on port 3000'],
    ['half a message', '{"jsonrpc":"2.0","id":1,'],
    ['a number', '42'],
    ['an empty line', ''],
    ['binary noise', '\u0000\u001b[31m\ufffd'],
  ])('goes on working, and its client never sees the line: %s', async (_what, line) => {
    await using server = new FaultServer();
    await using session = await ProxySession.open(server);
    expect(await session.say('say', { line, times: 1_000 })).toBe('said');
    expect(await session.say('echo', { words: 'x' })).toBe('x');
    expect(session.errors).toEqual([]);
    // The same trouble is logged only a few times in a thousand.
    expect(session.stderr.split('\n').filter((told) => told.includes('message.garbage')).length).toBeLessThan(
      10,
    );
    expect((await session.circuits()).server).toBe('closed');
  });
});

describe('a message that is too long', () => {
  it('is replaced by an error, in bounded memory, and the session goes on', async () => {
    await using server = new FaultServer();
    await using session = await ProxySession.open(server);
    const answer = await session.call('large', { bytes: 50_000_000 });
    expect(answer.isError).toBe(true);
    expect(textOf(answer)).toMatch(/a message of 5\d+ bytes is too long.*--max-message-mb/);
    expect(await session.say('echo', { words: 'x' })).toBe('x');
    expect((await session.circuits()).server).toBe('closed');
    expect(session.peakMb).toBeLessThan(250);
  });

  it('passes where the limit is higher', async () => {
    await using server = new FaultServer();
    // The SDK's client takes disproportionately long for such a line.
    const client = new RawClient(behindProxy(server.command, '--max-message-mb', '64'));
    await initialize(client);
    await client.request('tools/call', { name: 'large', arguments: { bytes: 50_000_000 } });
    expect(client.lines.at(-1)?.length).toBeGreaterThan(50_000_000);
    await client.stop();
  });

  it('of the client is answered, too', async () => {
    await using server = new FaultServer();
    await using session = await ProxySession.open(server, '--max-message-mb', '1');
    await expect(session.call('echo', { words: 'x'.repeat(2_000_000) })).rejects.toMatchObject({
      code: -32_600,
    });
    expect(await session.say('echo', { words: 'x' })).toBe('x');
  });
});

describe('a flood of notifications', () => {
  it('comes whole and in order, in bounded memory', async () => {
    await using server = new FaultServer();
    await using session = await ProxySession.open(server);
    const seen: unknown[] = [];
    session.client.setNotificationHandler(
      LoggingMessageNotificationSchema,
      ({ params }) => void seen.push(params.data),
    );
    const count = 50_000;
    expect(await session.say('flood', { count })).toBe('flooded');
    expect(seen).toHaveLength(count);
    expect(seen.every((data, index) => data === index)).toBe(true);
    expect(session.peakMb).toBeLessThan(200);
  });

  it('that the client does not read is held back in the server, and loses nothing', async () => {
    await using server = new FaultServer();
    const client = new RawClient(behindProxy(server.command));
    await initialize(client);
    const begin = client.lines.length;
    const line = JSON.stringify({
      jsonrpc: '2.0',
      method: 'notifications/x',
      params: { x: 'y'.repeat(1_000) },
    });
    client.pause();
    const answer = client.request('tools/call', { name: 'say', arguments: { line, times: 100_000 } });
    // As long as a server needs to write a hundred megabytes to a client that reads.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(peakMbOf(client.pid)).toBeLessThan(150);
    client.resume();
    expect((await answer).result?.isError).toBeUndefined();
    expect(client.lines.slice(begin, -1).every((each) => each === line)).toBe(true);
    expect(client.lines.length - begin).toBe(100_001);
    await client.stop();
  });
});
