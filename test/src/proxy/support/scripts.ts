import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Exploration, explore, initialize } from './explore.ts';
import type { CommandLine, RawClient, RawMessage } from './raw-client.ts';

/** A session with one of the official servers that uses everything the server has. */
export interface Script {
  readonly server: string;
  readonly command: CommandLine;
  readonly env?: Record<string, string>;
  /** Restores the files that each run begins with. Scripts without it can run in parallel. */
  readonly prepare?: () => void;
  readonly answer?: () => (request: RawMessage) => Record<string, unknown> | undefined;
  readonly run: (client: RawClient) => Promise<void>;
}

const require = createRequire(import.meta.url);
const programOf = (name: string): string =>
  require.resolve(`@modelcontextprotocol/server-${name}/dist/index.js`);

const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** The filesystem server, on a folder that is made anew for each run. */
export function filesystemScript(folder: string): Script {
  const at = (name: string): string => join(folder, name);
  const tools: Exploration['tools'] = {
    read_file: [{ path: at('a.txt') }, { path: at('a.txt'), head: 1 }, { path: at('none.txt') }],
    read_text_file: [{ path: at('a.txt'), tail: 1 }, { path: '/etc/passwd' }, { path: folder }, {}],
    read_media_file: [{ path: at('pixel.png') }, { path: at('none.png') }],
    read_multiple_files: [{ paths: [at('a.txt'), at('none.txt'), at('sub/ünï.txt')] }],
    write_file: [{ path: at('new.txt'), content: 'line 1\r\nline 2\n\u2028"\\' }],
    edit_file: [
      { path: at('a.txt'), edits: [{ oldText: 'two', newText: 'zwei' }], dryRun: true },
      { path: at('a.txt'), edits: [{ oldText: 'two', newText: 'zwei' }] },
      { path: at('a.txt'), edits: [{ oldText: 'nine', newText: 'neun' }] },
    ],
    create_directory: [{ path: at('deep/er') }, { path: at('a.txt') }],
    list_directory: [{ path: folder }, { path: at('a.txt') }],
    list_directory_with_sizes: [{ path: folder }, { path: folder, sortBy: 'size' }],
    directory_tree: [{ path: folder }, { path: folder, excludePatterns: ['sub'] }],
    move_file: [{ source: at('new.txt'), destination: at('deep/er/moved.txt') }],
    search_files: [{ path: folder, pattern: '**/*.txt' }],
    get_file_info: [{ path: at('a.txt') }, { path: at('none.txt') }],
    list_allowed_directories: [{}],
  };
  return {
    server: 'server-filesystem',
    command: [process.execPath, programOf('filesystem'), folder],
    prepare() {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(at('sub'), { recursive: true });
      writeFileSync(at('a.txt'), 'one\ntwo\nthree\n');
      writeFileSync(at('sub/ünï.txt'), 'ü\u2028🦊'.repeat(5_000));
      writeFileSync(at('pixel.png'), Buffer.from(pixel, 'base64'));
    },
    answer: () => (request) =>
      request.method === 'roots/list' ? { roots: [{ uri: `file://${folder}`, name: 'all' }] } : undefined,
    async run(client) {
      await initialize(client);
      // It asks which folders it may use as soon as it is initialised.
      await client.waitFor('a request for the roots', ({ method }) => method === 'roots/list');
      await explore(client, { tools });
      const from = client.messages.length;
      client.notify('notifications/roots/list_changed');
      await client.waitFor('another one', ({ method }) => method === 'roots/list', from);
      await client.request('tools/call', { name: 'list_allowed_directories', arguments: {} });
    },
  };
}

/** The memory server, on a file that is made anew for each run. */
export function memoryScript(file: string): Script {
  const jane = { name: 'Jane Doe', entityType: 'person', observations: ['speaks "ü" \u2028'] };
  const acme = { name: 'ACME', entityType: 'firm', observations: [] };
  const works = { from: 'Jane Doe', to: 'ACME', relationType: 'works at' };
  return {
    server: 'server-memory',
    command: [process.execPath, programOf('memory')],
    env: { MEMORY_FILE_PATH: file },
    prepare: () => rmSync(file, { force: true }),
    async run(client) {
      await initialize(client);
      await explore(client, {
        tools: {
          create_entities: [{ entities: [jane, acme] }, { entities: [jane] }, { entities: 'x' }],
          create_relations: [{ relations: [works] }],
          add_observations: [
            { observations: [{ entityName: 'ACME', contents: ['old'] }] },
            { observations: [{ entityName: 'nobody', contents: ['x'] }] },
          ],
          read_graph: [{}],
          search_nodes: [{ query: 'ACME' }, { query: 'nothing' }],
          open_nodes: [{ names: ['ACME', 'nobody'] }],
          delete_observations: [{ deletions: [{ entityName: 'ACME', observations: ['old'] }] }],
          delete_relations: [{ relations: [works] }],
          delete_entities: [{ entityNames: ['Jane Doe', 'ACME'] }],
        },
      });
    },
  };
}

/** What a client answers to `server-everything`: something else each time it asks for an input. */
function answerEverything(): (request: RawMessage) => Record<string, unknown> | undefined {
  const actions = ['accept', 'decline', 'cancel'];
  const elicited = (): Record<string, unknown> => {
    const action = actions.shift() ?? 'accept';
    return action === 'accept'
      ? { action, content: { name: 'Jane', check: true, interpretation: 'snake' } }
      : { action };
  };
  const sampled = {
    role: 'assistant',
    model: 'none',
    content: { type: 'text', text: 'a sample' },
    stopReason: 'endTurn',
  };
  const results = new Map<unknown, Record<string, unknown>>();
  const task = (taskId: string, status: string): Record<string, unknown> => ({
    taskId,
    status,
    ttl: 60_000,
    createdAt: '2026-01-01T00:00:00Z',
    lastUpdatedAt: '2026-01-01T00:00:00Z',
    pollInterval: 100,
  });
  /** A request for a task becomes a task of the client. */
  const asTaskOr = (
    params: RawMessage['params'],
    result: Record<string, unknown>,
  ): Record<string, unknown> => {
    if (params?.task === undefined) return result;
    const taskId = `client-task-${results.size}`;
    results.set(taskId, result);
    return { task: task(taskId, 'working') };
  };
  return ({ method, params }) => {
    switch (method) {
      case 'roots/list':
        return { roots: [{ uri: 'file:///one', name: 'one' }, { uri: 'file:///two' }] };
      case 'sampling/createMessage':
        return asTaskOr(params, sampled);
      case 'elicitation/create':
        return asTaskOr(params, elicited());
      case 'tasks/get':
        return task(String(params?.taskId), 'completed');
      case 'tasks/result':
        return results.get(params?.taskId);
      default:
        return undefined;
    }
  };
}

const isLog = ({ method }: RawMessage): boolean => method === 'notifications/message';

/** `server-everything`, which has a bit of everything. */
export function everythingScript(): Script {
  const call = (client: RawClient, name: string, args = {}, more = {}): Promise<RawMessage> =>
    client.request('tools/call', { name, arguments: args, ...more });
  return {
    server: 'server-everything',
    command: [process.execPath, programOf('everything'), 'stdio'],
    env: { SECRET: 'ünï "code"' },
    answer: answerEverything,
    async run(client) {
      await initialize(client);
      await client.waitFor('a request for the roots', ({ method }) => method === 'roots/list');
      await client.waitFor('that they were taken', isLog);
      await explore(client, {
        tools: {
          echo: [{ message: 'ü \u2028 \u0000 🦊 \\u0041' }],
          'get-annotated-message': [{ messageType: 'error', includeImage: true }, { messageType: 'success' }],
          'get-env': [{}],
          'get-resource-links': [{ count: 3 }],
          'get-resource-reference': [
            { resourceType: 'Text', resourceId: 1 },
            { resourceType: 'Blob', resourceId: 2 },
            { resourceType: 'Text', resourceId: -4 },
          ],
          'get-structured-content': [{ location: 'Chicago' }, { location: 'Nowhere' }],
          'get-sum': [{ a: 1, b: 0.1 }, { a: 'x' }],
          'get-tiny-image': [{}],
          'get-roots-list': [{}],
          'gzip-file-as-resource': [
            { name: 'a.gz', data: 'data:text/plain,hello' },
            { name: 'b.gz', data: 'data:text/plain,hello', outputType: 'resource' },
            { name: 'c.gz', data: 'ftp://nowhere' },
          ],
          'trigger-sampling-request': [{ prompt: 'hello', maxTokens: 5 }],
          'trigger-sampling-request-async': [{ prompt: 'hello' }],
          'trigger-elicitation-request': [{}, {}, {}],
          'trigger-elicitation-request-async': [{}],
          'trigger-url-elicitation': [
            { url: 'https://example.org/', elicitationId: 'e1' },
            { url: 'https://example.org/', elicitationId: 'e2', errorPath: true },
          ],
          'trigger-long-running-operation': [{ duration: 0.1, steps: 2 }],
          'toggle-simulated-logging': [{}, {}],
          'toggle-subscriber-updates': [],
        },
        elsewhere: ['simulate-research-query'],
        templates: {
          'Dynamic Text Resource': ['demo://resource/dynamic/text/1', 'demo://resource/dynamic/text/x'],
          'Dynamic Blob Resource': ['demo://resource/dynamic/blob/2'],
        },
        prompts: {
          'simple-prompt': [{}],
          'args-prompt': [{ city: 'Köln' }, { city: 'Austin', state: 'Texas' }, {}],
          'completable-prompt': [{ department: 'Sales', name: 'Eve' }],
          'resource-prompt': [
            { resourceType: 'Text', resourceId: '3' },
            { resourceType: 'Blob', resourceId: '0' },
          ],
        },
      });
      await complete(client);
      await subscribe(client);
      await progress(client);
      await cancel(client);
      await research(client);
      const from = client.messages.length;
      client.notify('notifications/roots/list_changed');
      await client.waitFor('that the new roots were taken', isLog, from);
    },
  };

  async function complete(client: RawClient): Promise<void> {
    const ref = { type: 'ref/prompt', name: 'completable-prompt' };
    await client.request('completion/complete', { ref, argument: { name: 'department', value: 'S' } });
    const context = { arguments: { department: 'Sales' } };
    await client.request('completion/complete', { ref, argument: { name: 'name', value: '' }, context });
    for (const [name, value] of [
      ['resourceType', ''],
      ['resourceId', '12'],
      ['nothing', 'x'],
    ]) {
      const resource = { type: 'ref/prompt', name: 'resource-prompt' };
      await client.request('completion/complete', { ref: resource, argument: { name, value } });
    }
    const template = { type: 'ref/resource', uri: 'demo://resource/dynamic/text/{resourceId}' };
    await client.request('completion/complete', {
      ref: template,
      argument: { name: 'resourceId', value: '7' },
    });
    await client.request('completion/complete', { ref: { type: 'ref/prompt', name: 'none' }, argument: {} });
  }

  async function subscribe(client: RawClient): Promise<void> {
    const uri = 'demo://resource/dynamic/text/1';
    await client.request('resources/subscribe', { uri });
    const from = client.messages.length;
    await call(client, 'toggle-subscriber-updates');
    await client.waitFor('an update', ({ method }) => method === 'notifications/resources/updated', from);
    await call(client, 'toggle-subscriber-updates');
    await client.request('resources/unsubscribe', { uri });
  }

  async function progress(client: RawClient): Promise<void> {
    for (const progressToken of ['a "token"', 7]) {
      await call(
        client,
        'trigger-long-running-operation',
        { duration: 0.2, steps: 4 },
        { _meta: { progressToken } },
      );
    }
  }

  async function cancel(client: RawClient): Promise<void> {
    const requestId = client.nextId();
    const params = { name: 'trigger-long-running-operation', arguments: { duration: 0.3, steps: 1 } };
    client.write({ id: requestId, method: 'tools/call', params });
    client.notify('notifications/cancelled', { requestId, reason: 'enough' });
    // A server does not answer a cancelled request, not even after the time that it would have taken.
    await call(client, 'trigger-long-running-operation', { duration: 0.5, steps: 1 });
  }

  async function research(client: RawClient): Promise<void> {
    const name = 'simulate-research-query';
    await call(client, name, { topic: 'python' });
    const { result } = await call(
      client,
      name,
      { topic: 'python', ambiguous: true },
      { task: { ttl: 60_000 } },
    );
    const { taskId } = (result?.task ?? {}) as { taskId: string };
    await client.request('tasks/get', { taskId });
    await client.request('tasks/list', {});
    await client.request('tasks/get', { taskId: 'no-such-task' });
    // On the way it asks which python, and then there is a result.
    await client.request('tasks/result', { taskId });
    const second = await call(client, name, { topic: 'tea' }, { task: {} });
    const task = (second.result?.task ?? {}) as { taskId: string };
    await client.request('tasks/cancel', { taskId: task.taskId });
    await client.request('ping');
  }
}
