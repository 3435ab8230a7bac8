import type { ErrorCategory } from '../../machines/categories.ts';
import { read, readName, readPath } from './read.ts';
import { categoryOfReason } from './reason.ts';

/** What the AWS clients rename to a `TimeoutError`: nothing took too long, the connection is gone. */
const lostConnection: ReadonlySet<string | undefined> = new Set<string | undefined>(['ECONNRESET', 'EPIPE']);

/**
 * The category of an error of the AWS clients: what it says of trying again, its code where they gave it another name, or
 * its name, which is what the service calls the failure.
 */
export function byAws(error: unknown): ErrorCategory | undefined {
  if (readPath(error, ['$retryable', 'throttling']) === true) return 'rateLimit';
  if (read(error, '$metadata') === undefined && read(error, '$fault') === undefined) return undefined;
  const name = readName(error, 'name') ?? '';
  if (name === 'TimeoutError' && lostConnection.has(readName(error, 'code'))) return 'network';
  return categoryOfReason(name);
}
