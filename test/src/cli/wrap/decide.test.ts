import { describe, expect, it } from 'vitest';
import { type ClientKind, clientKinds } from '../../../../src/cli/configuration/client-kinds.ts';
import type { FoundFile } from '../../../../src/cli/configuration/find-files.ts';
import { OpenConnections } from '../../../../src/cli/doctor/examine.ts';
import { type DecideOptions, decideFor } from '../../../../src/cli/wrap/decide.ts';
import { ServerNames } from '../../../../src/cli/wrap/server-names.ts';
import { type Outcome, wrapText } from '../../../../src/cli/wrap/wrap-text.ts';

const kind = clientKinds.find(({ id }) => id === 'cursor') as ClientKind;

const options = (more: Partial<DecideOptions> = {}): DecideOptions => ({
  launcher: { words: ['/n/node', '/n/toolfuse', 'mcp'], isNpx: false },
  names: new ServerNames(),
  flags: undefined,
  stateFolder: undefined,
  only: [],
  isOffline: true,
  open: new OpenConnections(),
  disk: { exists: () => false, real: (path) => path },
  asked: new Map(),
  ...more,
});

/** What becomes of servers, by their names. */
async function wrap(
  mcpServers: object | string,
  own: DecideOptions = options(),
  file: Partial<FoundFile> = {},
): Promise<{ text: string; outcomes: Record<string, Outcome> }> {
  const text = typeof mcpServers === 'string' ? mcpServers : JSON.stringify({ mcpServers });
  const configuration = { text, kind, language: 'json' as const };
  const found: FoundFile = { path: '/p/.cursor/mcp.json', kind, scope: 'user', isNamed: false, ...file };
  const changed = wrapText(configuration, await decideFor(configuration, found, own));
  return {
    text: changed.text,
    outcomes: Object.fromEntries(changed.outcomes.map((each) => [each.entry.name, each])),
  };
}

const namesIn = (text: string): string[] =>
  [...text.matchAll(/"--name", "([^"]+)"/g)].map(([, name]) => name ?? '');

describe('a server', () => {
  it('is left alone where only its client can start it', async () => {
    const { outcomes } = await wrap({
      line: { command: 'npx -y server' },
      home: { command: '~/bin/server' },
      list: { command: 'x', args: 'y' },
      empty: { command: ' ' },
      nothing: { type: 'stdio' },
      websocket: { type: 'ws', url: 'ws://a.example' },
      spaces: { command: '/opt/My Tools/run' },
    });
    const why = Object.fromEntries(
      Object.values(outcomes).map(({ entry, did, why }) => [entry.name, why ?? did]),
    );
    expect(why).toEqual({
      line: 'its command is a whole line; put each further word into args',
      home: 'its command begins with ~, which no program expands; write the whole path',
      list: 'its command or its arguments are no texts',
      empty: 'its command is empty',
      nothing: 'it has neither a command nor a URL',
      websocket: 'its type "ws" is not known',
      spaces: 'wrapped',
    });
  });

  it('is left alone where its name is there twice, or one of its fields', async () => {
    const text = '{"mcpServers":{"a":{"command":"x"},"b":{"command":"y","command":"z"},"a":{"command":"w"}}}';
    const { outcomes, text: after } = await wrap(text);
    expect(after).toBe(text);
    expect(outcomes.a?.why).toContain('two servers of this name');
    expect(outcomes.b?.why).toBe('its command or its arguments are no texts');
  });

  it('gets a name that no other has: of its client, and of its project', async () => {
    const names = new ServerNames();
    const servers = { db: { command: 'x' } };
    const of = async (file: Partial<FoundFile>): Promise<string[]> =>
      namesIn((await wrap(servers, options({ names }), file)).text);
    expect(await of({})).toEqual(['db@cursor']);
    expect(await of({})).toEqual(['db@cursor-2']);
    const [one = ''] = await of({ scope: 'project', path: '/a/shop/.cursor/mcp.json' });
    const [other = ''] = await of({ scope: 'project', path: '/b/shop/.cursor/mcp.json' });
    expect([one, other].every((name) => /^db@cursor\/shop-[\da-f]{6}$/.test(name))).toBe(true);
    expect(one).not.toBe(other);
  });

  it('that was guarded by hand gets the path instead of npx, and a name, and keeps its options', async () => {
    const args = ['-y', 'toolfuse', 'mcp', '--timeout', '1000', '--', 'npx', 'server'];
    const { text, outcomes } = await wrap({ a: { command: 'npx', args } });
    expect(outcomes.a?.did).toBe('renewed');
    expect(JSON.parse(text).mcpServers.a).toEqual({
      command: '/n/node',
      args: ['/n/toolfuse', 'mcp', '--name', 'a@cursor', '--timeout', '1000', '--', 'npx', 'server'],
    });
  });

  it('keeps the toolfuse that is installed where only npx could be written', async () => {
    const guarded = { command: '/n/node', args: ['/n/toolfuse', 'mcp', '--name', 'a', '--', 'server'] };
    const npx = { launcher: { words: ['npx', '-y', 'toolfuse@1.0.0', 'mcp'], isNpx: true } };
    const isThere = { ...npx, disk: { exists: () => true, real: (path: string) => path } };
    expect((await wrap({ a: guarded }, options(isThere))).outcomes.a?.did).toBe('already');
    expect((await wrap({ a: guarded }, options(npx))).outcomes.a?.did).toBe('renewed');
  });

  it('of a URL that was guarded by hand is left alone where it would have to be written anew', async () => {
    const guarded = { command: 'npx', args: ['-y', 'toolfuse', 'mcp', '--url', 'https://a.example/mcp'] };
    const { text, outcomes } = await wrap({ a: guarded });
    expect(outcomes.a).toMatchObject({ did: 'left', why: expect.stringContaining('it stands for a URL') });
    expect(JSON.parse(text).mcpServers.a).toEqual(guarded);
  });

  it('with a URL hands its headers on by the names of variables, but for those of the proxy itself', async () => {
    const headers = {
      Authorization: 'Bearer s3cret',
      'Content-Type': 'application/json',
      'X-A': '1',
      X_A: '2',
    };
    const { text } = await wrap({ a: { url: 'https://a.example/mcp', headers } });
    const { args, env } = JSON.parse(text).mcpServers.a;
    expect(args.join(' ')).not.toContain('s3cret');
    expect(args.filter((word: string) => word.includes('='))).toEqual([
      'Authorization=MCP_HEADER_AUTHORIZATION',
      'X-A=MCP_HEADER_X_A',
      'X_A=MCP_HEADER_X_A_2',
    ]);
    expect(env).toEqual({
      TOOLFUSE_URL: 'https://a.example/mcp',
      MCP_HEADER_AUTHORIZATION: 'Bearer s3cret',
      MCP_HEADER_CONTENT_TYPE: 'application/json',
      MCP_HEADER_X_A: '1',
      MCP_HEADER_X_A_2: '2',
    });
  });
});
