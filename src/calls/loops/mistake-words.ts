import { type ErrorCategory, isCounted } from '../../../machines/categories.ts';
import { errorText } from '../../classify/error-text.ts';

/** What varies from time to time, whatever the mistake: identifiers and instants. */
const incidental =
  /\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}|\d{4}-\d\d-\d\dT[\d:.]+Z?)\b/gi;

/** What varies with the arguments: names in quotes, and numbers. */
const ofArguments = /"[^"]*"|'[^']*'|`[^`]*`|\d+/g;

/** The words of an error, on one line and shortened; null if only a category is known. */
export const wordsOf = (failure: unknown, category: ErrorCategory): string | null =>
  failure === category ? null : errorText(failure);

/**
 * The words by which a mistake of the caller is recognised when it is made again. Of invalid arguments, the names and numbers in them
 * are left out: a missing property is the same mistake, whichever it is. For any other mistake they matter: a model that looks for a
 * file in several places makes a new attempt each time.
 *
 * @returns Null for what is not a mistake.
 */
export function mistakeOf(category: ErrorCategory, isAnswer: boolean, words: string | null): string | null {
  if (isCounted(category) && !isAnswer) return null;
  if (category === 'cancelled' || category === 'circuitOpen' || category === 'toolNotFound') return null;
  const text = (words ?? '').replace(incidental, '#');
  return `${category}: ${category === 'invalidParameters' ? text.replace(ofArguments, '#') : text}`;
}
