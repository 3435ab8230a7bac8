import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Bundles a program into one file, which Node.js loads many times as fast as its sources: it is started as often as a fleet has
 * members.
 *
 * @param program Its path from the root of the repository.
 * @returns The file, and a function that removes it.
 */
export async function bundled(program: string): Promise<{ readonly file: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'toolfuse-program-'));
  const file = join(folder, 'program.mjs');
  await build({
    entryPoints: [program],
    absWorkingDir: root,
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // Bundled CommonJS modules ask for Node's own by `require`.
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
    logLevel: 'error',
  });
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
