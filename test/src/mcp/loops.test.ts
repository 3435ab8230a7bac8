import { createToolRegistry } from 'toolfuse';
import { guardMcpClient, guardMcpServer } from 'toolfuse/mcp';
import { afterEach, describe, expect, it } from 'vitest';
import { newestSdk1, newestSdk2, type Sdk } from './support/sdks.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const textsOf = (result: unknown): string[] =>
  (result as { content: { text: string }[] }).content.map(({ text }) => text);

/** A server with one tool, and a client; one of them is guarded against loops. */
async function setUp(sdk: Sdk, guarded: 'client' | 'server') {
  const registry = createToolRegistry({ loops: true });
  const server = sdk.newServer();
  if (guarded === 'server') guardMcpServer(server, { registry, run: () => 'main' });
  sdk.addTool(server, 'search', async ({ text }: { text: string }) => ({
    content: [{ type: 'text' as const, text: `found ${text}` }],
  }));
  const client = sdk.newClient();
  if (guarded === 'client') guardMcpClient(client, { registry, server: 'server', run: 'main' });
  await sdk.connect(server, client);
  closing.push(
    () => client.close(),
    () => registry.stop(),
  );
  const call = (text: string) => sdk.call(client, { name: 'search', arguments: { text } }, {});
  return { registry, call };
}

describe.each([
  ['the oldest era', newestSdk1],
  ['version 2', newestSdk2],
] as const)('with an SDK of %s', (_, sdk) => {
  it.each(['client', 'server'] as const)(
    'a guarded %s corrects and then refuses what a run repeats',
    async (guarded) => {
      const { registry, call } = await setUp(sdk, guarded);
      const answers: string[][] = [];
      for (let i = 0; i < 6; i++) answers.push(textsOf(await call('x')));
      expect(answers[1]).toEqual(['found x']);
      expect(answers[2]).toEqual([
        'found x',
        expect.stringMatching(/^You are repeating yourself\. "search" has been called 3 times/),
      ]);
      expect(answers[5]).toEqual([
        expect.stringMatching(/^The call did not run\. "search" has been called 6 times/),
      ]);
      expect(textsOf(await call('y'))).toEqual(['found y']);
      expect(registry.run('main').state).toBe('steady');
    },
  );
});

it('of a handler that throws nothing, a guarded server still says that it failed', async () => {
  const registry = createToolRegistry({ loops: true });
  const server = newestSdk1.newServer();
  guardMcpServer(server, { registry, run: 'main' });
  newestSdk1.addTool(server, 'search', () => Promise.reject());
  const client = newestSdk1.newClient();
  await newestSdk1.connect(server, client);
  closing.push(() => client.close());
  const call = () => newestSdk1.call(client, { name: 'search', arguments: { text: 'x' } }, {});
  const first = await call();
  expect(first).toMatchObject({ isError: true });
  expect([await call(), await call()]).toEqual([first, first]);
});
