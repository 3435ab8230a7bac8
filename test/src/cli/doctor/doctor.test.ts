import { createServer as createTcpServer } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type ClientKind, clientKinds } from '../../../../src/cli/configuration/client-kinds.ts';
import { entriesOf, readTree } from '../../../../src/cli/configuration/server-entries.ts';
import { type Checked, checkServer } from '../../../../src/cli/doctor/check-server.ts';
import { OpenConnections } from '../../../../src/cli/doctor/examine.ts';
import { whyNotUrl } from '../../../../src/cli/wrap/ask-url.ts';
import { EraServer } from '../../proxy/support/era-server.ts';
import { serve } from '../../proxy/support/http-server.ts';

const kindOf = (id: string): ClientKind => clientKinds.find((kind) => kind.id === id) as ClientKind;

interface Options {
  readonly client?: string;
  readonly timeoutMs?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What the doctor finds out about servers, by their names. */
async function check(
  servers: Readonly<Record<string, object>>,
  { client = 'cursor', timeoutMs = 60_000, environment = {} }: Options = {},
): Promise<Record<string, Checked>> {
  const kind = kindOf(client);
  const entries = entriesOf(readTree(JSON.stringify({ mcpServers: servers }), 'json'), kind);
  const open = new OpenConnections();
  const checked = await Promise.all(
    entries.map((entry) =>
      checkServer(entry, {
        kind,
        timeoutMs,
        open,
        context: {
          environment: { ...process.env, ...environment },
          home: '/home/me',
          folder: process.cwd(),
          hasBareNames: client === 'gemini',
        },
      }),
    ),
  );
  return Object.fromEntries(checked.map((each) => [each.name, each]));
}

/** A server that is a program of Node.js. */
const program = (code: string, env: Readonly<Record<string, string>> = {}): object => ({
  command: process.execPath,
  args: ['-e', code],
  env,
});

const toolfuse = ['/usr/lib/toolfuse/dist/cli/index.js', 'mcp', '--name', 'x'];

describe('the doctor', () => {
  it('tells in which eras a server speaks, and how many tools it has, behind the proxy or not', async () => {
    const server = {
      legacy: new EraServer('legacy'),
      dual: new EraServer('dual'),
      modern: new EraServer('modern'),
    };
    const entry = ({ command: [command, ...args] }: EraServer): object => ({ command, args });
    const guarded = { command: process.execPath, args: [...toolfuse.slice(1), '--', ...server.dual.command] };
    const found = await check({
      legacy: entry(server.legacy),
      dual: entry(server.dual),
      modern: entry(server.modern),
      guarded: { ...guarded, args: ['node_modules/toolfuse', ...guarded.args] },
    });
    const told = Object.values(found).map(({ name, state, eras, version, isGuarded }) => [
      name,
      state,
      eras.join(' and '),
      version,
      isGuarded,
    ]);
    expect(told).toEqual([
      ['legacy', 'ok', 'legacy', '2025-11-25', false],
      ['dual', 'ok', 'legacy and modern', '2025-11-25', false],
      ['modern', 'ok', 'modern', '2026-07-28', false],
      ['guarded', 'ok', 'legacy and modern', '2025-11-25', true],
    ]);
    for (const { tools, startMs, transport } of Object.values(found)) {
      expect(tools).toBeGreaterThan(3);
      expect(startMs).toBeGreaterThan(0);
      expect(transport).toBe('stdio');
    }
    for (const each of Object.values(server)) for (const pid of each.runs) expect(isAlive(pid)).toBe(false);
  });

  it('says in words why a command does not serve', async () => {
    const found = await check({
      none: { command: 'no-such-command-of-anybody' },
      exits: program("console.error('KEY is wrong: s3cret-value'); process.exit(3)", { KEY: 's3cret-value' }),
      throws: program("throw new Error('no database')"),
      folder: { command: process.execPath, cwd: './no-such-folder' },
      file: { command: process.execPath, envFile: 'no-such-file' },
      gone: { command: process.execPath, args: [...toolfuse, '--', 'x'] },
      flag: { command: process.execPath, args: ['node_modules/toolfuse', 'mcp', '--nope', '--', 'x'] },
    });
    expect(Object.values(found).map(({ state }) => state)).toEqual(new Array(7).fill('fault'));
    const what = (name: string): string => found[name]?.what ?? '';
    expect(what('none')).toBe('there is no command "no-such-command-of-anybody"');
    expect(what('exits')).toBe(
      'it exited with code 3 before it answered initialize; its last words: KEY is wrong: ***',
    );
    expect(what('throws')).toContain('Error: no database');
    expect(what('throws')).not.toContain('    at ');
    expect(what('folder')).toMatch(/^there is no folder .*no-such-folder$/);
    expect(what('file')).toMatch(/^its envFile .*no-such-file cannot be read/);
    expect(what('gone')).toContain('/usr/lib/toolfuse/dist/cli/index.js, which is not there any more');
    expect(found.gone?.advice).toContain('toolfuse mcp wrap again');
    expect(what('flag')).toContain("'--nope'");
  });

  it('waits for silent servers only so long, and ends them', async () => {
    const life = 'setInterval(() => {}, 1000);';
    const found = await check(
      {
        silent: program(`console.error('I am', process.pid); ${life}`),
        web: program(`console.log('Listening on 3000'); ${life}`),
      },
      { timeoutMs: 3_000 },
    );
    expect(found.silent?.what).toMatch(
      /^it answered nothing to initialize within 3 s; its last words: I am \d+$/,
    );
    expect(found.web?.what).toContain('no message: "Listening on 3000"');
    const [pid] = /\d+$/.exec(found.silent?.what ?? '') ?? [];
    expect(isAlive(Number(pid))).toBe(false);
  });

  it('fills what clients fill, and says what only they know', async () => {
    const answer =
      "process.stdin.once('data', () => { console.log(JSON.stringify({ jsonrpc: '2.0', id: 0, error: {} })); console.error([...process.env.A].reverse().join('')); process.exit(4) })";
    const found = await check(
      {
        set: program(answer, { A: `\${env:OF_SHELL} \${MISSING:-other} \${userHome}` }),
        unset: program(answer, { A: `\${env:MISSING}` }),
        asked: program(answer, { A: `\${input:key}` }),
        off: { command: 'x', disabled: true },
        sse: { type: 'sse', url: 'https://a.example/sse' },
      },
      { environment: { OF_SHELL: 'mine' } },
    );
    expect(found.set?.what).toContain('em/emoh/ rehto enim');
    expect(found.unset).toMatchObject({
      state: 'unchecked',
      what: expect.stringContaining('MISSING, which is not set here'),
    });
    expect(found.asked).toMatchObject({
      state: 'unchecked',
      what: expect.stringContaining('only its client knows'),
    });
    expect(found.off).toMatchObject({ state: 'off' });
    expect(found.sse).toMatchObject({ state: 'unchecked', what: expect.stringContaining('HTTP+SSE') });
  });

  it('says what a URL answers, and what its user can do', async () => {
    await using signed = await serve((_, response) => response.writeHead(401).end('who are you'));
    await using old = await serve(({ method }, response) => {
      if (method !== 'GET') return response.writeHead(405).end();
      return response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: endpoint\n\n');
    });
    await using page = await serve((_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    );
    const found = await check(
      {
        signed: { url: `${signed.origin}/mcp` },
        old: { url: `${old.origin}/sse` },
        page: { url: `${page.origin}/` },
        refused: { url: 'http://127.0.0.1:1/mcp' },
        tls: { url: `${page.origin.replace('http:', 'https:')}/mcp` },
        guarded: {
          command: process.execPath,
          args: ['node_modules/toolfuse', 'mcp'],
          env: { TOOLFUSE_URL: `${signed.origin}/mcp` },
        },
      },
      { timeoutMs: 20_000 },
    );
    expect(Object.values(found).map(({ state, transport }) => [state, transport])).toEqual(
      new Array(6).fill(['fault', 'http']),
    );
    expect(found.signed?.advice).toContain('sign-in with OAuth');
    expect(found.guarded?.advice).toContain('sign-in with OAuth');
    expect(found.old?.advice).toContain('HTTP+SSE');
    expect(found.page?.what).toContain('text/html');
    expect(found.refused?.what).toContain('ECONNREFUSED');
    expect(found.tls?.advice).toContain('does not speak TLS');
  });
});

describe('a server with a URL, before it is wrapped', () => {
  const ask = (
    address: string,
    { headers = {}, isOffline = false }: { headers?: Record<string, string>; isOffline?: boolean } = {},
  ): Promise<string | undefined> => {
    const launch = { address, headerValues: headers, tokenVariable: undefined, isOff: false };
    return whyNotUrl(launch as never, { isOffline, open: new OpenConnections() });
  };

  it('is not asked where a key is given, or it is of this machine', async () => {
    const reads = vi.fn();
    const server = createTcpServer(reads).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    expect(await ask('https://a.invalid/mcp', { headers: { Authorization: 'x' } })).toBeUndefined();
    expect(await ask('http://localhost:1/mcp')).toBeUndefined();
    expect(reads).not.toHaveBeenCalled();
  });

  it('is left alone where it asks for a sign-in or speaks the old transport, and is not where it answers', async () => {
    const result = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      serverInfo: { name: 'x', version: '1' },
    };
    await using signed = await serve((_, response) => response.writeHead(401).end());
    await using answering = await serve((request, response) => {
      if (request.method !== 'POST') return response.writeHead(405).end();
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      return request.on('end', () => {
        const { id } = JSON.parse(body) as { id?: string };
        if (id === undefined) return response.writeHead(202).end();
        response.writeHead(200, { 'content-type': 'application/json' });
        return response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
      });
    });
    await using old = await serve(({ method }, response) => {
      if (method !== 'GET') return response.writeHead(405).end();
      return response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: endpoint\n\n');
    });
    // By this address, they are not known to be of this machine.
    const at = ({ origin }: { origin: string }): string => `${origin.replace('127.0.0.1', '0.0.0.0')}/mcp`;
    expect(await ask(at(signed))).toBe('it asks for a sign-in (HTTP 401), which is the part of the client');
    expect(await ask(at(old))).toContain('HTTP+SSE');
    expect(await ask(at(answering))).toBeUndefined();
  });

  it('is left alone where it is not known whether it wants a sign-in', async () => {
    expect(await ask('http://0.0.0.0:1/mcp')).toContain('it could not be asked');
    expect(await ask('https://a.invalid/mcp', { isOffline: true })).toContain('--offline');
    expect(await ask(`https://\${HOST}/mcp`)).toContain('only its client knows');
    expect(await ask('ftp://a.example')).toBe('its URL is none of HTTP');
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
