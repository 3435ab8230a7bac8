import type { ErrorCategory } from '../../machines/categories.ts';
import { byClass, classNames } from './class-name.ts';
import { read, readPath } from './read.ts';
import { saysTimeLimit } from './time-limit.ts';

/** Where an error keeps the reason of the signal that aborted it: Node; axios and gaxios; got; Octokit. */
const placesOfReason: readonly (readonly string[])[] = [
  ['cause'],
  ['reason'],
  ['config', 'signal', 'reason'],
  ['signal', 'reason'],
  ['options', 'signal', 'reason'],
  ['request', 'signal', 'reason'],
  ['request', 'request', 'signal', 'reason'],
];

/** How many causes behind the reason are asked. */
const maxDepth = 5;

/** Whether the reason of an abort is a time limit: `AbortSignal.timeout`, `ToolTimeoutError`, or an abort that one caused. */
export function isTimeLimit(reason: unknown): boolean {
  let current = reason;
  for (let depth = 0; depth <= maxDepth; depth += 1) {
    if (byClass(current) === 'timeout') return true;
    current = read(current, 'cause');
  }
  return false;
}

/**
 * Who ended a call that was aborted: `timeout` for a time limit, which clients pass on as an abort like any other, and
 * `network` for a Redis client that drops its commands; `cancelled` for the caller. The reason may stand on another error
 * than the abort: gaxios wraps an abort without one, and keeps the signal itself.
 */
export function whoAborted(errors: readonly unknown[]): ErrorCategory {
  for (const error of errors) {
    if (placesOfReason.some((place) => isTimeLimit(readPath(error, place)))) return 'timeout';
    if (saysTimeLimit(error)) return 'timeout';
  }
  return errors.some((error) => classNames(error).includes('RedisError')) ? 'network' : 'cancelled';
}
