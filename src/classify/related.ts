import { read } from './read.ts';

/** How many steps away from the error a cause may be. */
const MAX_DEPTH = 5;

/** How many members of one `AggregateError` are looked at. */
const MAX_MEMBERS = 16;

/** How many errors are looked at in all, which bounds nested aggregates. */
const MAX_ERRORS = 100;

/**
 * Where errors keep the error behind them, the most telling place first: `lastError` is the attempt that ended a
 * series of retries; `error` is what OpenAI's `ToolCallError` wraps, and the response body of the API clients.
 */
const LINKS = ['lastError', 'error', 'cause'] as const;

/**
 * An error and the errors behind it, nearest first: itself, then each of its links with all that is behind that, then
 * the members of its `errors`. Cycles are cut. At most 5 steps deep, 16 members of each aggregate and 100 errors in all,
 * however large the structure is.
 */
export function relatedErrors(error: unknown): ReadonlySet<unknown> {
  const found = new Set<unknown>();
  collect(error, 0, found);
  return found;
}

function collect(error: unknown, depth: number, found: Set<unknown>): void {
  if (!mayBeError(error) || found.has(error) || found.size >= MAX_ERRORS) return;
  found.add(error);
  if (depth === MAX_DEPTH) return;
  for (const link of LINKS) collect(read(error, link), depth + 1, found);
  for (const member of membersOf(error)) collect(member, depth + 1, found);
}

/** People throw strings; other primitives, and functions, say nothing about what went wrong. */
function mayBeError(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'string';
}

function* membersOf(error: unknown): Generator<unknown> {
  const errors = read(error, 'errors');
  const length = read(errors, 'length');
  if (typeof length !== 'number') return;
  for (let index = 0; index < Math.min(length, MAX_MEMBERS); index += 1) yield read(errors, String(index));
}
