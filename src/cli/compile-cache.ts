import * as nodeModule from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of the user's caches: what it holds is run, so nobody else may write there. */
function cacheFolder({ LOCALAPPDATA, XDG_CACHE_HOME }: NodeJS.ProcessEnv): string {
  if (process.platform === 'win32' && LOCALAPPDATA) return LOCALAPPDATA;
  return XDG_CACHE_HOME || join(homedir(), '.cache');
}

/** Keeps compiled code between two starts where Node.js can, from 22.1 on. If the folder cannot be written, nothing is kept. */
export function keepCompiledCode(env: NodeJS.ProcessEnv = process.env): void {
  const { enableCompileCache } = nodeModule as { enableCompileCache?: (folder?: string) => unknown };
  // The user may have chosen a folder, which Node.js then uses already.
  if (env.NODE_COMPILE_CACHE) return;
  enableCompileCache?.(join(cacheFolder(env), 'toolfuse', 'compiled'));
}
