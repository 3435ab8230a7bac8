import { fileURLToPath } from 'node:url';

/** How Stryker runs; `scripts/mutants.ts` says which files it changes, and against which tests. */
export default {
  plugins: [fileURLToPath(new URL('scripts/mutants/test-runner.ts', import.meta.url))],
  testRunner: 'quick',
  coverageAnalysis: 'perTest',
  ignorePatterns: ['dist', 'docs', 'bench', 'reports'],
  reporters: ['progress-append-only', 'json'],
  jsonReporter: { fileName: 'reports/mutation.json' },
  timeoutMS: 60_000,
  timeoutFactor: 3,
  warnings: { slow: false },
};
