import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { isInstalled, nodeOf } from './installed.ts';
import type { RowOutcome } from './rows.ts';
import type { InstallName } from './versions.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = fileURLToPath(new URL('run-rows.ts', import.meta.url));

/** Runs the rows of a file on an installed framework. */
async function runRows(file: string, install: InstallName): Promise<ReadonlyMap<string, string | null>> {
  const child = spawn(nodeOf(install), ['--import', 'tsx', program, file, install], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TSX_TSCONFIG_PATH: `${root}tsconfig.json` },
  });
  const [printed, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const outcomes = printed
    .split('\n')
    .filter((line) => line.startsWith('{"row":'))
    .map((line) => JSON.parse(line) as RowOutcome);
  if (outcomes.length === 0) throw new Error(`The rows did not run on ${install}:\n${errors}`);
  return new Map(outcomes.map(({ row, fault }) => [row, fault]));
}

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
