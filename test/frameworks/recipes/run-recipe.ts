import { fileURLToPath } from 'node:url';
import { blocks, installOf } from '../../support/code-blocks.ts';
import { runRowsOf } from '../run-rows.ts';
import type { InstallName } from '../versions.ts';

/** The page that has the recipes for frameworks. */
export const page = 'docs/frameworks.md';

const at = (path: string): string => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));

/** Runs the rows on the recipe for a framework. @returns What did not hold of each row; null if all did. */
export function runRecipe(install: InstallName): Promise<ReadonlyMap<string, string | null>> {
  const recipe = blocks(page, 'ts').find((code) => installOf(code) === install);
  if (recipe === undefined) throw new Error(`${page} has no recipe for ${install}`);
  return runRowsOf(
    `${recipe}
    import { runTable } from ${at('../rows-program.ts')};
    import { rows } from ${at('rows.ts')};
    import * as harness from ${at(`${install}.ts`)};
    await runTable({ rows, load: (importReal) => harness.load(importReal, ask) }, ${JSON.stringify(install)});`,
    install,
  );
}
