import type { ErrorCategory } from '../../machines/categories.ts';
import { isInvented } from './invented-status.ts';
import { hasForeignNumber } from './number-domain.ts';
import { statusesOf } from './places.ts';
import { isProcessExit } from './process-exit.ts';
import { read } from './read.ts';

const categoryOfKnownStatus: ReadonlyMap<number, ErrorCategory> = new Map([
  [401, 'authentication'],
  [402, 'resourceExhausted'],
  [403, 'permissionDenied'],
  [404, 'resourceNotFound'],
  [407, 'authentication'],
  [408, 'timeout'],
  [410, 'resourceNotFound'],
  [429, 'rateLimit'],
  [451, 'policyViolation'],
  // nginx: the client closed the connection.
  [499, 'cancelled'],
  // The server lives, and will never do what it was asked.
  [501, 'executionError'],
  [504, 'timeout'],
  [505, 'executionError'],
  [507, 'resourceExhausted'],
  [511, 'authentication'],
  // Cloudflare's two kinds of timeout; the proxies' 598 and 599.
  [522, 'timeout'],
  [524, 'timeout'],
  [598, 'timeout'],
  [599, 'timeout'],
]);

/**
 * The category of an HTTP status. A 4xx without a row of its own blames the request, so it is `invalidParameters`; a
 * 5xx without one blames the service. Anything below 400 or above 599 is no failure that HTTP knows of.
 */
export function categoryOfStatus(status: number): ErrorCategory | undefined {
  if (!isFailure(status)) return undefined;
  return categoryOfKnownStatus.get(status) ?? (status < 500 ? 'invalidParameters' : 'serviceUnavailable');
}

/** The first HTTP status of a failure that the error carries, in any of the places where clients put it. */
export function statusOf(error: unknown): number | undefined {
  // A process puts its exit code into `status` or `code`, and on Windows that may be any number.
  if (isProcessExit(error)) return undefined;
  for (const value of statusesOf(error)) {
    const status = toStatus(value);
    if (isFailure(status)) return status;
  }
  // The MCP transports', and Google's.
  const status = toStatus(read(error, 'code'));
  return isFailure(status) && !hasForeignNumber(error) ? status : undefined;
}

/** The category by the HTTP status of the answer, unless the client made it up. */
export function byStatus(error: unknown): ErrorCategory | undefined {
  const status = statusOf(error);
  return status === undefined || isInvented(error, status) ? undefined : categoryOfStatus(status);
}

function isFailure(status: number): boolean {
  return Number.isInteger(status) && status >= 400 && status <= 599;
}

/** Some gateways send the status as a string: `'429'`. */
function toStatus(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^[45]\d\d$/.test(value) ? Number(value) : Number.NaN;
}
