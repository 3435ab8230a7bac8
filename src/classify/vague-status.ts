import type { ErrorCategory } from '../../machines/categories.ts';
import { statusOf } from './http-status.ts';
import { headerOf } from './places.ts';
import { byReason } from './reason.ts';

/** Statuses that say little, and that services give to whatever they refuse. */
const vague: ReadonlySet<number> = new Set([400, 403, 409, 413, 422, 500]);

/**
 * What an answer with a vague status says more exactly elsewhere: in its headers, or in what the service calls the
 * failure. GitHub and Google say a rate limit with 403; AWS says throttling and expired tokens with 400.
 */
export function byMoreThanStatus(error: unknown): ErrorCategory | undefined {
  const status = statusOf(error);
  if (status === undefined || !vague.has(status)) return undefined;
  if (status === 403 && asksToWait(error)) return 'rateLimit';
  return byReason(error);
}

/** Whether an answer tells its caller to come back later, or that no more requests are left until then. */
function asksToWait(error: unknown): boolean {
  return (
    headerOf(error, 'retry-after') !== undefined ||
    headerOf(error, 'x-ratelimit-remaining') === '0' ||
    headerOf(error, 'ratelimit-remaining') === '0'
  );
}
