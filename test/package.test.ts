import { execFileSync } from 'node:child_process';
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
    ['testing.js', []],
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
