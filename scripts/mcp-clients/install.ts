/** Installs clients of MCP servers apart from this repository's own packages, in a folder that all checkouts share: they are large. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');

/**
 * The folder of a version of a package, which is installed there if it is not yet.
 *
 * @param more Further options of npm.
 * @throws Error if npm cannot.
 */
export async function installed(
  name: string,
  version: string,
  more: readonly string[] = [],
): Promise<string> {
  const target = join(
    cache,
    'toolfuse',
    'mcp-clients',
    `${name.replace(/^@/, '').replace(/\W+/g, '-')}-${version}`,
  );
  if (existsSync(join(target, 'complete'))) return target;
  console.log(`Installing ${name} ${version} …`);
  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(`${target}-`);
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies: { [name]: version } }));
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
    await run('npm', ['install', ...options, ...more], { cwd: folder });
    writeFileSync(join(folder, 'complete'), '');
    rmSync(target, { recursive: true, force: true });
    renameSync(folder, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return target;
}
