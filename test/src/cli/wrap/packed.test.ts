import {
  type ChildProcess,
  type ExecFileSyncOptionsWithStringEncoding,
  execFileSync,
  spawn,
  spawnSync,
} from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { hungMs } from '../../../support/hung.ts';
import { programFile } from '../../../support/program.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** The package as a user has it: packed, and installed by npm without a network. */
describe('the installed package', () => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'toolfuse-home-')));
  const bin = join(home, 'npm', 'node_modules', '.bin', 'toolfuse');
  const environment = { PATH: process.env.PATH, HOME: home };

  beforeAll(() => {
    const quiet: ExecFileSyncOptionsWithStringEncoding = {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    };
    const packages = ['.', './node_modules/xstate'].map((folder) => {
      const packed = execFileSync(
        'npm',
        ['pack', folder, '--json', '--ignore-scripts', '--pack-destination', home],
        {
          ...quiet,
          cwd: root,
        },
      );
      return join(home, (JSON.parse(packed) as [{ filename: string }])[0].filename);
    });
    mkdirSync(join(home, 'npm'));
    const flags = ['--offline', '--no-audit', '--no-fund', '--prefix', join(home, 'npm')];
    execFileSync('npm', ['install', ...flags, ...packages], quiet);
  });

  afterAll(() => rmSync(home, { recursive: true, force: true }));

  /** Runs `toolfuse mcp`. */
  const toolfuse = (args: readonly string[], cwd = home): { status: number | null; output: string } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'mcp', ...args], {
      cwd,
      env: environment,
      encoding: 'utf8',
      timeout: hungMs,
    });
    return { status, output: stdout + stderr };
  };

  it('guards ten servers, all of which start at once, and gives their file back', async () => {
    mkdirSync(join(home, '.cursor'));
    const names = Array.from({ length: 10 }, (_, index) => `files-${index}`);
    const file = join(home, '.cursor', 'mcp.json');
    const server = (name: string): object => {
      mkdirSync(join(home, name));
      return { command: process.execPath, args: [programFile('server-filesystem'), join(home, name)] };
    };
    const text = `${JSON.stringify({ mcpServers: Object.fromEntries(names.map((name) => [name, server(name)])) }, null, '\t')}\n`;
    writeFileSync(file, text);

    expect(toolfuse(['wrap', '--dry-run']).output).toContain('10 servers would be guarded');
    expect(readFileSync(file, 'utf8')).toBe(text);
    const wrapped = toolfuse(['wrap']);
    expect(wrapped.status).toBe(0);
    expect(wrapped.output).toContain(
      `Clients start toolfuse by its path: ${realpathSync(process.execPath)} ~/npm/`,
    );
    expect(wrapped.output).toContain('10 servers newly guarded.');
    expect(toolfuse(['wrap']).output).toContain('10 servers guarded already.');

    interface Entry {
      readonly command: string;
      readonly args: readonly string[];
    }
    const { mcpServers } = JSON.parse(readFileSync(file, 'utf8')) as { mcpServers: Record<string, Entry> };
    const children: ChildProcess[] = [];
    onTestFinished(() => {
      for (const child of children) child.kill();
    });
    const tools = await Promise.all(
      Object.entries(mcpServers).map(async ([name, { command, args }]) => {
        expect(args.slice(1, 4)).toEqual(['mcp', '--name', `${name}@cursor`]);
        const child = spawn(command, args, { env: environment, stdio: ['pipe', 'pipe', 'ignore'] });
        children.push(child);
        const params = {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { name: 'test', version: '1' },
        };
        for (const message of [
          { id: 1, method: 'initialize', params },
          { method: 'notifications/initialized' },
          { id: 2, method: 'tools/list' },
        ]) {
          child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
        }
        for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
          const { id, result } = JSON.parse(line) as { id?: number; result?: { tools?: unknown[] } };
          if (id !== 2) continue;
          child.stdin?.end();
          await once(child, 'close');
          return result?.tools?.length ?? 0;
        }
        return 0;
      }),
    );
    expect(tools.map((count) => count > 5)).toEqual(new Array(10).fill(true));

    const doctor = toolfuse(['doctor', '--json', '--only', 'files-3']);
    expect(JSON.parse(doctor.output)).toMatchObject([
      { client: 'Cursor', servers: [{ name: 'files-3', state: 'ok', isGuarded: true, transport: 'stdio' }] },
    ]);
    expect(toolfuse(['unwrap']).output).toContain('10 servers as before.');
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(readdirSync(join(home, '.cursor'))).toEqual(['mcp.json']);
    expect(toolfuse(['unwrap']).output.trim()).toBe('No server is behind toolfuse.');
  });

  it('leaves the file of a project alone that git shares with others, until it is named', () => {
    const project = join(home, 'project');
    mkdirSync(project);
    const file = join(project, '.mcp.json');
    const text = '{ "mcpServers": { "db": { "command": "db-server" } } }';
    writeFileSync(file, text);
    const only = ['--client', 'claude-code'];
    expect(toolfuse(['wrap', '--dry-run', ...only], project).output).toMatch(
      /--name", "db@claude-code\/project-[\da-f]{6}"/,
    );
    for (const args of [
      ['init', '-q'],
      ['add', '.mcp.json'],
    ])
      execFileSync('git', args, { cwd: project, env: environment });
    expect(toolfuse(['wrap', ...only], project).output).toContain('git shares it with others');
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(toolfuse(['doctor', ...only], project)).toMatchObject({
      status: 0,
      output: expect.stringContaining('not started, since anybody may have written'),
    });
    expect(toolfuse(['wrap', '.mcp.json'], project).output).toContain('1 server newly guarded.');
    expect(toolfuse(['unwrap', '.mcp.json'], project).status).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('takes presets and options of the proxy, also for servers that are guarded already', () => {
    const file = join(home, 'some.json');
    const text = '{ "mcpServers": { "a": { "command": "x" }, "b": { "command": "y" } } }';
    writeFileSync(file, text);
    toolfuse(['wrap', file, '--only', 'a', '--preset', 'careful', '--', '--hide-open']);
    expect(readFileSync(file, 'utf8')).toContain(
      '"--failure-threshold", "2", "--min-backoff", "30000", "--loops", "--hide-open", "--", "x"',
    );
    toolfuse(['wrap', file]);
    expect(readFileSync(file, 'utf8')).toContain('"30000", "--loops", "--hide-open", "--", "x"');
    expect(toolfuse(['wrap', file, '--preset', 'lasting']).output).toContain('2 servers newly guarded');
    const states = [...readFileSync(file, 'utf8').matchAll(/"--state", "([^"]+)"/g)].map(([, path]) => path);
    expect(new Set(states).size).toBe(2);
    expect(readFileSync(file, 'utf8')).not.toContain('--hide-open');
    toolfuse(['unwrap', file]);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});
