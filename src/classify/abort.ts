import type { ErrorCategory } from '../../machines/categories.ts';
import { byClass, classNames } from './class-name.ts';
import { read, readPath, textOf } from './read.ts';

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

/** How libraries say in words that their own time limit aborted something. */
const dueToTimeLimit = /\b(?:due to|because of|after|by) (?:an? |the )?time-?out\b/i;

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
 * `network` for a Redis client that drops its commands; `cancelled` for the caller.
 */
export function whoAborted(error: unknown): ErrorCategory {
  if (placesOfReason.some((place) => isTimeLimit(readPath(error, place)))) return 'timeout';
  if (dueToTimeLimit.test(textOf(error))) return 'timeout';
  return classNames(error).includes('RedisError') ? 'network' : 'cancelled';
}
