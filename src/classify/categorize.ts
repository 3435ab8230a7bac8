import { type ErrorCategory, isErrorCategory } from '../../machines/categories.ts';
import { isTimeLimit, whoAborted } from './abort.ts';
import { byAws } from './aws.ts';
import { byClass, classNames } from './class-name.ts';
import { byControlFlow } from './control-flow.ts';
import { byCode } from './error-code.ts';
import { byFetchCause, byFetchFailure } from './fetch-failure.ts';
import { byStatus } from './http-status.ts';
import { byNumber } from './number-domain.ts';
import { isPlainError } from './plain-error.ts';
import { byProcessExit } from './process-exit.ts';
import { isQuotaUsedUp } from './quota.ts';
import { read, readName, textOf } from './read.ts';
import { byReason } from './reason.ts';
import { byRedisReply } from './redis-reply.ts';
import { relatedErrors } from './related.ts';
import { bySqlState } from './sql-state.ts';
import { byMoreThanStatus } from './vague-status.ts';
import { byInternalError, byWords } from './words.ts';

/** What is known of a failed call besides its error. */
export interface CategorizeOptions {
  /** The signal that the caller gave to the call. Once it is aborted, the failure is the caller's doing. */
  readonly signal?: AbortSignal | undefined;
}

type Evidence = (error: unknown) => ErrorCategory | undefined;

/** An error that names its category itself, in a field `category`: whoever made it knew best. */
function byOwnWord(error: unknown): ErrorCategory | undefined {
  const category = read(error, 'category');
  return isErrorCategory(category) ? category : undefined;
}

/** What one error says in data, the surest first. */
const facts: readonly Evidence[] = [
  byOwnWord,
  byControlFlow,
  byAws,
  byMoreThanStatus,
  byNumber,
  bySqlState,
  byRedisReply,
  byClass,
  byProcessExit,
  byStatus,
  byCode,
  byReason,
  byFetchCause,
];

/**
 * The category of whatever a tool threw: an error of any library, a string, a rejected value of any kind. The name of a
 * category is itself.
 *
 * The first of these decides:
 * 1. a denial by one of our own circuits is `circuitOpen`;
 * 2. an aborted `signal` is `cancelled`, or `timeout` if a time limit aborted it (its reason is a `TimeoutError`);
 * 3. facts, first those of the error itself, then those of the errors behind it (retried, wrapped, caused, and the members
 *    of an `AggregateError` in their order). Of one error: its own `category`; what steers a run and is no failure; what
 *    says more than a vague status beside it; the number of a protocol, in that protocol's meaning; the class and the
 *    classes that it extends; the HTTP status; the code, and what the service calls the failure;
 * 4. the words of the messages, in the same order, out of quotes and after any code; a failed fetch that says no more is
 *    `network`, and MCP's code for whatever a server's own code throws, -32603, `serviceUnavailable`;
 * 5. nothing is known: `executionError`.
 *
 * An abort is `cancelled` wherever it is found, or `timeout` if the reason that the error carries is a time limit. A status
 * that the client made up for a call that did not get through is no evidence.
 *
 * So an `AggregateError` has the category of the first member that has any evidence; facts come before words here, too.
 *
 * Never throws. Looks at most 5 steps behind the error, at 16 members of an aggregate, at 100 errors in all and at the
 * first 4 096 characters of a text, so that no error is too large.
 *
 * @example
 * categorize(Object.assign(new Error('slow down'), { status: 429 })); // 'rateLimit'
 * categorize('connect ECONNREFUSED 127.0.0.1:80'); // 'network'
 */
export function categorize(error: unknown, options?: CategorizeOptions): ErrorCategory {
  if (isErrorCategory(error)) return error;
  return options === undefined && isPlainError(error) ? remembered(error) : judge(error, options);
}

/**
 * The categories of plain errors by message, and then by class: a broken tool throws the same one again and again. Not by one text
 * of both, which would have to be made and hashed each time.
 */
const known = new Map<string, Map<string | undefined, ErrorCategory>>();
const maxKnown = 256;
const maxKnownLength = 512;

function remembered(error: Error): ErrorCategory {
  const message = textOf(error);
  if (message.length > maxKnownLength) return judge(error);
  const name = readName(error, 'name');
  const before = known.get(message)?.get(name);
  if (before !== undefined) return before;
  if (known.size === maxKnown) known.clear();
  const category = judge(error);
  const byName = known.get(message);
  if (byName === undefined) known.set(message, new Map([[name, category]]));
  // Names are made up as well.
  else if (byName.size < maxKnown) byName.set(name, category);
  return category;
}

function judge(error: unknown, options?: CategorizeOptions): ErrorCategory {
  if (classNames(error).includes('CircuitOpenError')) return 'circuitOpen';
  return bySignal(read(options, 'signal')) ?? byEvidence(error) ?? 'executionError';
}

function bySignal(signal: unknown): ErrorCategory | undefined {
  if (read(signal, 'aborted') !== true) return undefined;
  return isTimeLimit(read(signal, 'reason')) ? 'timeout' : 'cancelled';
}

function byEvidence(error: unknown): ErrorCategory | undefined {
  const errors = [...relatedErrors(error)];
  const category =
    first(errors, byFacts) ??
    first(errors, byWordsOrQuota) ??
    first(errors, byFetchFailure) ??
    first(errors, byInternalError);
  // An abort has a name and a code, which do not say who aborted; what names its own category does.
  if (category !== 'cancelled' || errors.some((related) => byOwnWord(related) === 'cancelled'))
    return category;
  return whoAborted(errors);
}

function byFacts(error: unknown): ErrorCategory | undefined {
  return orQuota(
    error,
    first(facts, (evidence) => evidence(error)),
  );
}

function byWordsOrQuota(error: unknown): ErrorCategory | undefined {
  return orQuota(error, byWords(error));
}

/** A used-up quota comes with the status, the class and the words of a rate limit. */
function orQuota(error: unknown, category: ErrorCategory | undefined): ErrorCategory | undefined {
  return category === 'rateLimit' && isQuotaUsedUp(error) ? 'resourceExhausted' : category;
}

function first<Item>(
  items: readonly Item[],
  evidence: (item: Item) => ErrorCategory | undefined,
): ErrorCategory | undefined {
  for (const item of items) {
    const category = evidence(item);
    if (category !== undefined) return category;
  }
  return undefined;
}
