import { errorCategories, isErrorCategory } from 'toolfuse/machines';

/** How many outcomes of a tool are kept for its sparkline. */
const maxOutcomes = 32;

interface Counted {
  readonly deniedRequests?: unknown;
}

interface Event {
  readonly type: string;
  readonly category?: unknown;
}

/** The outcome of a call, as a letter: `s` for a success, `f` for a failure, `i` for a failure that does not count. */
export function outcomeOfCall(category: unknown): 's' | 'f' | 'i' {
  if (category === null) return 's';
  return isErrorCategory(category) && !errorCategories[category].counted ? 'i' : 'f';
}

/** The outcome in an event, as a letter: a result, or `d` for a denial; empty for other events. */
export function outcomeOfEvent(
  { type, category = 'executionError' }: Event,
  before: Counted | undefined,
  after: Counted | undefined,
): string {
  if (type === 'SUCCESS') return outcomeOfCall(null);
  if (type === 'FAILURE') return outcomeOfCall(category);
  return type === 'REQUEST' && before?.deniedRequests !== after?.deniedRequests ? 'd' : '';
}

export const withOutcome = (outcomes: string, outcome: string): string =>
  outcome === '' ? outcomes : (outcomes + outcome).slice(-maxOutcomes);
