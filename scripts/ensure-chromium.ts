/** Installs Debian's Chromium, if there is none and it is available, to test the inspector's page in a real browser. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findChromium } from './chromium.ts';

const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

if (findChromium() === undefined && canInstall) {
  console.log('There is no Chromium: installing it with apt-get, for the tests of the page.');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      stdio: 'inherit',
      env,
    });
  } catch (error) {
    console.error(`It cannot be installed: ${(error as Error).message}`);
  }
}
if (findChromium() === undefined) {
  console.log(
    'NO BROWSER: the tests of the inspector’s page are skipped. Install Chromium, or name one in CHROMIUM.',
  );
}
