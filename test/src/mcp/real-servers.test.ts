import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createToolRegistry } from 'toolfuse';
import { guardMcpClient } from 'toolfuse/mcp';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type Sdk, sdks } from './support/sdks.ts';

const require = createRequire(import.meta.url);
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'toolfuse-mcp-')));
const file = join(folder, 'a.txt');
writeFileSync(file, 'hello');
mkdirSync(join(folder, 'sub'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

type Server = 'filesystem' | 'memory' | 'everything';

/** A guarded client of one of the official servers, which runs in its own process. */
async function connect(sdk: Sdk, name: Server) {
  const registry = createToolRegistry({ circuit: { failureThreshold: 1, minBackoffMs: 30 } });
  const client = guardMcpClient(new sdk.Client({ name: 'test', version: '1.0.0' }), {
    registry,
    server: name,
  });
  const start = async () => {
    const transport = new sdk.StdioClientTransport({
      command: process.execPath,
      args: [
        require.resolve(`@modelcontextprotocol/server-${name}/dist/index.js`),
        ...(name === 'filesystem' ? [folder] : []),
      ],
      env: { PATH: process.env.PATH ?? '', MEMORY_FILE_PATH: join(folder, 'memory.jsonl') },
      stderr: 'ignore',
    });
    await client.connect(transport);
    return (transport as unknown as { _process: { pid: number } })._process.pid;
  };
  const pid = await start();
  closing.push(
    () => client.close(),
    () => registry.stop(),
  );
  const call = (tool: string, input: Record<string, unknown> = {}) =>
    client.callTool({ name: tool, arguments: input });
  return { registry, client, start, pid, call };
}

describe('the errors of the official servers for a model’s mistakes', () => {
  const [, newest] = sdks as [Sdk, Sdk];

  it.each<[Server, string, Record<string, unknown>]>([
    ['filesystem', 'read_text_file', {}],
    ['filesystem', 'read_text_file', { path: join(folder, 'none.txt') }],
    ['filesystem', 'read_text_file', { path: '/etc/passwd' }],
    ['filesystem', 'read_text_file', { path: folder }],
    ['filesystem', 'read_text_file', { path: file, head: 1, tail: 1 }],
    ['filesystem', 'list_directory', { path: file }],
    ['filesystem', 'create_directory', { path: file }],
    ['filesystem', 'edit_file', { path: file, edits: [{ oldText: 'zzz', newText: 'y' }] }],
    ['filesystem', 'move_file', { source: file, destination: join(folder, 'sub') }],
    ['filesystem', 'nope', {}],
    ['memory', 'add_observations', { observations: [{ entityName: 'Jane Doe', contents: ['x'] }] }],
    ['memory', 'create_entities', { entities: 'x' }],
    ['everything', 'get-sum', { a: 'x' }],
    ['everything', 'get-resource-reference', { resourceType: 'Text', resourceId: -4 }],
    ['everything', 'simulate-research-query', { topic: 'x' }],
  ])('opens nothing: %s %s %j', async (server, tool, input) => {
    const { registry, call } = await connect(newest, server);
    expect(await call(tool, input)).toMatchObject({ isError: true });
    expect(registry.openCircuits()).toEqual([]);
  });

  it('differ from those for a fault, such as an unreachable host', async () => {
    const { registry, call } = await connect(newest, 'everything');
    await call('gzip-file-as-resource', { name: 'x', data: 'http://127.0.0.1:9/x' });
    expect(registry.openCircuits()).toEqual(['gzip-file-as-resource']);
    expect(registry.diagnostics('gzip-file-as-resource').lastErrorCategory).toBe('network');
  });
});

describe.each(sdks)('a guarded client of SDK $version, of a server in a process of its own', (sdk) => {
  it('detects that it was killed, waits, and works again once it is reconnected', async () => {
    const { registry, start, pid, call } = await connect(sdk, 'filesystem');
    expect(await call('read_text_file', { path: file })).toMatchObject({ content: [{ text: 'hello' }] });
    process.kill(pid, 'SIGKILL');
    await expect(call('read_text_file', { path: file })).rejects.toThrow();
    expect(registry.openCircuits()).toEqual(['filesystem']);
    expect(await call('list_directory', { path: folder })).toMatchObject({
      isError: true,
      _meta: { 'toolfuse/denial': { upstream: 'filesystem', kind: 'unreachable' } },
    });
    await start();
    await expect.poll(() => registry.state('filesystem')).toBe('halfOpen');
    expect(await call('read_text_file', { path: file })).toMatchObject({ content: [{ text: 'hello' }] });
    expect(registry.openCircuits()).toEqual([]);
  });

  it('detects that it hangs, by a ping that gets no answer', async () => {
    const { registry, client, pid } = await connect(sdk, 'filesystem');
    process.kill(pid, 'SIGSTOP');
    const call = client.callTool({ name: 'list_directory', arguments: { path: folder } }, undefined, {
      timeout: 50,
    });
    await expect(call).rejects.toMatchObject({ code: -32_001 });
    process.kill(pid, 'SIGKILL');
    expect(registry.openCircuits()).toEqual(['filesystem']);
  });
});
