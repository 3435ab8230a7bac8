import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Puts the built package and what it depends on into an app, as npm does: a link would lead a bundler to the sources of this one. */
export function installPackage(app: string): void {
  const modules = join(app, 'node_modules');
  for (const part of ['dist', 'package.json']) {
    cpSync(join(root, part), join(modules, 'toolfuse', part), { recursive: true });
  }
  cpSync(join(root, 'node_modules/xstate'), join(modules, 'xstate'), { recursive: true, dereference: true });
  // The package has the page in its code, and not these files.
  rmSync(join(modules, 'toolfuse/dist/inspect/page'), { recursive: true, force: true });
}
