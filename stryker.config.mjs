/** How Stryker runs; `scripts/mutants.ts` says which files it changes, and against which tests. */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutants.config.ts', related: true },
  coverageAnalysis: 'perTest',
  ignorePatterns: ['dist', 'docs', 'bench', 'reports'],
  reporters: ['progress-append-only', 'json'],
  jsonReporter: { fileName: 'reports/mutation.json' },
  timeoutMS: 15_000,
  timeoutFactor: 1.5,
  warnings: { slow: false },
};
