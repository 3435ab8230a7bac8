/**
 * Checks the types of the whole project, with its type tests, and writes the declarations of the package to `dist`. Both come
 * from one program, because reading and checking it takes the compiler far longer than the rest.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/** What is bundled together: entries of the first kind share what they declare. */
const bundles: Readonly<Record<string, string>>[] = [
  {
    index: 'src/index.ts',
    ai: 'src/ai/index.ts',
    'claude-agent': 'src/claude-agent/index.ts',
    langchain: 'src/langchain/index.ts',
    fleet: 'src/fleet/index.ts',
    'openai-agents': 'src/openai-agents/index.ts',
    machines: 'machines/index.ts',
    mcp: 'src/mcp/index.ts',
    opentelemetry: 'src/opentelemetry/index.ts',
    prometheus: 'src/prometheus/index.ts',
    testing: 'src/testing/index.ts',
    tools: 'src/tools/index.ts',
    'inspect/index': 'src/inspect/index.ts',
  },
  // It stands alone, with an XState of its own.
  { 'inspect/classic/index': 'src/inspect/classic/index.ts' },
];

function readProject(): ts.Program {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const emitting = { ...options, noEmit: false, declaration: true, emitDeclarationOnly: true, rootDir: root };
  return ts.createProgram(fileNames, emitting);
}

/** Writes the declarations of each source of the package into a folder. What users get is bundled from them. */
function emitDeclarations(program: ts.Program, folder: string): readonly ts.Diagnostic[] {
  const isPublished = ({ fileName }: ts.SourceFile): boolean =>
    /^(?:src|machines)\//.test(relative(root, fileName)) && !/\/page\//.test(fileName);
  return program
    .getSourceFiles()
    .filter(isPublished)
    .flatMap((file) => {
      const { diagnostics } = program.emit(
        file,
        (path, text) => {
          const target = join(folder, relative(root, path));
          mkdirSync(dirname(target), { recursive: true });
          writeFileSync(target, text.replaceAll(/(['"]\.[^'"\n]*)\.ts(['"])/g, '$1.js$2'));
        },
        undefined,
        true,
      );
      return diagnostics;
    });
}

async function bundle(sources: Readonly<Record<string, string>>, folder: string): Promise<void> {
  const declarations = Object.entries(sources).map(([name, source]) => [
    name,
    join(folder, source.replace(/\.ts$/, '.d.ts')),
  ]);
  await build({
    config: false,
    silent: true,
    format: 'esm',
    entry: Object.fromEntries(declarations),
    outDir: dist,
    external: [/^toolfuse/, /^@langchain/],
    // For `Symbol.dispose`, whatever the library that users compile with.
    dts: { only: true, banner: '/// <reference lib="esnext.disposable" />' },
  });
}

function removeOldDeclarations(): void {
  if (!existsSync(dist)) return;
  for (const path of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (path.endsWith('.d.ts')) rmSync(join(dist, path));
  }
}

const folder = mkdtempSync(join(tmpdir(), 'toolfuse-declarations-'));
try {
  const program = readProject();
  const faults = [...ts.getPreEmitDiagnostics(program), ...emitDeclarations(program, folder)];
  process.stdout.write(
    ts.formatDiagnostics(faults, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => root,
      getNewLine: () => '\n',
    }),
  );
  if (faults.length > 0) process.exitCode = 1;
  removeOldDeclarations();
  await Promise.all(bundles.map((sources) => bundle(sources, folder)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
