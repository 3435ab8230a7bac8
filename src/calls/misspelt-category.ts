import { errorCategoryNames, isErrorCategory } from '../../machines/categories.ts';
import { show } from '../../machines/rule.ts';

/** How many letters may differ, or stand in the wrong order, in a word that was meant to be another. */
const maxTypos = 2;

/** How many letters have to be added, removed, changed or swapped with the next to get from one word to another. */
function typosBetween(one: string, other: string): number {
  // The distance between every two beginnings of the words, row by row.
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, length) => length);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1];
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row[j] = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (isSame ? 0 : 1),
        isSwap ? (beforeLast[j - 2] ?? 0) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = row;
  }
  return last[other.length] ?? 0;
}

/**
 * Refuses a word that was surely meant to be a category. Any other text is the message of an error.
 *
 * @throws TypeError that names the category that is nearest.
 */
export function checkNotMisspelt(failure: unknown): void {
  if (typeof failure !== 'string' || isErrorCategory(failure) || !/^[a-z]{5,30}$/i.test(failure)) return;
  const word = failure.toLowerCase();
  for (const category of errorCategoryNames) {
    const typos = typosBetween(word, category.toLowerCase());
    if (typos > 0 && typos <= maxTypos) {
      throw new TypeError(
        `failure must be a category or an error, got ${show(failure)}; did you mean ${show(category)}?`,
      );
    }
  }
}
