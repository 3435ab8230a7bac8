import { errorCategoryNames, isErrorCategory } from '../../machines/categories.ts';
import { show } from '../../machines/rule.ts';

/** The largest number of typos in a word that counts as a misspelt category. */
const maxTypos = 2;

/** The edit distance of two words: letters to add, remove, change, or swap with the next one. */
function typosBetween(one: string, other: string): number {
  // Computes the distance between all prefixes of the two words, row by row.
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
 * Refuses a word that is almost a category. Any other text is an error message.
 *
 * @throws TypeError that names the nearest category.
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
