/** Installs Debian's Prometheus, if there is none and it is available, to test dashboards and alert rules on a real scrape. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findPrometheus } from './prometheus.ts';

const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

if (findPrometheus() === undefined && canInstall) {
  console.log(
    'There is no Prometheus: installing it with apt-get, for the tests of the dashboard and the alerts.',
  );
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'prometheus'], {
      stdio: 'inherit',
      env,
    });
  } catch (error) {
    console.error(`It cannot be installed: ${(error as Error).message}`);
  }
}
if (findPrometheus() === undefined) {
  console.log(
    'NO PROMETHEUS: the tests of the dashboard and the alert rules are skipped. Install Prometheus.',
  );
}
