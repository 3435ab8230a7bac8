import { type ErrorCategory, isCounted } from '../../machines/categories.ts';
import { isAnswer, isToolAnswer } from '../classify/answered.ts';
import { didNotGetThrough } from '../classify/transport.ts';

/** What a result says about a circuit. */
export type Verdict = 'success' | 'failure' | 'neutral';

/** What a failed call says about the tool, and about the upstream that the tool depends on. */
export interface Evidence {
  readonly tool: Verdict;
  readonly upstream: Verdict;
}

/**
 * Decides what a failed call is evidence for. A call that did not get through says nothing about the tool. An answered call
 * proves that the upstream is up, even if the arguments were bad. Any other failure says nothing about the upstream, because
 * the call may or may not have reached it.
 *
 * @param roundTrip Whether the caller knows that the call was answered.
 */
export function evidenceOf(category: ErrorCategory, failure: unknown, roundTrip: boolean): Evidence {
  const tool = isCounted(category) ? 'failure' : 'neutral';
  if (roundTrip || isToolAnswer(failure)) return { tool, upstream: 'success' };
  if (didNotGetThrough(category)) return { tool: 'neutral', upstream: 'failure' };
  return { tool, upstream: isAnswer(failure) ? 'success' : 'neutral' };
}
