import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hungMs } from './support/hung.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The built package as a user gets it: packed, and unpacked next to xstate alone. */
describe('the packed package', () => {
  const project = mkdtempSync(join(tmpdir(), 'toolfuse-package-'));
  const modules = join(project, 'node_modules');
  const installed = join(modules, 'toolfuse');

  beforeAll(() => {
    mkdirSync(installed, { recursive: true });
    const [packed] = JSON.parse(
      execFileSync('npm', ['pack', '--json', '--pack-destination', project], {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    ) as [{ filename: string }];
    execFileSync('tar', ['-xzf', join(project, packed.filename), '-C', installed, '--strip-components=1']);
    symlinkSync(join(root, 'node_modules/xstate'), join(modules, 'xstate'));
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  });

  afterAll(() => rmSync(project, { recursive: true, force: true }));

  /** Runs a program in the user's project. @returns Its output. */
  const run = (code: string): string => {
    writeFileSync(join(project, 'main.js'), code);
    return execFileSync(process.execPath, ['main.js'], { cwd: project, encoding: 'utf8', timeout: hungMs });
  };

  describe('with its demo', () => {
    const start = (): ChildProcess =>
      spawn(process.execPath, [join(installed, 'dist/cli/index.js'), 'demo'], {
        cwd: project,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    const ended = async (child: ChildProcess) => {
      const [errors, [code, signal]] = await Promise.all([
        child.stderr === null ? '' : text(child.stderr),
        once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>,
      ]);
      return { errors, code, signal };
    };
    /** Resolves when a child has printed something. */
    const printed = (child: ChildProcess) => new Promise((resolve) => child.stdout?.once('data', resolve));

    it('shows a circuit trip, refuse and recover, without a terminal and a network', async () => {
      const child = start();
      const [output, end] = await Promise.all([
        child.stdout === null ? '' : text(child.stdout),
        ended(child),
      ]);
      expect(end).toEqual({ errors: '', code: 0, signal: null });
      expect(output).not.toContain('\u001b');
      expect(Math.max(...output.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
      expect(output).toMatch(
        /Without toolfuse.*failed after.*With toolfuse.*OPEN after 3.*"The call did not run\..*HALF-OPEN.*CLOSED.*calls wasted/s,
      );
    });

    it('ends without a word when nobody reads on', async () => {
      const child = start();
      await printed(child);
      child.stdout?.destroy();
      expect(await ended(child)).toEqual({ errors: '', code: 0, signal: null });
    });

    it.skipIf(process.platform === 'win32')('ends at Ctrl+C', async () => {
      const child = start();
      await printed(child);
      child.kill('SIGINT');
      expect(await ended(child)).toEqual({ errors: '', code: null, signal: 'SIGINT' });
    });

    it.each([
      [['--fast'], /^toolfuse: Unknown option '--fast'/],
      [['now'], /^toolfuse: Unexpected argument 'now'/],
    ])('refuses %s', (args, words) => {
      const command = [join(installed, 'dist/cli/index.js'), 'demo', ...args];
      const { status, stderr, stdout } = spawnSync(process.execPath, command, { encoding: 'utf8' });
      expect(stderr).toMatch(words);
      expect([status, stdout]).toEqual([2, '']);
    });
  });

  it('has a licence, a readme and a changelog, and no sources or tests', () => {
    expect(readdirSync(installed).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist',
      'package.json',
    ]);
  });

  /** What a file of the package imports that is not part of it, with all files behind it. */
  function importedBy(file: string, seen = new Set<string>()): Set<string> {
    const outside = new Set<string>();
    if (seen.has(file)) return outside;
    seen.add(file);
    const text = readFileSync(join(installed, 'dist', file), 'utf8');
    for (const [, specifier = ''] of text.matchAll(/(?:from|^import)\s*['"]([\w@./-]+)['"]/gm)) {
      if (!specifier.startsWith('./')) outside.add(specifier);
      else for (const each of importedBy(specifier.slice(2), seen)) outside.add(each);
    }
    return outside;
  }

  it.each([
    ['index.js', ['xstate']],
    ['machines.js', ['xstate']],
    ['mcp.js', ['toolfuse']],
    ['testing.js', ['toolfuse']],
    ['ai.js', ['toolfuse']],
    ['langchain.js', ['@langchain/core/messages', 'toolfuse']],
    ['tools.js', ['toolfuse']],
    ['prometheus.js', ['prom-client', 'toolfuse']],
    ['opentelemetry.js', ['@opentelemetry/api', 'toolfuse']],
  ])('imports nothing but what it says that it needs: %s', (file, needed) => {
    expect([...importedBy(file)].sort()).toEqual(needed);
  });

  it('has the dashboard and the alert rules', () => {
    const printed = run(`
      import { readFileSync } from 'node:fs';
      import { fileURLToPath } from 'node:url';
      const read = (name) => readFileSync(fileURLToPath(import.meta.resolve(name)), 'utf8');
      console.log(JSON.parse(read('toolfuse/grafana-dashboard.json')).title);
      console.log(read('toolfuse/prometheus-rules.yml').includes('alert: ToolfuseToolUnavailable'));
    `);
    expect(printed).toBe('toolfuse\ntrue\n');
  });

  it('trips a circuit, and lets the process end while it is open', () => {
    const printed = run(`
      import { createToolRegistry } from 'toolfuse';
      import { toolCircuitMachine } from 'toolfuse/machines';
      const registry = createToolRegistry({ circuit: { failureThreshold: 1 } });
      registry.recordFailure('search', new Error('read ECONNRESET'));
      console.log(registry.state('search'), registry.allowRequest('search'), toolCircuitMachine.id);
    `);
    expect(printed).toBe('open false toolCircuit\n');
  });

  it('has the classic inspector with its own XState, separate from the installed one', () => {
    const printed = run(`
      import { EventEmitter } from 'node:events';
      import { createToolRegistry } from 'toolfuse';
      import { inspectClassic } from 'toolfuse/inspect/classic';
      const registry = createToolRegistry();
      const server = Object.assign(new EventEmitter(), { clients: new Set() });
      const detach = inspectClassic(registry, { server });
      registry.recordFailure('search');
      detach();
      console.log(server.listenerCount('connection'));
    `);
    expect(printed).toBe('0\n');
  });

  it('writes a chart with its command', () => {
    const command = join(installed, 'dist/cli/index.js');
    const chart = execFileSync(process.execPath, [command, 'chart', 'registry', '--format', 'svg'], {
      cwd: project,
      encoding: 'utf8',
      timeout: hungMs,
    });
    expect(chart).toBe(readFileSync(join(root, 'docs/tool-registry.svg'), 'utf8'));
  });
});
