import type { SpawnOptions } from 'node:child_process';

/** How the process of a server is started. */
export const howToStart = (): SpawnOptions => ({
  stdio: ['pipe', 'pipe', 'inherit'],
  env: environment(),
  // A process group of its own, so that a server which npx started ends together with npx.
  detached: process.platform !== 'win32',
  windowsHide: true,
});

/** npx exports its own --package to children; without this, an npx server command would install toolfuse instead of the server. */
function environment(): NodeJS.ProcessEnv {
  const { npm_config_package: _, npm_config_call: __, ...others } = process.env;
  return others;
}
