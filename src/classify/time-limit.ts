import { textOf } from './read.ts';

/** How libraries say in words that their own time limit ended something: `Request aborted due to timeout being reached`. */
const dueToTimeLimit = /\b(?:due to|because of|after|by) (?:an? |the )?time-?out\b/i;

/** Whether an error says that a time limit ended it, whatever its class is. */
export function saysTimeLimit(error: unknown): boolean {
  return dueToTimeLimit.test(textOf(error));
}
