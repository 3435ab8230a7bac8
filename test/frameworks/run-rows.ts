import { fileURLToPath } from 'node:url';
import type { RowOutcome } from './rows.ts';
import { runProgram } from './run-program.ts';
import type { InstallName } from './versions.ts';

const program = fileURLToPath(new URL('rows-program.ts', import.meta.url));

/**
 * Runs a table of outcomes on an installed framework.
 *
 * @param code A program that runs the table with `runTable`.
 * @returns What did not hold of each row; null if all did.
 */
export async function runRowsOf(
  code: string,
  install: InstallName,
): Promise<ReadonlyMap<string, string | null>> {
  const { output, errors } = await runProgram(code, install);
  const outcomes = output
    .split('\n')
    .filter((line) => line.startsWith('{"row":'))
    .map((line) => JSON.parse(line) as RowOutcome);
  if (outcomes.length === 0) throw new Error(`The rows did not run on ${install}:\n${errors}`);
  return new Map(outcomes.map(({ row, fault }) => [row, fault]));
}

/** Runs the table of outcomes that a file exports. */
export const runRows = (file: string, install: InstallName): Promise<ReadonlyMap<string, string | null>> =>
  runRowsOf(
    `import { runTable } from ${JSON.stringify(program)};
    import * as table from ${JSON.stringify(file)};
    await runTable(table, ${JSON.stringify(install)});`,
    install,
  );
