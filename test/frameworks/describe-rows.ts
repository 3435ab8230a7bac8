import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { isInstalled } from './installed.ts';
import { runRows } from './run-rows.ts';
import type { InstallName } from './versions.ts';

/**
 * Makes a test of each row of a table, for each version of its framework.
 *
 * @param file The URL of the file that exports `load` and `rows`.
 * @param rows The names of its rows.
 */
export function describeRows(
  framework: string,
  { file, rows, on }: { file: URL; rows: readonly string[]; on: readonly InstallName[] },
): void {
  describe.each(on)(`${framework}, installed as %s`, (install) => {
    const isMissing = !isInstalled(install);
    let outcomes: ReadonlyMap<string, string | null> = new Map();

    beforeAll(async () => {
      if (!isMissing) outcomes = await runRows(fileURLToPath(file), install);
    });

    it.skipIf(isMissing).each(rows)('%s', (row) => {
      expect(outcomes.get(row), outcomes.has(row) ? '' : 'the row did not end').toBeNull();
    });
  });
}
