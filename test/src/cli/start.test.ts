import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../../dist/cli/index.js', import.meta.url));
const probe = fileURLToPath(new URL('fixtures/loaded.cjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'toolfuse-start-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What costs a start tens of milliseconds, and is needed for URLs, workers, pages and operators alone. */
const heavy = [
  'http',
  'https',
  'http2',
  'tls',
  'zlib',
  'readline',
  'worker_threads',
  'internal/deps/undici/undici',
  'internal/modules/esm/translators',
];

interface Loaded {
  /** Of the package, or else of anywhere. */
  readonly files: readonly string[];
  readonly builtins: readonly string[];
}

/** Runs the built command with an input. @returns what was loaded when it answered, or else at its end. */
function loadedBy(args: readonly string[], input: object): Loaded {
  const file = join(folder, 'loaded.json');
  rmSync(file, { force: true });
  const { status, stderr } = spawnSync(process.execPath, ['--require', probe, program, ...args], {
    input: `${JSON.stringify(input)}\n`,
    env: { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: folder, LOADED_FILE: file },
  });
  expect(status, String(stderr)).toBe(0);
  const { files, builtins } = JSON.parse(readFileSync(file, 'utf8')) as Loaded;
  const ours = files.map((path) => relative(join(program, '..'), path));
  return { files: ours, builtins: builtins.filter((name) => heavy.includes(name)) };
}

const server = `require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id } = JSON.parse(line);
  const serverInfo = { name: 'x', version: '1' };
  const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo };
  console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
});`;
const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

describe('until its first answer, the command loads', () => {
  it.each([
    ['no option', []],
    ['a state and a memory', ['--state', join(folder, 'state.json')]],
  ])('five files for a proxy with %s, and nothing heavy of Node.js', (_what, options) => {
    const loaded = loadedBy(['mcp', ...options, '--', process.execPath, '-e', server], initialize);
    expect(loaded).toEqual({
      files: ['index.js', 'command.js', 'options.js', 'proxy.js', 'library.js'],
      builtins: [],
    });
  });

  it('two files for a hook before the call of a healthy tool, and not the library', () => {
    const event = { hook_event_name: 'PreToolUse', tool_name: 'mcp__srv__search', tool_use_id: '1' };
    const loaded = loadedBy(['hook', '--state', join(folder, 'hook.json')], event);
    expect(loaded).toEqual({ files: ['index.js', 'command.js'], builtins: [] });
  });
});
