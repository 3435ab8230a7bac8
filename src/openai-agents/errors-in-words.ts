import { CircuitOpenError } from 'toolfuse';
import { errorWords } from '../tools/error-words.ts';

/**
 * Puts the error of a tool into words for the model. The SDK's own words are "Please try again.", whatever went wrong.
 */
export const wordsOf = (error: unknown): string =>
  error instanceof CircuitOpenError ? error.message : errorWords(error);
