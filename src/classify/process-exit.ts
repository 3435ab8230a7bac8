import type { ErrorCategory } from '../../machines/categories.ts';
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
  return isProcessExit(error) || (typeof code === 'number' && code >= 1 && code <= 255);
}

/** The category by how a process ended, where execa says so. An exit code alone gives none. */
export function byProcessExit(error: unknown): ErrorCategory | undefined {
  if (!isProcessExit(error)) return undefined;
  if (read(error, 'timedOut') === true) return 'timeout';
  return read(error, 'isCanceled') === true ? 'cancelled' : undefined;
}
