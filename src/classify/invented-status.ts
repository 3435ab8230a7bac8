import { byClass } from './class-name.ts';
import { byCode } from './error-code.ts';
import { byFetchFailure } from './fetch-failure.ts';
import { isObject, read } from './read.ts';
import { relatedErrors } from './related.ts';
import { didNotGetThrough } from './transport.ts';

/**
 * Whether a client made up the status of an error: Octokit gives a 500 to whatever happened on the way. Nobody answered
 * then, and the cause says that the call did not get through.
 */
export function isInvented(error: unknown, status: number): boolean {
  const cause = read(error, 'cause');
  if (status < 500 || !isObject(cause) || isObject(read(error, 'response'))) return false;
  for (const related of relatedErrors(cause)) {
    const category = byClass(related) ?? byCode(related) ?? byFetchFailure(related);
    if (category !== undefined) return didNotGetThrough(category) || category === 'cancelled';
  }
  return false;
}
