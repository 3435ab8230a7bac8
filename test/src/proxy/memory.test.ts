import { readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { proxy } from './support/connections.ts';
import { EraServer } from './support/era-server.ts';
import { Listening } from './support/listening.ts';
import { envelope } from './support/modern.ts';
import { freePort } from './support/network.ts';
import { RawClient, type RawMessage } from './support/raw-client.ts';

type Era = 'legacy' | 'modern';
type Params = Record<string, unknown>;

const initialize = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'tester', version: '1' },
};

/** One client, however it is connected. */
interface Asking {
  /** Begins its session. @returns the answer. */
  begin(): Promise<RawMessage>;
  ask(method: string, params?: Params): Promise<RawMessage>;
  /** The notifications that it has got. */
  heard(): string[];
  end(): Promise<unknown>;
}

/** The proxy of a client on standard input and output. */
function overStdio(era: Era, args: readonly string[], env: Record<string, string>): Asking {
  const client = new RawClient(proxy('--log', 'json', ...args), { env });
  const ask = (method: string, params: Params = {}): Promise<RawMessage> =>
    client.request(method, era === 'modern' ? { ...params, _meta: envelope } : params);
  return {
    ask,
    async begin() {
      if (era === 'modern') {
        const answer = await ask('server/discover');
        client.write({
          id: 'listen',
          method: 'subscriptions/listen',
          params: { notifications: { toolsListChanged: true }, _meta: envelope },
        });
        return answer;
      }
      const answer = await client.request('initialize', initialize);
      client.notify('notifications/initialized');
      return answer;
    },
    heard: () => client.messages.flatMap(({ method }) => (method?.endsWith('list_changed') ? [method] : [])),
    end: () => client.endInput(),
  };
}

/** A client over HTTP, of a proxy that listens. */
async function overHttp(era: Era, args: readonly string[], env: Record<string, string>): Promise<Asking> {
  const front = await Listening.start(
    proxy('--log', 'json', '--listen', '127.0.0.1:0', ...args),
    (stderr) => /"url":"(http[^"]+)/.exec(stderr)?.[1],
    env,
  );
  let session: string | undefined;
  const post = async (message: Params): Promise<RawMessage> => {
    const { method, params } = message as { method: string; params: Params };
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(session !== undefined && { 'mcp-session-id': session }),
      ...(era === 'modern' && {
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': method,
        ...(typeof params.name === 'string' && { 'mcp-name': params.name }),
      }),
    };
    const response = await fetch(front.url, { method: 'POST', headers, body: JSON.stringify(message) });
    session = response.headers.get('mcp-session-id') ?? session;
    const text = await response.text();
    const data = text.startsWith('{') ? text : /^data: (\{.*)$/m.exec(text)?.[1];
    return data === undefined ? {} : JSON.parse(data);
  };
  const ask = (method: string, params: Params = {}): Promise<RawMessage> =>
    post({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: era === 'modern' ? { ...params, _meta: envelope } : params,
    });
  return {
    ask,
    async begin() {
      if (era === 'modern') return ask('server/discover');
      const answer = await ask('initialize', initialize);
      await post({ jsonrpc: '2.0', method: 'notifications/initialized' });
      return answer;
    },
    heard: () => [],
    end: async () => front[Symbol.asyncDispose](),
  };
}

interface Way {
  readonly name: string;
  readonly client: (
    era: Era,
    args: readonly string[],
    env: Record<string, string>,
  ) => Asking | Promise<Asking>;
  readonly isUrl: boolean;
}

const ways: readonly Way[] = [
  { name: 'a command', client: overStdio, isUrl: false },
  { name: 'a URL', client: overStdio, isUrl: true },
  { name: 'a command, for clients over HTTP', client: overHttp, isUrl: false },
];
const cases = ways.flatMap((way) => (['legacy', 'modern'] as const).map((era) => ({ ...way, era })));

const isRemembered = ({ result }: RawMessage): boolean =>
  (result?._meta as Params | undefined)?.['toolfuse/memory'] !== undefined;
const namesIn = ({ result: { tools } = {} }: RawMessage): string[] =>
  (tools as { name: string }[]).map(({ name }) => name);

/** Why a call was refused, by the data in its answer. */
const refusalIn = ({ result }: RawMessage): Params | undefined => {
  const { 'toolfuse/denial': denial, 'toolfuse/failure': failure } = (result?._meta ?? {}) as Params;
  return (denial ?? failure) as Params | undefined;
};

/** A server that can be put out of order, and mended, and the proxies before it. */
class Rig {
  readonly server = new EraServer('dual');
  readonly #way: Way;
  readonly #era: Era;
  readonly #port: number;

  private constructor(way: Way, era: Era, port: number) {
    this.#way = way;
    this.#era = era;
    this.#port = port;
  }

  static async make(way: Way, era: Era): Promise<Rig> {
    return new Rig(way, era, way.isUrl ? await freePort() : 0);
  }

  get folder(): string {
    return join(this.server.folder, 'state.json.memory');
  }

  async mend(tools: readonly string[] = []): Promise<void> {
    this.server.plan({ tools });
    if (this.#way.isUrl) await this.server.listen(this.#port);
  }

  async breakDown(): Promise<void> {
    this.server.plan({ exitAtStart: true });
    await this.server.stopListening();
  }

  async client(): Promise<Asking> {
    const { folder, command } = this.server;
    const at = this.#way.isUrl ? ['--url', `http://127.0.0.1:${this.#port}/mcp`] : ['--', ...command];
    const backoffs = ['--min-backoff', '200', '--max-backoff', '400'];
    // A machine that is busy for seconds must not have a server that is there answered for.
    const args = ['--state', join(folder, 'state.json'), '--memory-after', '100000', ...backoffs, ...at];
    return this.#way.client(this.#era, args, { XDG_RUNTIME_DIR: folder, API_TOKEN: 'tok-3n-12345678' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

describe.each(cases)('$name, with a $era client', ({ era, ...way }) => {
  it('is told from memory while it is not there, serves the first call when it is, and tells of lists that changed', async () => {
    await using rig = await Rig.make(way, era);
    await rig.mend();
    const good = await rig.client();
    expect(isRemembered(await good.begin())).toBe(false);
    const real = namesIn(await good.ask('tools/list'));
    await good.end();

    const [file = ''] = readdirSync(rig.folder);
    const text = readFileSync(join(rig.folder, file), 'utf8');
    expect(text).toContain('echo');
    for (const secret of ['tok-3n-12345678', rig.server.folder]) expect(text).not.toContain(secret);

    await rig.breakDown();
    const client = await rig.client();
    const begun = await client.begin();
    expect(isRemembered(begun)).toBe(true);
    expect(begun.result).toMatchObject({ capabilities: { tools: { listChanged: true } } });
    const list = await client.ask('tools/list');
    expect([isRemembered(list), namesIn(list)]).toEqual([true, real]);
    const call = { name: 'echo', arguments: { words: 'hello' } };
    const refused = await client.ask('tools/call', call);
    expect(refusalIn(refused)).toMatchObject({ executed: false, retryAfterSeconds: expect.any(Number) });

    await rig.mend(['grown']);
    await waitFor(async () => {
      const { result } = await client.ask('tools/call', call);
      expect(result).toMatchObject({ content: [{ text: 'hello' }] });
    });
    if (way.client === overStdio)
      await waitFor(() => expect(client.heard()).toEqual(['notifications/tools/list_changed']));
    const now = await client.ask('tools/list');
    expect([isRemembered(now), namesIn(now)]).toEqual([false, [...real, 'grown']]);
    await client.end();
  });
});

describe('a list that is what the client was told', () => {
  it('is not announced', async () => {
    await using rig = await Rig.make({ name: 'a command', client: overStdio, isUrl: false }, 'legacy');
    await rig.mend();
    const good = await rig.client();
    await good.begin();
    await good.ask('tools/list');
    await good.end();
    await rig.breakDown();
    const client = await rig.client();
    await client.begin();
    expect(isRemembered(await client.ask('tools/list'))).toBe(true);
    await rig.mend();
    await waitFor(async () => {
      const { result } = await client.ask('tools/call', { name: 'echo', arguments: { words: 'hello' } });
      expect(result).toMatchObject({ content: [{ text: 'hello' }] });
    });
    // The proxy asks for the list before it passes on what comes after it.
    expect(isRemembered(await client.ask('tools/list'))).toBe(false);
    expect(client.heard()).toEqual([]);
    await client.end();
  });
});

describe('a memory that cannot be used', () => {
  it('never stops the proxy, and is written anew', async () => {
    await using rig = await Rig.make({ name: 'a command', client: overStdio, isUrl: false }, 'legacy');
    await rig.mend();
    const first = await rig.client();
    await first.begin();
    await first.end();
    const [file = ''] = readdirSync(rig.folder);
    truncateSync(join(rig.folder, file), 2 ** 33);
    const second = await rig.client();
    expect(isRemembered(await second.begin())).toBe(false);
    await second.end();
    expect(readFileSync(join(rig.folder, file), 'utf8')).toContain('toolfuse-memory');
  });
});
