/** How Stryker runs; `scripts/mutants.ts` says which files it changes, and by what the tests are run. */
export default {
  coverageAnalysis: 'perTest',
  ignorePatterns: ['dist', 'docs', 'bench', 'reports'],
  reporters: ['progress-append-only', 'json'],
  jsonReporter: { fileName: 'reports/mutation.json' },
  timeoutMS: 60_000,
  timeoutFactor: 3,
  warnings: { slow: false },
};
