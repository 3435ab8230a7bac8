import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';

/** A lock that is older is left over from a process that has died. */
const staleMs = 5_000;

/** How long to wait before it is tried again. */
const stepMs = 5;

/**
 * Waits for its turn, a few milliseconds in general. All else of the process waits with it.
 *
 * @returns what ends it.
 * @throws Error where it does not come in time.
 */
export function lockFile(path: string, patienceMs: number): () => void {
  const token = randomUUID();
  for (let waitedMs = 0; !create(path, token); waitedMs += stepMs) {
    if (isStale(path)) removeStale(path);
    if (waitedMs >= patienceMs) throw new Error(`${path} is held by another process`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stepMs);
  }
  return () => {
    // Whoever slept for long holds it no more.
    if (tokenIn(path) === token) rmSync(path, { force: true });
  };
}

/** Of several that find it stale, one at a time looks again and removes it: else the second would remove the first one's new lock. */
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

/** @returns whether it was not there. */
function create(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Also where the clock has been set back since. */
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
