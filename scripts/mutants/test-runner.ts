import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { MutantCoverage } from '@stryker-mutator/api/core';
import {
  commonTokens,
  declareFactoryPlugin,
  type Injector,
  PluginKind,
  tokens,
} from '@stryker-mutator/api/plugin';
import {
  type CompleteDryRunResult,
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestRunner,
  TestStatus,
} from '@stryker-mutator/api/test-runner';
import { type BundledTests, bundleTests } from './bundle-tests.ts';
import { type CollectedTest, TestsOfAFile } from './tests-of-a-file.ts';

/*
 * Runs the tests of the core for Stryker. Vitest needs about a second to load what one mutant is tested with, whatever it
 * is; here each file of tests is bundled once, and is loaded anew, with the mutant inside, within milliseconds.
 */

/** What the instrumented sources read and write. */
interface Instruments {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: MutantCoverage;
}

/** The tests that mutants are run against: those of the core that start no process, and what the core's rules are for elsewhere. */
const testFolders = [
  'machines',
  'conformance',
  'model',
  ...[
    'classify',
    'persistence',
    'telemetry',
    'options',
    'time',
    'circuits',
    'calls',
    'views',
    'registry',
    'fleet',
  ].map((room) => `src/${room}`),
];

/**
 * Tests that need what is not here: sources without mutants in them, processes, errors of the operating system. Those of the edges walk
 * every chart while they are loaded, which takes seconds: too slow for each mutant, so that each rule has a test of its own.
 */
const leftOut =
  /\/(?:machines\/(?:edges|purity)|time\/process|classify\/real-errors|fleet\/(?:real-|faults|failover|demo)[\w-]*)\.test\.ts$/;

/** Tests of what happens a hundred thousand times, or at each of many moments: too slow for thousands of mutants. */
const slow = [
  /keeps memory bounded, counts correct/,
  /has no limit if maxTools is Infinity$/,
  /100 000 mixed concurrent calls/,
  /gets correct answers during every kind of event/,
  /stops many open circuits in linear time$/,
  /is done with briefly/,
  / keeps every count correct$/,
];

/** What is tested in a file of another name. */
const testedWith: Readonly<Record<string, string>> = {
  'circuit-context': 'tool-circuit',
  'circuit-rules': 'tool-circuit',
  'registry-context': 'tool-registry',
  reports: 'tool-circuit',
  tally: 'count-window',
};

/**
 * A test that has not ended by then, in ms, never will; nor one that takes ten times as long as all tests of its file took without
 * a mutant, and two seconds. Stryker ends what does not even let this timer run.
 */
const longestTestMs = 20_000;

/** Written into the sandbox by the process with the first run, for those of the mutants. */
const knownFile = 'what-tests-run.json';

const { setTimeout, clearTimeout, setImmediate } = globalThis;

/** Vitest's `expect` and `vi`, which look for a worker of Vitest. */
async function assertions() {
  const toFake = [
    'setTimeout',
    'clearTimeout',
    'setInterval',
    'clearInterval',
    'setImmediate',
    'clearImmediate',
  ];
  Object.assign(globalThis, {
    __vitest_worker__: {
      config: {
        fakeTimers: {
          loopLimit: 10_000,
          shouldClearNativeTimers: true,
          toFake: [...toFake, 'Date', 'performance'],
        },
      },
    },
  });
  const { expect, expectTypeOf, vi } = await import('vitest');
  return { expect, expectTypeOf, vi };
}

type Assertions = Awaited<ReturnType<typeof assertions>>;

/** How a run of some tests ended: it ends with the first test that fails. */
interface Outcome {
  readonly ended: (CollectedTest & { readonly tookMs: number })[];
  readonly failed?: CollectedTest;
  readonly message?: string;
  readonly isHung?: boolean;
}

/** The first file to run for a mutant of a source is that of its own name, then come those of its folder, then all others. */
function rankOf(file: string, source: string): number {
  const [, folder = '-', name = '-'] = /(machines|src\/\w+)\/(?:.*\/)?([^/]+)\.ts$/.exec(source) ?? [];
  if (file.endsWith(`/${testedWith[name] ?? name}.test.ts`)) return 0;
  return file.startsWith(`test/${folder}/`) ? 1 : 2;
}

const filesOf = (ids: Iterable<string>): Set<string> =>
  new Set([...ids].map((id) => id.slice(0, id.indexOf('#'))));

class QuickTestRunner implements TestRunner {
  readonly #root = process.cwd();
  readonly #require = createRequire(join(process.cwd(), 'package.json'));
  readonly #instruments: Instruments;
  #assertions: Assertions | undefined;
  #files: readonly BundledTests[] = [];
  /** The files of tests that run code of a source, and how long the tests of each file take, in ms. */
  #known: { users: Record<string, readonly string[]>; tookMs: Record<string, number> } = {
    users: {},
    tookMs: {},
  };
  /** What nobody caught during a run: it fails a run of Vitest, too. */
  readonly #uncaught: unknown[] = [];

  static readonly inject = tokens('globalNamespace');

  constructor(namespace: string) {
    const holder = globalThis as unknown as Record<string, Instruments>;
    holder[namespace] ??= {};
    this.#instruments = holder[namespace];
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    process.env.NODE_ENV = 'test';
    process.env.VITEST = '1';
    const onUncaught = (error: unknown): unknown => this.#uncaught.push(error);
    process.on('uncaughtException', onUncaught).on('unhandledRejection', onUncaught);
    this.#assertions = await assertions();
    const files = testFolders
      .flatMap((folder) =>
        readdirSync(`test/${folder}`, { recursive: true, encoding: 'utf8' }).map(
          (name) => `test/${folder}/${name}`,
        ),
      )
      .filter((file) => file.endsWith('.test.ts') && !leftOut.test(file));
    this.#files = await bundleTests(this.#root, files);
    if (existsSync(knownFile)) this.#known = JSON.parse(readFileSync(knownFile, 'utf8'));
  }

  async dryRun(): Promise<DryRunResult> {
    this.#instruments.activeMutant = undefined;
    this.#instruments.hitCount = undefined;
    const tests: CompleteDryRunResult['tests'] = [];
    for (const file of this.#files) {
      const { ended, failed, message } = await this.#run(file);
      if (failed) return { status: DryRunStatus.Error, errorMessage: `${failed.id}: ${message}` };
      this.#known.tookMs[file.file] = 20 + ended.reduce((sumMs, { tookMs }) => sumMs + tookMs, 0);
      for (const { id, name, tookMs } of ended) {
        tests.push({ id, name, fileName: file.file, timeSpentMs: tookMs, status: TestStatus.Success });
      }
    }
    const { mutantCoverage } = this.#instruments;
    this.#findUsers(mutantCoverage);
    return { status: DryRunStatus.Complete, tests, ...(mutantCoverage && { mutantCoverage }) };
  }

  /** Notes the files of tests that run code of each source, as far as mutants stand in it. */
  #findUsers(coverage: MutantCoverage | undefined): void {
    const covering = new Map<string, Set<string>>();
    for (const [test, mutants] of Object.entries(coverage?.perTest ?? {})) {
      const [file = ''] = filesOf([test]);
      for (const id of Object.keys(mutants)) {
        covering.set(id, (covering.get(id) ?? new Set()).add(file));
      }
    }
    for (const source of new Set(this.#files.flatMap(({ sources }) => [...sources]))) {
      const ids = readFileSync(source, 'utf8').matchAll(/stryMutAct_\w+\("(\d+)"\)/g);
      this.#known.users[source] = [
        ...new Set([...ids].flatMap(([, id = '']) => [...(covering.get(id) ?? [])])),
      ];
    }
    writeFileSync(knownFile, JSON.stringify(this.#known));
  }

  async mutantRun({ activeMutant, testFilter, ...options }: MutantRunOptions): Promise<MutantRunResult> {
    // Stryker allows a mutant to be met a hundred times as often as without it, for tests that look for small failures.
    const hitLimit = options.hitLimit && options.hitLimit / 10;
    this.#instruments.activeMutant = activeMutant.id;
    this.#instruments.hitCount = 0;
    this.#instruments.hitLimit = hitLimit;
    const source = activeMutant.fileName
      .replace(`${this.#root}/`, '')
      .replace(/^.*?(?=(?:src|machines)\/)/, '');
    const wanted = testFilter && new Set(testFilter);
    // A mutant that is met while a source is loaded may matter to whatever runs that source's code later.
    const wantedFiles = wanted ? filesOf(wanted) : new Set(this.#known.users[source]);
    const files = this.#files
      .filter(({ file, sources }) => sources.has(source) && (wantedFiles.size === 0 || wantedFiles.has(file)))
      .sort((a, b) => this.#costOf(a.file, source) - this.#costOf(b.file, source));
    let nrOfTests = 0;
    for (const file of files) {
      const { ended, failed, message = '', isHung } = await this.#run(file, wanted);
      const limit = determineHitLimitReached(this.#instruments.hitCount, hitLimit);
      if (limit)
        return {
          status: MutantRunStatus.Timeout,
          ...(limit.reason !== undefined && { reason: limit.reason }),
        };
      if (isHung) return { status: MutantRunStatus.Timeout, reason: message };
      nrOfTests += ended.length;
      if (failed) {
        return { status: MutantRunStatus.Killed, killedBy: [failed.id], failureMessage: message, nrOfTests };
      }
    }
    return { status: MutantRunStatus.Survived, nrOfTests };
  }

  /** Loads a file of tests anew and runs those that are wanted, one after another, until one fails. */
  async #run({ file, load }: BundledTests, wanted?: ReadonlySet<string>): Promise<Outcome> {
    const collected = new TestsOfAFile(file);
    const place: CollectedTest = {
      id: `${file}#`,
      name: file,
      work: () => undefined,
      suite: undefined as never,
    };
    const ended: Outcome['ended'] = [];
    let test = place;
    const tookMs = this.#known.tookMs[file];
    const limitMs = tookMs === undefined ? longestTestMs : Math.min(longestTestMs, 2_000 + 10 * tookMs);
    try {
      load((name) => (name === 'vitest' ? this.#vitest(collected, file) : this.#require(name)));
      for (test of collected.tests) {
        if (wanted && !wanted.has(test.id)) continue;
        if (slow.some((name) => name.test(test.name))) continue;
        this.#instruments.currentTestId = test.id;
        const startedAt = performance.now();
        if (await isHung(collected.run(test), limitMs)) {
          await isHung(collected.leave(test.suite), limitMs);
          return { ended, failed: test, isHung: true, message: 'it did not end' };
        }
        ended.push({ ...test, tookMs: performance.now() - startedAt });
        this.#throwUncaught();
      }
      this.#instruments.currentTestId = undefined;
      await collected.end();
      await latecomers();
      this.#throwUncaught();
      return { ended };
    } catch (error) {
      return {
        ended,
        failed: test,
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      };
    } finally {
      this.#instruments.currentTestId = undefined;
      this.#assertions?.vi.useRealTimers();
      this.#assertions?.vi.restoreAllMocks();
      await latecomers();
      this.#uncaught.length = 0;
    }
  }

  #throwUncaught(): void {
    if (this.#uncaught.length > 0) throw this.#uncaught[0];
  }

  /** Quick tests first, and those near a source before those that are far from it. */
  #costOf(file: string, source: string): number {
    return (this.#known.tookMs[file] ?? 0) * 4 ** rankOf(file, source);
  }

  #vitest({ api }: TestsOfAFile, file: string): object {
    const { expect, expectTypeOf, vi } = this.#assertions ?? {};
    expect?.extend({
      toMatchFileSnapshot: (received: string, path: string) => {
        const content = readFileSync(resolve(dirname(file), path), 'utf8');
        return { pass: content === received, message: () => `It is not what is in ${path}` };
      },
    });
    return { ...api, expect, expectTypeOf, vi };
  }
}

/** Errors that XState reports by a timer come after the event that caused them. */
async function latecomers(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setImmediate(resolve));
}

async function isHung(run: Promise<void>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<true>((give) => {
    timer = setTimeout(() => give(true), limitMs);
  });
  try {
    return await Promise.race([late, run.then(() => false)]);
  } finally {
    clearTimeout(timer);
  }
}

create.inject = tokens(commonTokens.injector);
function create(injector: Injector): QuickTestRunner {
  return injector.provideValue('globalNamespace', '__stryker__' as const).injectClass(QuickTestRunner);
}

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'quick', create)];
