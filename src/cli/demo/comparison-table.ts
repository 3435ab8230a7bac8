/** A row of a comparison: what was measured, and both values. */
export type ComparisonRow = readonly [what: string, without: string, guarded: string];

/**
 * Two runs side by side, as lines.
 *
 * @param guarded The head of the column of the guarded run.
 */
export function comparisonTable(guarded: string, rows: readonly ComparisonRow[]): string[] {
  const all: readonly ComparisonRow[] = [['', 'without', guarded], ...rows];
  const [first, second, third] = [0, 1, 2].map((column) =>
    Math.max(...all.map((row) => (row[column] ?? '').length)),
  ) as [number, number, number];
  return all.map(
    ([what, one, other]) => `  ${what.padEnd(first)}  ${one.padStart(second)}  ${other.padStart(third)}`,
  );
}
