/**
 * Checks the types of the whole project, with its type tests, and writes the declarations of the package to `dist`. Both come
 * from one run of the compiler, because reading and checking takes far longer than the rest.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

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

/** TypeScript 7 takes a third of the time of 5.9, whose API bundles what it has written. */
const compiler = join(root, 'node_modules/typescript-7/bin/tsc');

/** Checks the whole project, prints its type errors, and writes the declarations of each source into a folder. */
async function compile(folder: string): Promise<boolean> {
  // More checkers would share two cores with the tests, and work out much of the types once each.
  const emitting = [
    '--noEmit',
    'false',
    '--declaration',
    '--emitDeclarationOnly',
    '--rootDir',
    root,
    '--checkers',
    '1',
  ];
  const child = spawn(process.execPath, [compiler, '--pretty', 'false', ...emitting, '--outDir', folder], {
    cwd: root,
    stdio: 'inherit',
  });
  const [exitCode] = await once(child, 'exit');
  return exitCode === 0;
}

/** Declarations are imported by the names that users resolve, `./circuit.js` for `./circuit.ts`. */
function renameImports(folder: string): void {
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/^(?:src|machines)\b.*\.d\.ts$/.test(path)) continue;
    const file = join(folder, path);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replaceAll(/(['"]\.[^'"\n]*)\.ts(['"])/g, '$1.js$2'));
  }
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
  if (!(await compile(folder))) process.exitCode = 1;
  renameImports(folder);
  removeOldDeclarations();
  await Promise.all(bundles.map((sources) => bundle(sources, folder)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
