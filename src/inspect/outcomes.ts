import { errorCategories, isErrorCategory } from 'toolfuse';

/** How many outcomes of a tool are kept for its sparkline. */
const kept = 32;

interface Counted {
  readonly deniedRequests?: unknown;
}

interface Event {
  readonly type: string;
  readonly category?: unknown;
}

/** One outcome as a letter: `s` success, `f` failure, `i` failure that does not count, `d` denial; else nothing. */
export function outcomeOf(event: Event, before: Counted | undefined, after: Counted | undefined): string {
  switch (event.type) {
    case 'SUCCESS':
      return 's';
    case 'FAILURE': {
      const { category = 'executionError' } = event;
      return isErrorCategory(category) && !errorCategories[category].counted ? 'i' : 'f';
    }
    case 'REQUEST':
      return before?.deniedRequests === after?.deniedRequests ? '' : 'd';
    default:
      return '';
  }
}

export const withOutcome = (outcomes: string, outcome: string): string =>
  outcome === '' ? outcomes : (outcomes + outcome).slice(-kept);
