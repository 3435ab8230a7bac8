import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';

/** A lock older than this was left behind by a process that died. In ms. */
const staleMs = 5_000;

/** How long to wait between two tries, in ms. */
const stepMs = 5;

/**
 * Takes a lock, usually within a few milliseconds. The wait blocks the whole process.
 *
 * @param patienceMs How long to wait, in ms.
 * @returns a function that gives the lock back.
 * @throws Error if another process holds the lock for longer.
 */
export function lockFile(path: string, patienceMs: number): () => void {
  const token = randomUUID();
  for (let waitedMs = 0; !create(path, token); waitedMs += stepMs) {
    if (isStale(path)) removeStale(path);
    if (waitedMs >= patienceMs) throw new Error(`${path} is held by another process`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stepMs);
  }
  return () => {
    // If this process slept past `staleMs`, somebody else may own the lock by now.
    if (tokenIn(path) === token) rmSync(path, { force: true });
  };
}

/** Removes a stale lock. One process at a time checks again and removes it: otherwise a second one could remove the first one's new lock. */
function removeStale(path: string): void {
  const claim = `${path}.stale`;
  if (!create(claim, '')) {
    if (isStale(claim)) rmSync(claim, { force: true });
    return;
  }
  try {
    if (isStale(path)) rmSync(path, { force: true });
  } finally {
    rmSync(claim, { force: true });
  }
}

/** Creates a file. @returns false if it exists already. */
function create(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Whether a lock is stale. One from the future is, too: the clock was set back. */
function isStale(path: string): boolean {
  const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return mtimeMs !== undefined && Math.abs(Date.now() - mtimeMs) > staleMs;
}

function tokenIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
