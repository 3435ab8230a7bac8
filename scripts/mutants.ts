import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';

/*
 * Breaks the sources in thousands of small ways, and runs the tests that reach each: `npm run mutants`, or
 * `npm run mutants -- --mutate machines/backoff.ts` for a file. It fails where the tests notice too few of them, and where
 * one lives on that `test/surviving-mutants.json` does not name.
 */

/** The share of mutants, in percent, that the tests must notice. */
const leastScore = 90;

interface Position {
  readonly line: number;
  readonly column: number;
}

/** A mutant as Stryker reports it. */
interface Mutant {
  readonly replacement: string;
  readonly status: string;
  readonly location: { readonly start: Position; readonly end: Position };
}

/** What was mutated, by its path. */
type Files = Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>;

/** Mutants that no test notices, and why that is right. */
interface Group {
  readonly why: string;
  readonly mutants: readonly string[];
}

interface Tally {
  killed: number;
  timedOut: number;
  alive: number;
}

const read = <Content>(path: string): Content => JSON.parse(readFileSync(path, 'utf8')) as Content;

const oneLine = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
};

/** A mutant by the line that it changes rather than by its number: most changes of a file leave its name as it is. */
function nameOf(file: string, source: string, { replacement, location: { start, end } }: Mutant): string {
  const lines = source.split('\n');
  const first = lines[start.line - 1] ?? '';
  const last = lines[end.line - 1] ?? '';
  const original =
    start.line === end.line
      ? first.slice(start.column - 1, end.column - 1)
      : [
          first.slice(start.column - 1),
          ...lines.slice(start.line, end.line - 1),
          last.slice(0, end.column - 1),
        ].join('\n');
  const before = first.slice(0, start.column - 1).trimStart();
  const after = start.line === end.line ? first.slice(end.column - 1) : '';
  return `${file}: ${before}⟦${oneLine(original)} → ${oneLine(replacement)}⟧${after}`;
}

const scoreOf = ({ killed, timedOut, alive }: Tally): number =>
  (100 * (killed + timedOut)) / Math.max(1, killed + timedOut + alive);

/** `machines`, or the room of `src` that a file is in. */
const folderOf = (file: string): string => file.split('/').slice(0, -1).join('/');

function count(tally: Tally, status: string): void {
  if (status === 'Killed') tally.killed += 1;
  else if (status === 'Timeout') tally.timedOut += 1;
  else if (status === 'Survived' || status === 'NoCoverage') tally.alive += 1;
}

/** What has become of all mutants: scores by folder, and the names of those that live. */
function judge(files: Files) {
  const folders = new Map<string, Tally>();
  const total: Tally = { killed: 0, timedOut: 0, alive: 0 };
  const alive: string[] = [];
  for (const [file, { source, mutants }] of Object.entries(files)) {
    const folder = folders.get(folderOf(file)) ?? { killed: 0, timedOut: 0, alive: 0 };
    folders.set(folderOf(file), folder);
    for (const mutant of mutants) {
      count(folder, mutant.status);
      count(total, mutant.status);
      if (mutant.status === 'Survived' || mutant.status === 'NoCoverage') {
        alive.push(nameOf(file, source, mutant));
      }
    }
  }
  return { rows: [...[...folders].sort(([a], [b]) => (a < b ? -1 : 1)), ['all', total] as const], alive };
}

/** The rules, and the rooms of `src` that make up the core. */
const core = 'registry,views,calls,circuits,classify,persistence,telemetry,options,time';

const { values } = parseArgs({
  options: {
    /** Files, or a glob of them: `machines/backoff.ts,src/calls/*.ts`. Default: all of the core. */
    mutate: { type: 'string' },
    /** How many mutants at a time: a process each. */
    concurrency: { type: 'string', default: '2' },
    /** Leaves out mutants that are met only while a module is loaded: they take most of the time. */
    quick: { type: 'boolean', default: false },
    /** Takes over what an earlier run has found of files and tests that are as they were. */
    incremental: { type: 'boolean', default: false },
  },
});

// Stryker's processes load our test runner.
process.env.NODE_OPTIONS = '--import tsx';
await new Stryker({
  plugins: [fileURLToPath(new URL('mutants/test-runner.ts', import.meta.url))],
  testRunner: 'quick',
  mutate: values.mutate?.split(/,(?![^{]*\})/) ?? ['machines/**/*.ts', `src/{${core}}/**/*.ts`],
  concurrency: Number(values.concurrency),
  ignoreStatic: values.quick,
  incremental: values.incremental,
  incrementalFile: 'reports/mutants.json',
}).runMutationTest();

const { files } = read<{ files: Files }>('reports/mutation.json');
const groups = read<Group[]>('test/surviving-mutants.json');
const classified = new Set(groups.flatMap(({ mutants }) => mutants));
const { rows, alive } = judge(files);

const unknown = alive.filter((name) => !classified.has(name));
if (unknown.length > 0) {
  console.log(`\n${unknown.length} live that test/surviving-mutants.json does not name:`);
  for (const name of unknown) console.log(`  ${name}`);
}
const isLooked = (name: string): boolean => Object.hasOwn(files, name.slice(0, name.indexOf(': ')));
const gone = [...classified].filter((name) => isLooked(name) && !alive.includes(name));
if (gone.length > 0) {
  console.log(`\n${gone.length} that it names live no more:`);
  for (const name of gone) console.log(`  ${name}`);
}

console.log('\n              folder  killed  timed out  alive  score');
for (const [folder, tally] of rows) {
  const { killed, timedOut, alive: living } = tally;
  const figures = [String(killed).padStart(6), String(timedOut).padStart(9), String(living).padStart(5)];
  console.log([folder.padStart(20), ...figures, scoreOf(tally).toFixed(1).padStart(5)].join('  '));
}
const [, total] = rows.at(-1) ?? [];
if (total === undefined || scoreOf(total) < leastScore || unknown.length > 0) process.exitCode = 1;
