import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Thousands of mutants leave no time for thousands of runs. What few runs do not notice, more of them seldom do. */
const fewRuns = {
  name: 'few-runs',
  enforce: 'pre',
  resolveId: (id: string, importer?: string) =>
    id.endsWith('/property.ts') && !importer?.endsWith('/few-runs.ts')
      ? source('test/support/few-runs.ts')
      : undefined,
} as const;

/** What is tested in a file of another name. */
const testedWith: Readonly<Record<string, string>> = {
  'circuit-context': 'tool-circuit',
  'circuit-rules': 'tool-circuit',
  reports: 'tool-circuit',
  tally: 'count-window',
};

/** Files whose tests take longest, the slowest last. */
const slowFiles = [
  'hostile',
  'persist',
  'reference-traces',
  'listeners',
  'permits.model',
  'model',
  'reentrancy',
];

/**
 * First the tests of the file with the mutant, then those of its folder: the first failure ends a run, and to load a file of
 * tests takes longer than to run it.
 */
class NearestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const mutated = /(machines|src\/\w+)\/(?:.*\/)?([^/]+)\.ts$/.exec(String(this.ctx.config.related));
    const [, folder = '-', name = '-'] = mutated ?? [];
    const rank = ({ moduleId }: TestSpecification): number => {
      if (moduleId.includes(`/${testedWith[name] ?? name}.test.`)) return -3;
      const slowness = slowFiles.findIndex((slow) => moduleId.includes(`/${slow}.`));
      if (slowness !== -1) return slowness;
      return moduleId.includes(`/test/${folder}/`) ? -2 : -1;
    };
    return [...files].sort((a, b) => rank(a) - rank(b));
  }
}

/** The tests that mutants are run against, those of `MUTANTS_TESTS`: the quick ones, that start no process and no browser. */
export default defineConfig({
  plugins: [fewRuns],
  resolve: {
    alias: [
      { find: /^toolfuse$/, replacement: source('src/index.ts') },
      { find: /^toolfuse\/machines$/, replacement: source('machines/index.ts') },
    ],
  },
  test: {
    include: (process.env.MUTANTS_TESTS ?? 'test/{machines,conformance}/**/*.test.ts').split(' '),
    exclude: [
      // Reads the sources, into which the mutants are written.
      'test/machines/purity.test.ts',
      // These start processes, or really thrown errors of the system.
      'test/src/time/clock.test.ts',
      'test/src/classify/real-errors.test.ts',
    ],
    // One thread for each mutant, in which every module is loaded once.
    pool: 'threads',
    isolate: false,
    // Stryker ends what takes too long.
    testTimeout: 60_000,
    setupFiles: ['test/support/run-of-a-mutant.ts'],
    sequence: { sequencer: NearestFirst },
  },
});
