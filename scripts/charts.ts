/** Redraws the charts in README.md and docs/: `npm run charts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chartFiles } from './chart-files.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

for (const [path, text] of chartFiles(readFileSync(`${root}README.md`, 'utf8'))) {
  writeFileSync(`${root}${path}`, text);
}
