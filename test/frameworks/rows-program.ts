/** The program that runs a table of outcomes, bundled with the table. It prints how each row ended as a line of JSON. */
import { inspect } from 'node:util';
import type { RowOutcome, RowsModule } from './rows.ts';

export async function runTable({ load, rows }: RowsModule<unknown>, install: string): Promise<void> {
  const real = await load((name) => import(name), install);
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
}
