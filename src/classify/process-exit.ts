import type { ErrorCategory } from '../../machines/categories.ts';
import { hasForeignNumber } from './number-domain.ts';
import { read } from './read.ts';

/** Whether an error reports how a child process ended: the shapes of `exec`, `execSync`, execa, zx. */
export function isProcessExit(error: unknown): boolean {
  return (
    typeof read(error, 'exitCode') === 'number' ||
    typeof read(error, 'cmd') === 'string' ||
    (typeof read(error, 'pid') === 'number' && read(error, 'stderr') !== undefined)
  );
}

/**
 * Whether nothing but an exit code is known of the failure. Its message is then no evidence, for it quotes the command
 * and what that wrote: `Command failed: grep timeout app.log`.
 */
export function hasExitCode(error: unknown): boolean {
  const code = read(error, 'code');
  if (isProcessExit(error)) return true;
  return typeof code === 'number' && code >= 1 && code <= 255 && !hasForeignNumber(error);
}

/**
 * The category by how a process ended, where execa says so, or where Node ended it: `execFile` kills at its own time
 * limit, and there is no exit code then. An exit code alone gives none.
 */
export function byProcessExit(error: unknown): ErrorCategory | undefined {
  if (!isProcessExit(error)) return undefined;
  if (read(error, 'timedOut') === true || wasKilledByNode(error)) return 'timeout';
  return read(error, 'isCanceled') === true ? 'cancelled' : undefined;
}

function wasKilledByNode(error: unknown): boolean {
  return (
    read(error, 'killed') === true &&
    typeof read(error, 'signal') === 'string' &&
    read(error, 'code') === null
  );
}
