import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Installs a package of Debian, if this is Debian and we may; what goes wrong is printed. `why` says what it is needed for. */
export function aptInstall(name: string, why: string): void {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  console.log(`There is no ${name}: installing it with apt-get, ${why}.`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
    const install = ['install', '-y', '-qq', '--no-install-recommends', name];
    execFileSync('apt-get', install, { stdio: 'inherit', env });
  } catch (error) {
    console.error(`It cannot be installed: ${(error as Error).message}`);
  }
}
