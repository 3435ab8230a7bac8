import { errorCategories, isErrorCategory } from 'toolfuse/machines';
import type { CallKind } from './history/call-bins.ts';

/** How many outcomes of a tool are kept for its sparkline. */
const maxOutcomes = 32;

interface Counted {
  readonly deniedRequests?: unknown;
}

interface Event {
  readonly type: string;
  readonly category?: unknown;
}

/** The kinds of outcomes as letters. */
const letters: Readonly<Record<CallKind, string>> = {
  success: 's',
  failure: 'f',
  ignored: 'i',
  cancelled: 'c',
  refused: 'd',
};

/** The kind of a call by the category of its failure; null for a success. */
export function kindOfCall(category: unknown): CallKind {
  if (category === null) return 'success';
  if (category === 'cancelled') return 'cancelled';
  return isErrorCategory(category) && !errorCategories[category].counted ? 'ignored' : 'failure';
}

/** The kind of call that an event tells of; undefined for other events. */
export function kindOfEvent(
  { type, category = 'executionError' }: Event,
  before: Counted | undefined,
  after: Counted | undefined,
): CallKind | undefined {
  if (type === 'SUCCESS') return 'success';
  if (type === 'FAILURE') return kindOfCall(category);
  return type === 'REQUEST' && before?.deniedRequests !== after?.deniedRequests ? 'refused' : undefined;
}

/** The last outcomes with one more. */
export const withOutcome = (outcomes: string, kind: CallKind): string =>
  (outcomes + letters[kind]).slice(-maxOutcomes);
