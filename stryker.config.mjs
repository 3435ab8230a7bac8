/** What is mutated, and by which tests. `scripts/mutants.ts` runs it. */
export default {
  mutate: [
    'machines/**/*.ts',
    'src/{registry,views,calls,circuits,classify,persistence,telemetry,options,time}/**/*.ts',
  ],
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutants.config.ts', related: true },
  coverageAnalysis: 'perTest',
  concurrency: 1,
  ignorePatterns: ['dist', 'docs', 'bench', 'reports'],
  reporters: ['progress-append-only', 'json', 'event-recorder'],
  jsonReporter: { fileName: 'reports/mutation.json' },
  timeoutMS: 15_000,
  timeoutFactor: 2,
  allowEmpty: false,
};
