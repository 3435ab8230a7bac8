import { existsSync, realpathSync } from 'node:fs';
import { posix, win32 } from 'node:path';

/** The process that runs now. */
export interface Running {
  /** The program of Node.js. */
  readonly node: string;
  /** The script of toolfuse. */
  readonly script: string;
  readonly version: string;
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How clients start toolfuse. */
export interface Launcher {
  /** The command, and its arguments up to `mcp`. */
  readonly words: readonly string[];
  /** Whether npm looks for the package at each start. */
  readonly isNpx: boolean;
}

/** Files as they are on the disk. */
export interface Disk {
  readonly exists: (path: string) => boolean;
  /** The path behind symbolic links; the path itself if it does not exist. */
  readonly real: (path: string) => string;
}

export const realDisk: Disk = {
  exists: existsSync,
  real: (path) => {
    try {
      return realpathSync(path);
    } catch {
      return path;
    }
  },
};

/** The folders into which npx, pnpm dlx, yarn dlx and bunx put packages for a while. */
const ofNpx = /[\\/](?:_npx|dlx|dlx-[^\\/]*|bunx-[^\\/]*)[\\/]/;
/** A folder that lives only as long as a shell. */
const ofShell = /fnm_multishells/;

/**
 * How clients are to start toolfuse: by the paths of what is installed, since ten npx of one package at once fail, or take a
 * minute. Only where it runs by npx and nothing is installed, it is npx, with the version.
 */
export function launcherOf(running: Running, disk: Disk = realDisk): Launcher {
  const { script, version } = running;
  const installed =
    ofNpx.test(script) || ofNpx.test(disk.real(script)) ? installedScript(running, disk) : script;
  if (installed === undefined) {
    return { words: ['npx', '-y', `toolfuse@${version}`, 'mcp'], isNpx: true };
  }
  return { words: [lastingNode(running, disk), installed, 'mcp'], isNpx: false };
}

function foldersOf({ platform, environment }: Running): string[] {
  const isWindows = platform === 'win32';
  const path = environment.PATH ?? environment.Path ?? '';
  return path.split(isWindows ? ';' : ':').filter((folder) => folder !== '');
}

/** The script of a toolfuse that is installed for good, found by the search path. */
function installedScript(running: Running, disk: Disk): string | undefined {
  const isWindows = running.platform === 'win32';
  const { join } = isWindows ? win32 : posix;
  for (const folder of foldersOf(running)) {
    if (ofNpx.test(folder)) continue;
    // On Windows, npm puts a script for the shell there, and the package into a folder beside it.
    const path = isWindows
      ? join(folder, 'node_modules', 'toolfuse', 'dist', 'cli', 'index.js')
      : join(folder, 'toolfuse');
    if (disk.exists(path) && !ofNpx.test(disk.real(path))) return path;
  }
  return undefined;
}

/**
 * The path of Node.js that outlives an upgrade, where the search path has one: the program itself may stand in a folder that is
 * named after its version, as Homebrew does it.
 */
function lastingNode(running: Running, disk: Disk): string {
  const isWindows = running.platform === 'win32';
  const { join } = isWindows ? win32 : posix;
  const real = disk.real(running.node);
  for (const folder of foldersOf(running)) {
    if (ofNpx.test(folder) || ofShell.test(folder) || /[\\/]node_modules[\\/]/.test(folder)) continue;
    const path = join(folder, isWindows ? 'node.exe' : 'node');
    if (disk.exists(path) && disk.real(path) === real) return path;
  }
  return running.node;
}
