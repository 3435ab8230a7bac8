import fc from 'fast-check';
import { errorCategoryNames } from 'toolfuse/machines';
import { describe, expect, it } from 'vitest';
import { checkNotMisspelt } from '../../../src/calls/misspelt-category.ts';
import { checkProperty } from '../../support/property.ts';

/** The same distance by its definition: letters to add, remove, change, or swap with the next one. */
function distance(one: string, other: string): number {
  if (one === '' || other === '') return one.length + other.length;
  const [first, second] = one;
  const cost = first === other[0] ? 0 : 1;
  const ways = [distance(one.slice(1), other.slice(1)) + cost];
  if (cost === 1) {
    ways.push(distance(one.slice(1), other) + 1, distance(one, other.slice(1)) + 1);
    if (second !== undefined && first === other[1] && second === other[0]) {
      ways.push(distance(one.slice(2), other.slice(2)) + 1);
    }
  }
  return Math.min(...ways);
}

/** Does to a word what a hurried writer does. */
function mistype(word: string, [kind, at, letter]: readonly [string, number, string]): string {
  const place = at % word.length;
  const [before, here, after] = [word.slice(0, place), word.slice(place, place + 1), word.slice(place + 1)];
  if (kind === 'add') return before + letter + here + after;
  if (kind === 'remove') return before + after;
  if (kind === 'change') return before + letter + after;
  return before + after.slice(0, 1) + here + after.slice(1);
}

const typo = fc.tuple(
  fc.constantFrom('add', 'remove', 'change', 'swap'),
  fc.nat(40),
  fc.constantFrom(...'aeirtx'),
);
// The naive distance takes long for long words.
const short = errorCategoryNames.filter((category) => category.length <= 8);

const refusal = (word: unknown): string | undefined => {
  try {
    checkNotMisspelt(word);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a word that is almost a category', () => {
  it.each([
    ['timout', 'timeout'],
    ['tiemout', 'timeout'],
    ['TIMEOUTS', 'timeout'],
    ['itmeout', 'timeout'],
    ['timeotu', 'timeout'],
    ['netwrok', 'network'],
    ['ratelimit', undefined],
    ['rate limit', undefined],
    ['rateLimitt', 'rateLimit'],
    ['canceled', 'cancelled'],
  ])('is refused with the category that was meant: %s', (word, meant) => {
    if (meant === undefined) expect(refusal(word)).toBeUndefined();
    else {
      expect(refusal(word)).toBe(
        `failure must be a category or an error, got "${word}"; did you mean "${meant}"?`,
      );
    }
  });

  it('is one or two typos away from it', () => {
    checkProperty(
      fc.property(fc.constantFrom(...short), fc.array(typo, { maxLength: 4 }), (category, typos) => {
        const word = typos.reduce(mistype, category.toLowerCase());
        fc.pre(/^[a-z]{5,10}$/.test(word));
        const away = Math.min(
          ...errorCategoryNames
            .filter(({ length }) => Math.abs(length - word.length) <= 2)
            .map((name) => distance(word, name.toLowerCase())),
        );
        const isAlmost = away === 1 || away === 2;
        expect(refusal(word) !== undefined, `${word}, ${away} typos`).toBe(isAlmost);
      }),
      { atLeast: 60, atMost: 400 },
    );
  });

  it('is a text: anything else is what was thrown', () => {
    for (const thrown of [false, undefined, ['timeot'], { toString: () => 'timeot' }]) {
      expect(refusal(thrown)).toBeUndefined();
    }
  });

  it('is one word of letters: anything else is what a tool said', () => {
    for (const words of ['timeout 5', '5timeout', 'a timeout', 'timeout.', 'time', 'ok', '']) {
      expect(refusal(words), words).toBeUndefined();
    }
    // A part of a category, a longer word, two letters as they should be swapped, and three typos.
    for (const word of ['limits', 'sometimeouts', 'impromptu', 'xtmeous']) {
      expect(refusal(word), word).toBeUndefined();
    }
    expect(refusal(`timeou${'t'.repeat(30)}`)).toBeUndefined();
    expect(refusal(new Error('timout'))).toBeUndefined();
  });

  it('is no category itself', () => {
    for (const category of errorCategoryNames) expect(refusal(category)).toBeUndefined();
  });
});
