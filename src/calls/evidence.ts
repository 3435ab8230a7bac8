import { type ErrorCategory, isCounted } from '../../machines/categories.ts';
import { byStatus } from '../classify/http-status.ts';
import { isRpcAnswer } from '../classify/rpc-code.ts';
import { didNotGetThrough } from '../classify/transport.ts';

/** What a result says of a circuit. */
export type Verdict = 'success' | 'failure' | 'neutral';

/** What a failed call says of the tool, and of what the tool depends on. */
export interface Evidence {
  readonly tool: Verdict;
  readonly upstream: Verdict;
}

/** Whether an error is the answer of a server: it lives, whatever it thinks of the call. */
const isAnswer = (failure: unknown): boolean => isRpcAnswer(failure) || byStatus(failure) !== undefined;

/**
 * Whom a failed call is evidence against. One that did not get through says nothing of the tool; one that was answered
 * proves that the upstream lives, even if the arguments were bad. Of any other failure nobody knows how far it got.
 *
 * @param roundTrip Whether the caller knows that the call was answered.
 */
export function evidenceOf(category: ErrorCategory, failure: unknown, roundTrip: boolean): Evidence {
  const tool = isCounted(category) ? 'failure' : 'neutral';
  if (roundTrip) return { tool, upstream: 'success' };
  if (didNotGetThrough(category)) return { tool: 'neutral', upstream: 'failure' };
  return { tool, upstream: isAnswer(failure) ? 'success' : 'neutral' };
}
