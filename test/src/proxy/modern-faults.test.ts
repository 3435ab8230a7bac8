import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { EraServer } from './support/era-server.ts';
import { ModernSession, textOf } from './support/modern-session.ts';

/** A call of a tool works again, sooner or later. */
const isBack = async (session: ModernSession): Promise<void> => {
  while ((await session.say('echo', { words: 'back' })) !== 'back') await sleep(50);
};

const failureOf = (result: { _meta?: Record<string, unknown> | undefined }): unknown =>
  result._meta?.['toolfuse/failure'];

describe.concurrent.each(['auto', 'pinned'] as const)('behind the proxy, to a client that is %s', (mode) => {
  it('a dual server that is killed comes back in the modern era, without a new session', async ({
    expect,
  }) => {
    await using server = new EraServer('dual');
    await using session = await ModernSession.open(server, { mode });
    expect(await session.say('era')).toBe('modern');
    const calls = [session.call('hang'), session.call('hang')];
    await session.say('pid');
    server.signal('SIGKILL');
    for (const answer of await Promise.all(calls)) {
      expect(textOf(answer)).toMatch(/^The call of "hang" was sent, but no answer came .*SIGKILL/);
      expect(failureOf(answer)).toMatchObject({ error: 'no_answer', executed: 'unknown' });
    }
    await isBack(session);
    expect(await session.say('era')).toBe('modern');
    expect(await session.say('ask')).toBe('hello Ada, asked once');
  });

  it('refuses calls in words while a server crashes again and again', async ({ expect }) => {
    await using server = new EraServer('modern');
    await using session = await ModernSession.open(server, { mode });
    const pid = Number(await session.say('pid'));
    await session.client.listTools();
    server.plan({ exitAtStart: true });
    process.kill(pid, 'SIGKILL');
    await expect.poll(async () => textOf(await session.call('pid'))).toMatch(/^The call did not run/);
    await expect.poll(() => server.runs.length).toBeGreaterThan(4);
    expect((await session.client.listTools()).tools.length).toBeGreaterThan(5);
    server.plan({});
    await isBack(session);
    expect(await session.say('era')).toBe('modern');
  });

  it('a server that hangs is found out, ended and started again', async ({ expect }) => {
    await using server = new EraServer('dual');
    await using session = await ModernSession.open(server, { mode }, '--tool', 'freeze:timeout=500');
    const frozen = await session.call('freeze');
    expect(failureOf(frozen)).toMatchObject({ error: 'timeout' });
    await isBack(session);
    expect(await session.say('era')).toBe('modern');
  });

  it('a tool that hangs is cancelled, and its server lives on', async ({ expect }) => {
    await using server = new EraServer('dual');
    await using session = await ModernSession.open(server, { mode }, '--tool', 'hang:timeout=500');
    const pid = await session.say('pid');
    expect(failureOf(await session.call('hang'))).toMatchObject({ error: 'timeout', tool: 'hang' });
    expect(await session.say('pid')).toBe(pid);
  });

  it('a server that starts slowly is waited for', async ({ expect }) => {
    await using server = new EraServer('dual');
    server.plan({ startDelayMs: 1_500 });
    await using session = await ModernSession.open(server, { mode });
    expect(await session.say('era')).toBe('modern');
  });
});

describe.concurrent('a modern client behind the proxy', () => {
  it('is told of changes by the next run, without asking again', async ({ expect }) => {
    await using server = new EraServer('modern');
    let changes = 0;
    await using session = await ModernSession.open(server, {
      listChanged: { tools: { onChanged: () => void changes++ } },
    });
    await session.call('grow', { tool: 'one' });
    await expect.poll(() => changes).toBe(1);
    server.signal('SIGKILL');
    await isBack(session);
    await session.call('grow', { tool: 'two' });
    await expect.poll(() => changes).toBe(2);
  });

  it('sees open tools go from the list, and come back, with --hide-open', async ({ expect }) => {
    await using server = new EraServer('modern');
    const seen: (readonly string[])[] = [];
    await using session = await ModernSession.open(
      server,
      {
        listChanged: {
          tools: { onChanged: (_, tools) => void seen.push(tools?.map(({ name }) => name) ?? []) },
        },
      },
      '--hide-open',
      '--failure-threshold',
      '2',
      '--min-backoff',
      '6000',
      '--max-backoff',
      '6000',
    );
    expect((await session.client.listTools()).tools.map(({ name }) => name)).toContain('fail');
    for (const words of ['it broke', 'it broke']) await session.call('fail', { words });
    await expect.poll(() => seen).toHaveLength(1);
    expect(seen[0]).not.toContain('fail');
    await expect.poll(() => seen.at(-1)).toContain('fail');
  });

  it('reads the status of the proxy', async ({ expect }) => {
    await using server = new EraServer('modern');
    await using session = await ModernSession.open(server, {}, '--status-resource');
    const { resources } = await session.client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual(['note://changing', 'toolfuse://status']);
    const { contents } = await session.client.readResource({ uri: 'toolfuse://status' });
    expect(contents[0]).toMatchObject({ mimeType: 'application/json', uri: 'toolfuse://status' });
  });

  it('is told by a legacy server that it knows no such method, as it would be directly', async ({
    expect,
  }) => {
    await using server = new EraServer('legacy');
    await expect(ModernSession.open(server)).rejects.toThrow(
      'did not offer pinned protocol version 2026-07-28',
    );
    await using session = await ModernSession.open(server, { mode: 'auto' });
    expect(await session.say('era')).toBe('legacy');
  });

  it('of the legacy era is told by a modern server which revisions it speaks', async ({ expect }) => {
    await using server = new EraServer('modern');
    await expect(ModernSession.open(server, { mode: 'legacy' })).rejects.toMatchObject({
      code: -32_022,
      data: { supported: ['2026-07-28'] },
    });
  });
});

describe.concurrent('a legacy client behind the proxy', () => {
  it('of a dual server that is killed goes on in its legacy session', async ({ expect }) => {
    await using server = new EraServer('dual');
    await using session = await ModernSession.open(server, { mode: 'legacy' });
    expect(await session.say('era')).toBe('legacy');
    server.signal('SIGKILL');
    await isBack(session);
    expect(await session.say('era')).toBe('legacy');
  });
});

it('a server that ends at anything but `initialize` is served in the legacy era', async () => {
  await using server = new EraServer('legacy');
  server.plan({ exitsOnProbe: true });
  await using session = await ModernSession.open(server, { mode: 'auto' });
  expect(await session.say('era')).toBe('legacy');
});
