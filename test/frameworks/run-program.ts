import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { folderOf, nodeOf } from './installed.ts';
import { type InstallName, installs } from './versions.ts';

/** What a program printed. */
export interface Printed {
  readonly output: string;
  readonly errors: string;
  /** The exit code of its process. */
  readonly code: number;
}

let programs = 0;

/**
 * Runs a program with the packages of an installed set, in a process of its own: a framework may need another Node.js than the
 * tests run with. It is bundled with our sources in the folder of the set, so that our adapters find the packages as they do where
 * a user has installed them.
 */
export async function runProgram(code: string, install: InstallName): Promise<Printed> {
  programs += 1;
  const outfile = join(folderOf(install), `program-${process.pid}-${programs}.mjs`);
  const packages = Object.keys(installs[install].packages);
  await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['toolfuse/inspect', ...packages.flatMap((name) => [name, `${name}/*`])],
    sourcemap: 'inline',
    logLevel: 'error',
  });
  try {
    const child = spawn(nodeOf(install), ['--enable-source-maps', outfile], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Express prints no errors of requests then.
      env: { ...process.env, NODE_ENV: 'test' },
    });
    const ended = once(child, 'close') as Promise<[number | null]>;
    const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { output, errors, code: code ?? 1 };
  } finally {
    rmSync(outfile, { force: true });
  }
}
