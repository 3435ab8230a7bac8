import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createToolRegistry } from 'toolfuse';
import { guardMcpClient } from 'toolfuse/mcp';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';
import { newestSdk1, type Sdk, sdks } from './support/sdks.ts';

const require = createRequire(import.meta.url);
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'toolfuse-mcp-')));
const file = join(folder, 'a.txt');
writeFileSync(file, 'hello');
mkdirSync(join(folder, 'sub'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Server = 'filesystem' | 'memory' | 'everything';

/** A guarded client of one of the official servers, which runs in its own process. */
async function connect(sdk: Sdk, name: Server) {
  const clock = new ManualClock();
  const registry = createToolRegistry({ clock, circuit: { failureThreshold: 1, minBackoffMs: 1_000 } });
  const client = guardMcpClient(sdk.newClient(), {
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
  const close = async () => {
    await client.close();
    registry.stop();
  };
  const call = (tool: string, input: Record<string, unknown> = {}) =>
    sdk.call(client, { name: tool, arguments: input });
  return { clock, registry, client, start, pid, call, close };
}
type Connected = Awaited<ReturnType<typeof connect>>;

/** The same, closed when the test ends. */
async function connectForTest(sdk: Sdk, name: Server): Promise<Connected> {
  const connected = await connect(sdk, name);
  onTestFinished(connected.close);
  return connected;
}

describe('the errors of the official servers for a model’s mistakes', () => {
  /** Each server gets all of its mistakes in one session, whose circuits must stay closed. */
  const sessions = new Map<Server, Promise<Connected>>();
  const sessionWith = (name: Server): Promise<Connected> => {
    const session = sessions.get(name) ?? connect(newestSdk1, name);
    sessions.set(name, session);
    return session;
  };
  afterAll(async () => {
    for (const session of sessions.values()) await (await session).close();
  });

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
    const { registry, call } = await sessionWith(server);
    expect(await call(tool, input)).toMatchObject({ isError: true });
    expect(registry.openCircuits()).toEqual([]);
  });

  it('differ from those for a fault, such as an unreachable host', async () => {
    const { registry, call } = await connectForTest(newestSdk1, 'everything');
    await call('gzip-file-as-resource', { name: 'x', data: 'http://127.0.0.1:9/x' });
    expect(registry.openCircuits()).toEqual(['gzip-file-as-resource']);
    expect(registry.diagnostics('gzip-file-as-resource').lastErrorCategory).toBe('network');
  });
});

describe.each(sdks.filter(({ era }) => era === 'legacy'))(
  'a guarded client of SDK $name, of a server in a process of its own',
  (sdk) => {
    it('detects that it was killed, waits, and works again once it is reconnected', async () => {
      const { clock, registry, start, pid, call } = await connectForTest(sdk, 'filesystem');
      expect(await call('read_text_file', { path: file })).toMatchObject({ content: [{ text: 'hello' }] });
      process.kill(pid, 'SIGKILL');
      await expect(call('read_text_file', { path: file })).rejects.toThrow();
      expect(registry.openCircuits()).toEqual(['filesystem']);
      expect(await call('list_directory', { path: folder })).toMatchObject({
        isError: true,
        _meta: { 'toolfuse/denial': { upstream: 'filesystem', kind: 'unreachable' } },
      });
      await start();
      clock.advance(1_000);
      expect(registry.state('filesystem')).toBe('halfOpen');
      expect(await call('read_text_file', { path: file })).toMatchObject({ content: [{ text: 'hello' }] });
      expect(registry.openCircuits()).toEqual([]);
    });

    it('detects that it hangs, by a ping that gets no answer', async () => {
      const { registry, client, pid } = await connectForTest(sdk, 'filesystem');
      process.kill(pid, 'SIGSTOP');
      const call = sdk.call(client, { name: 'list_directory', arguments: { path: folder } }, { timeout: 50 });
      await expect(call).rejects.toMatchObject({ code: sdk.timeoutCode });
      process.kill(pid, 'SIGKILL');
      expect(registry.openCircuits()).toEqual(['filesystem']);
    });
  },
);
