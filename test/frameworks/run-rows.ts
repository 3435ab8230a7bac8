/**
 * Runs a table of outcomes on a framework, and prints how each row ended as a line of JSON. A program of its own, because a
 * framework may need another Node.js than the tests run with.
 */
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { loaderOf } from './installed.ts';
import type { ImportReal, RowOutcome, RowsModule } from './rows.ts';
import type { InstallName } from './versions.ts';

const [file = '', install = ''] = process.argv.slice(2);
const { load: importReal } = (await import(pathToFileURL(loaderOf(install as InstallName)).href)) as {
  load: ImportReal;
};
const { load, rows } = (await import(pathToFileURL(file).href)) as RowsModule<unknown>;
const real = await load(importReal, install);

// A tool that never answers holds no process, and the rows that wait for its time limit must not end with it.
setInterval(() => {}, 1_000_000);

const strays: unknown[] = [];
process.on('unhandledRejection', (error) => strays.push(error));

for (const [row, holds] of Object.entries(rows)) {
  let fault: string | null = null;
  try {
    await holds(real);
  } catch (error) {
    fault =
      error instanceof Error && error.name !== 'AssertionError' ? inspect(error) : (error as Error).message;
  }
  // A macrotask later, what was rejected in the row has been reported.
  await new Promise((resolve) => setTimeout(resolve, 0));
  if (strays.length > 0) fault = `${fault ?? ''} Unhandled: ${inspect(strays.splice(0))}`;
  process.stdout.write(`\n${JSON.stringify({ row, fault } satisfies RowOutcome)}\n`);
}
process.exit();
