import type { SpawnOptions } from 'node:child_process';

/**
 * How the process of a server is started.
 *
 * @param environment The variables that it gets. Default: those of this process.
 */
export const howToStart = (environment: Readonly<NodeJS.ProcessEnv> = process.env): SpawnOptions => ({
  stdio: ['pipe', 'pipe', 'inherit'],
  env: forServer(environment),
  // A process group of its own, so that a server which npx started ends together with npx.
  detached: process.platform !== 'win32',
  windowsHide: true,
});

/** npx exports its own --package to children; without this, an npx server command would install toolfuse instead of the server. */
function forServer(environment: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv {
  const { npm_config_package: _, npm_config_call: __, ...others } = environment;
  return others;
}
