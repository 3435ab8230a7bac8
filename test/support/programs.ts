/** Bundles each program that tests start many times into one file, before all tests: Node.js loads one file much faster. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { TestProject } from 'vitest/node';

const root = fileURLToPath(new URL('../..', import.meta.url));

const entryPoints = {
  'fault-server': 'test/src/proxy/fixtures/fault-server.mjs',
  'era-server': 'test/src/proxy/fixtures/era-server.mjs',
  // The proxy derives a name from it.
  'server-filesystem': '@modelcontextprotocol/server-filesystem/dist/index.js',
  'state-writer': 'test/src/proxy/fixtures/state-writer.ts',
  'hanging-process': 'test/src/time/fixtures/hanging-process.ts',
  'waiting-process': 'test/src/time/fixtures/waiting-process.ts',
  'attached-process': 'test/src/inspect/fixtures/attached-process.ts',
  soak: 'scripts/soak.ts',
  'fleet-member': 'scripts/fleet-proof/member.ts',
} as const;

export type Program = keyof typeof entryPoints;

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the programs, each in a file of its name. */
    readonly programs: string;
  }
}

export default async function setUp({ provide }: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'toolfuse-programs-'));
  await build({
    entryPoints,
    absWorkingDir: root,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    // Bundled CommonJS modules ask for Node's own by `require`.
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
    logLevel: 'error',
  });
  provide('programs', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
