import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { folderOf, nodeOf } from './installed.ts';
import type { RowOutcome } from './rows.ts';
import { type InstallName, installs } from './versions.ts';

const program = fileURLToPath(new URL('rows-program.ts', import.meta.url));

let bundles = 0;

/**
 * Bundles a table with our sources, in the folder of the framework: there our adapter finds the packages that a user has
 * installed.
 */
async function bundle(file: string, install: InstallName): Promise<string> {
  bundles += 1;
  const outfile = join(folderOf(install), `rows-${process.pid}-${bundles}.mjs`);
  await build({
    stdin: {
      contents: `
        import { runTable } from ${JSON.stringify(program)};
        import * as table from ${JSON.stringify(file)};
        await runTable(table, ${JSON.stringify(install)});
      `,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['toolfuse/inspect', ...Object.keys(installs[install].packages).map((name) => `${name}*`)],
    sourcemap: 'inline',
    logLevel: 'error',
  });
  return outfile;
}

/**
 * Runs a table of outcomes on an installed framework, in a process of its own: a framework may need another Node.js than the
 * tests run with.
 *
 * @returns What did not hold of each row; null if all did.
 */
export async function runRows(
  file: string,
  install: InstallName,
): Promise<ReadonlyMap<string, string | null>> {
  const outfile = await bundle(file, install);
  try {
    const child = spawn(nodeOf(install), ['--enable-source-maps', outfile], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [printed, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const outcomes = printed
      .split('\n')
      .filter((line) => line.startsWith('{"row":'))
      .map((line) => JSON.parse(line) as RowOutcome);
    if (outcomes.length === 0) throw new Error(`The rows did not run on ${install}:\n${errors}`);
    return new Map(outcomes.map(({ row, fault }) => [row, fault]));
  } finally {
    rmSync(outfile, { force: true });
  }
}
