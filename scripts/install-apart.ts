import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

const manifestAt = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/**
 * Installs what a folder's own package.json names, at exactly those versions, unless it is there: packages that are too many for every
 * `npm ci`. None of their scripts runs.
 *
 * @returns Their versions by name.
 */
export function installApart(folder: string): Readonly<Record<string, string>> {
  const { dependencies } = manifestAt(folder);
  const isThere = Object.entries(dependencies).every(([name, version]) => {
    const place = join(folder, 'node_modules', name);
    return existsSync(join(place, 'package.json')) && manifestAt(place).version === version;
  });
  if (!isThere) {
    console.log(`Installing into ${folder} …`);
    const options = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
    execFileSync('npm', options, { cwd: folder, stdio: 'inherit' });
  }
  return dependencies;
}
