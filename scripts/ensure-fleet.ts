/**
 * Installs what a fleet is tested with, if it is missing: Debian's redis-server, and the heavier clients, which are kept apart in
 * scripts/fleet-clients at the versions that its package.json names.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { aptInstall } from './apt-install.ts';

const folder = fileURLToPath(new URL('./fleet-clients/', import.meta.url));

const hasRedis = (): boolean => spawnSync('redis-server', ['--version']).status === 0;

/** The version of an installed package; undefined if it is not there. */
function versionOf(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function hasClients(): boolean {
  const { dependencies } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return Object.entries(dependencies).every(
    ([name, version]) => versionOf(`${folder}node_modules/${name}/package.json`) === version,
  );
}

if (!hasRedis()) aptInstall('redis-server', 'for the tests of fleets');
if (!hasRedis())
  console.log('NO REDIS: the tests of fleets on a real server are skipped. Install redis-server.');
if (!hasClients()) {
  console.log('Installing the clients of a fleet into scripts/fleet-clients …');
  const options = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
  try {
    execFileSync('npm', options, { cwd: folder, stdio: 'inherit' });
  } catch (error) {
    console.error((error as Error).message);
    console.log('NO CLIENTS: the tests of fleets through redis and glide are skipped.');
  }
}
