import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, it } from 'vitest';
import { hungMs } from '../../support/hung.ts';
import { EraServer } from './support/era-server.ts';
import { HttpProxy } from './support/http-proxy.ts';
import { type Mode, ModernSession, modeOptions, textOf } from './support/modern-session.ts';
import { freePort, Network } from './support/network.ts';

/** A client over HTTP, the proxy, the network behind it, and a server by a URL. */
async function setUp(server: EraServer, mode: Mode, onChanged: () => void = () => {}) {
  const port = await freePort();
  await server.listen(port);
  const network = await Network.to(port);
  const url = `http://127.0.0.1:${network.port}/mcp`;
  const backoffs = ['--min-backoff', '200', '--max-backoff', '400', '--server', 'failure-threshold=1'];
  const http = await HttpProxy.listen([...backoffs, '--tool', 'freeze:timeout=500', '--url', url]);
  const client = new Client(
    { name: 'tester', version: '1.0.0' },
    { ...modeOptions[mode], listChanged: { tools: { onChanged } } },
  );
  await client.connect(new StreamableHTTPClientTransport(http.url));
  const call = (name: string, args: Record<string, unknown> = {}) =>
    client.callTool({ name, arguments: args }, { timeout: hungMs });
  return {
    network,
    call,
    say: async (name: string, args: Record<string, unknown> = {}) => textOf(await call(name, args)),
    restart: async () => {
      await server.stopListening();
      await server.listen(port);
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await http[Symbol.asyncDispose]();
      await network[Symbol.asyncDispose]();
    },
  };
}

it.each(['pinned', 'auto'] as const)(
  'a modern call is answered when the network is cut, and subscriptions outlive that: %s',
  async (mode) => {
    await using server = new EraServer('dual');
    let changes = 0;
    await using world = await setUp(server, mode, () => void changes++);
    const { network, call, say } = world;
    const hanging = call('hang');
    await say('grow', { tool: 'one' });
    await expect.poll(() => changes).toBe(1);
    network.cut();
    const answer = await hanging;
    expect(answer).toMatchObject({
      isError: true,
      _meta: { 'toolfuse/failure': { error: 'no_answer', tool: 'hang', executed: 'unknown' } },
    });
    await expect.poll(() => say('pid')).toMatch(/^The call did not run/);
    network.mend();
    await expect.poll(() => say('echo', { words: 'back' })).toBe('back');
    expect(await say('era')).toBe('modern');
    const grow = async (): Promise<number> => {
      await say('grow', { tool: `tool-${changes}-${performance.now()}` });
      return changes;
    };
    // The client's SDK tells of changes only once none has come for 300 ms.
    await expect.poll(grow, { interval: 1_000 }).toBeGreaterThan(1);
  },
);

it.each([
  ['pinned', 'modern'],
  ['auto', 'dual'],
] as const)(
  'a server that hangs is found out in its client’s era, and its next run is used: %s, %s',
  async (mode, eras) => {
    await using server = new EraServer(eras);
    await using world = await setUp(server, mode);
    expect(await world.call('freeze')).toMatchObject({ _meta: { 'toolfuse/failure': { error: 'timeout' } } });
    await expect.poll(() => world.say('pid')).toMatch(/^The call did not run/);
    await world.restart();
    await expect.poll(() => world.say('echo', { words: 'back' })).toBe('back');
    expect(await world.say('era')).toBe('modern');
  },
);

it('a client on standard input is not sent to the legacy era by a server that cannot be asked', async () => {
  await using server = new EraServer('dual');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/mcp`;
  await expect(ModernSession.openUrl(server, url, { mode: 'auto' })).rejects.toThrow(
    'could not be asked which revisions of MCP it speaks',
  );
  // It asks by one process and goes on by the next: meanwhile the server may have come.
  await server.listen(port);
  await using session = await ModernSession.openUrl(server, url, { mode: 'auto' });
  expect(await session.say('era')).toBe('modern');
});
