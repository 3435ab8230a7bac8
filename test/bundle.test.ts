import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { folderOf, isInstalled } from './frameworks/installed.ts';
import { hungMs } from './support/hung.ts';
import { installPackage } from './support/installed-package.ts';

const absWorkingDir = fileURLToPath(new URL('..', import.meta.url));

/** The part of webpack that is needed. */
type Webpack = (options: object) => {
  run(done: (error: Error | null, stats?: { toString(options: object): string }) => void): void;
  close(done: (error?: Error | null) => void): void;
};

/** The folders of all modules that importing a source loads: `machines`, `src/calls`. */
async function roomsBehind(source: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir,
    entryPoints: [source],
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    // The core imports it where it is asked for, and a bundler of a user can leave it out.
    external: ['toolfuse/inspect'],
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const rooms = Object.keys(metafile.inputs).map((path) => /^(src\/)?[^/.]+(?=\/)/.exec(path)?.[0] ?? path);
  return [...new Set(rooms)];
}

describe('an import', () => {
  it.each([
    { name: 'toolfuse', source: 'src/index.ts', others: ['src/cli', 'src/proxy', 'src/mcp', 'src/inspect'] },
    { name: 'toolfuse/mcp', source: 'src/mcp/index.ts', others: ['src/cli', 'src/proxy', 'src/inspect'] },
    {
      name: 'toolfuse/tools',
      source: 'src/tools/index.ts',
      others: ['src/cli', 'src/proxy', 'src/inspect', 'src/ai'],
    },
    { name: 'toolfuse/ai', source: 'src/ai/index.ts', others: ['src/cli', 'src/proxy', 'src/inspect'] },
    {
      name: 'toolfuse/claude-agent',
      source: 'src/claude-agent/index.ts',
      others: ['src/cli', 'src/proxy', 'src/inspect', 'src/ai', 'src/langchain'],
    },
    {
      name: 'toolfuse/openai-agents',
      source: 'src/openai-agents/index.ts',
      others: ['src/cli', 'src/proxy', 'src/inspect', 'src/ai', 'src/langchain'],
    },
    {
      name: 'toolfuse/langchain',
      source: 'src/langchain/index.ts',
      others: ['src/cli', 'src/proxy', 'src/inspect', 'src/ai'],
    },
    { name: 'toolfuse/inspect', source: 'src/inspect/index.ts', others: ['src/cli', 'src/proxy', 'src/mcp'] },
  ])('of $name loads its own room, and none to the left of it', async ({ source, others }) => {
    const rooms = await roomsBehind(source);
    expect(rooms).toContain(source.replace(/\/index\.ts$/, '').replace(/^src$/, 'src/registry'));
    expect(rooms.filter((room) => others.includes(room))).toEqual([]);
  });

  it('of toolfuse/machines loads nothing but the machines', async () => {
    expect(await roomsBehind('machines/index.ts')).toEqual(['machines']);
  });
});

describe('the entry points of the built package', () => {
  it('share what they need: no source of the library is in two of its files', () => {
    const dist = join(absWorkingDir, 'dist');
    const filesOf = new Map<string, Set<string>>();
    for (const file of readdirSync(dist).filter((name) => name.endsWith('.js'))) {
      // The bundler names each source above its code.
      for (const [, source = ''] of readFileSync(join(dist, file), 'utf8').matchAll(
        /^\/\/ ((?:src|machines)\/\S+)$/gm,
      )) {
        filesOf.set(source, (filesOf.get(source) ?? new Set()).add(file));
      }
    }
    expect(filesOf.size).toBeGreaterThan(150);
    expect([...filesOf].filter(([, files]) => files.size > 1)).toEqual([]);
  });
});

describe('the proxy', () => {
  it('loads no reader of configuration files, which only wrap and doctor need', async () => {
    const { metafile } = await build({
      absWorkingDir,
      entryPoints: ['src/cli/mcp.ts', 'src/cli/serve-mcp.ts'],
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      outdir: 'out',
      external: ['toolfuse', 'toolfuse/*'],
      tsconfigRaw: {},
      metafile: true,
      write: false,
      logLevel: 'silent',
    });
    const readers = /node_modules\/(?:jsonc-parser|toml-eslint-parser|yaml)\//;
    const loaded = new Set<string>();
    const load = (output: string): void => {
      if (loaded.has(output)) return;
      loaded.add(output);
      for (const { path, kind } of metafile.outputs[output]?.imports ?? []) {
        if (kind === 'import-statement') load(path);
      }
    };
    load('out/mcp.js');
    load('out/serve-mcp.js');
    const inputsOf = (outputs: Iterable<string>): string[] =>
      [...outputs].flatMap((output) => Object.keys(metafile.outputs[output]?.inputs ?? {}));
    expect(inputsOf(loaded)).toContain('src/proxy/mcp-proxy.ts');
    expect(inputsOf(loaded).filter((input) => readers.test(input))).toEqual([]);
    expect(inputsOf(Object.keys(metafile.outputs)).some((input) => readers.test(input))).toBe(true);
  });
});

describe('the core, bundled for a browser', () => {
  it('trips and refuses where nothing of Node.js is there', async () => {
    const { outputFiles, warnings } = await build({
      stdin: {
        contents: `
          import { createToolRegistry } from './dist/index.js';
          const registry = createToolRegistry({ circuit: { failureThreshold: 1 } });
          registry.recordFailure('search', new TypeError('Failed to fetch'));
          const { retryAfterMs, lastErrorCategory } = registry.tryAcquire('search');
          registry.stop();
          told = [retryAfterMs > 0, lastErrorCategory];
        `,
        resolveDir: absWorkingDir,
      },
      bundle: true,
      format: 'iife',
      platform: 'browser',
      external: ['toolfuse/inspect'],
      tsconfigRaw: {},
      write: false,
      logLevel: 'silent',
    });
    const browser = { told: [], performance, setTimeout, clearTimeout, AbortController, AbortSignal };
    runInNewContext(outputFiles[0]?.text ?? '', browser);
    expect(warnings).toEqual([]);
    expect([...browser.told]).toEqual([true, 'network']);
  });
});

describe('the page of the inspector, where there is no Node.js', () => {
  it.each(['browser', 'edge-light', 'workerd', 'worker'])(
    'is left out under the condition %s',
    async (condition) => {
      const { outputFiles } = await build({
        stdin: {
          contents: "export { inspect } from 'toolfuse/inspect';",
          resolveDir: fileURLToPath(new URL('..', import.meta.url)),
        },
        conditions: [condition],
        platform: 'neutral',
        bundle: true,
        external: ['xstate'],
        tsconfigRaw: {},
        write: false,
        logLevel: 'silent',
      });
      const text = outputFiles[0]?.text ?? '';
      expect(text).toContain('the inspector is served by Node.js');
      expect(text).not.toMatch(/(?:from|import|require)\s*\(?\s*["']node:/);
    },
  );
});

describe('the page of the inspector, bundled into one file', () => {
  const programOf = (served: string) => `
    import { createToolRegistry } from 'toolfuse';
    import { serveInspector } from 'toolfuse/inspect';
    const registry = createToolRegistry();
    ${served}
    const told = [];
    for (const file of ['', 'page.js', 'page.css', 'icon.svg']) {
      const answer = await fetch(new URL(file, inspector.url));
      told.push(answer.status, (await answer.text()).length > 100);
    }
    console.log(JSON.stringify(told));
    await inspector.close();
    registry.stop();
  `;
  const program = programOf('const inspector = await serveInspector(); inspector.attach(registry);');

  /** What a bundle prints, run away from the package, so that no file of it can be found. */
  const outputOf = (bundle: string): unknown =>
    JSON.parse(
      execFileSync(process.execPath, [bundle], { cwd: dirname(bundle), encoding: 'utf8', timeout: hungMs }),
    );

  it.each([
    ['as a module', 'esm', 'mjs', (code: string) => code],
    [
      'as CommonJS',
      'cjs',
      'cjs',
      (code: string) => code.replace(/(const registry[\s\S]*)/, (body) => `(async () => {${body}})();`),
    ],
  ] as const)('is served all the same: %s', async (_, format, ending, wrapped) => {
    const folder = mkdtempSync(join(tmpdir(), 'toolfuse-bundled-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const outfile = join(folder, `app.${ending}`);
    await build({
      stdin: { contents: wrapped(program), resolveDir: fileURLToPath(new URL('..', import.meta.url)) },
      bundle: true,
      format,
      platform: 'node',
      tsconfigRaw: {},
      outfile,
      logLevel: 'silent',
    });
    expect(outputOf(outfile)).toEqual([200, true, 200, true, 200, true, 200, true]);
  });

  it.skipIf(!isInstalled('webpack'))(
    'is served all the same: by webpack, with the parts that it loads later',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'toolfuse-webpack-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      installPackage(folder);
      writeFileSync(join(folder, 'app.mjs'), programOf('const inspector = await registry.inspect();'));
      const webpack = createRequire(join(folderOf('webpack'), 'package.json'))('webpack') as Webpack;
      const compiler = webpack({
        mode: 'production',
        // Twice as fast, and what is asked here is what is in the bundle.
        optimization: { minimize: false },
        target: 'node20',
        context: folder,
        entry: './app.mjs',
        output: { path: join(folder, 'out'), filename: 'app.cjs' },
      });
      const told = await new Promise<string>((resolve, reject) => {
        compiler.run((error, stats) => {
          if (error !== null) reject(error);
          else resolve(stats?.toString({ all: false, errors: true, warnings: true }) ?? 'no result');
        });
      });
      await new Promise((resolve) => compiler.close(resolve));
      expect(told).toBe('');
      const away = mkdtempSync(join(tmpdir(), 'toolfuse-bundled-'));
      onTestFinished(() => rmSync(away, { recursive: true, force: true }));
      cpSync(join(folder, 'out'), away, { recursive: true });
      expect(outputOf(join(away, 'app.cjs'))).toEqual([200, true, 200, true, 200, true, 200, true]);
    },
  );
});
