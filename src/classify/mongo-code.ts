import type { ErrorCategory } from '../../machines/categories.ts';

/** The codes of a MongoDB server, by number: what a bulk write answers has no `codeName`. */
const codesOfCategory: readonly (readonly [ErrorCategory, readonly number[]])[] = [
  ['authentication', [11, 18, 33, 8_000]],
  ['permissionDenied', [13, 31]],
  // BadValue, FailedToParse, TypeMismatch, InvalidPath, CommandNotFound, ImmutableField, DocumentValidationFailure, DuplicateKey …
  ['invalidParameters', [2, 9, 14, 28, 40, 48, 52, 53, 55, 59, 66, 68, 72, 73, 85, 86, 115, 121, 334]],
  ['invalidParameters', [10_334, 11_000, 11_001, 17_280, 31_249, 40_324, 51_024]],
  ['resourceNotFound', [26, 27, 43, 47]],
  ['network', [6, 7, 9_001]],
  ['timeout', [50, 89, 202, 262]],
  ['serviceUnavailable', [91, 189, 10_058, 10_107, 11_600, 11_602, 13_435, 13_436, 17_405]],
  ['rateLimit', [462, 16_500]],
  ['resourceExhausted', [14_031]],
];

const categoryOfCode: ReadonlyMap<number, ErrorCategory> = new Map(
  codesOfCategory.flatMap(([category, codes]) => codes.map((code) => [code, category] as const)),
);

/** The category of a code that a MongoDB server gave. */
export function categoryOfMongoCode(code: number): ErrorCategory | undefined {
  return categoryOfCode.get(code);
}
