import { errorCategories, isErrorCategory } from 'toolfuse/machines';

/** How many outcomes of a tool are kept for its sparkline. */
const kept = 32;

interface Counted {
  readonly deniedRequests?: unknown;
}

interface Event {
  readonly type: string;
  readonly category?: unknown;
}

/** How a call ended, as a letter: `s` success, `f` failure, `i` failure that does not count. */
export function outcomeOfCall(category: unknown): 's' | 'f' | 'i' {
  if (category === null) return 's';
  return isErrorCategory(category) && !errorCategories[category].counted ? 'i' : 'f';
}

/** What an event says of a call, as a letter: a result, or `d` for a denial; else nothing. */
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
  outcome === '' ? outcomes : (outcomes + outcome).slice(-kept);
