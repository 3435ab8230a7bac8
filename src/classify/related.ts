import { read, readPath } from './read.ts';

/** How many steps away from the error a cause may be. */
const maxDepth = 5;

/** How many members of one `AggregateError` are looked at. */
const maxMembers = 16;

/** How many errors are looked at in all, which bounds nested aggregates. */
const maxErrors = 100;

/**
 * Where errors keep the error behind them, the most telling place first: `lastError` is the attempt that ended a
 * series of retries; `error` is what OpenAI's `ToolCallError` wraps, and the response body of the API clients; the others
 * are Slack's, AWS's and Sequelize's. Stripe keeps an error in `detail`, where databases have a text.
 */
const links = ['lastError', 'error', 'cause', 'original', 'originalError', 'parent'] as const;

/** Where errors keep lists of others: an `AggregateError`; GraphQL's clients. */
const lists: readonly (readonly string[])[] = [['errors'], ['response', 'errors'], ['graphQLErrors']];

/**
 * An error and the errors behind it, nearest first: itself, then each of its links with all that is behind that, then
 * the members of its lists. Cycles are cut. At most 5 steps deep, 16 members of each aggregate and 100 errors in all,
 * however large the structure is.
 */
export function relatedErrors(error: unknown): ReadonlySet<unknown> {
  const found = new Set<unknown>();
  collect(error, 0, found);
  return found;
}

function collect(error: unknown, depth: number, found: Set<unknown>): void {
  if (!mayBeError(error) || found.has(error) || found.size >= maxErrors) return;
  found.add(error);
  if (depth === maxDepth) return;
  for (const link of links) collect(read(error, link), depth + 1, found);
  const detail = read(error, 'detail');
  if (typeof detail === 'object') collect(detail, depth + 1, found);
  for (const list of lists) {
    for (const member of membersOf(readPath(error, list))) collect(member, depth + 1, found);
  }
}

/** People throw strings; other primitives, and functions, say nothing about what went wrong. */
function mayBeError(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'string';
}

function* membersOf(errors: unknown): Generator<unknown> {
  const length = read(errors, 'length');
  if (typeof length !== 'number') return;
  for (let index = 0; index < Math.min(length, maxMembers); index += 1) yield read(errors, String(index));
}
