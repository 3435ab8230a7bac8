import { format } from 'node:util';

/*
 * A small stand-in for the part of Vitest that collects tests and runs them: it runs the same file again within milliseconds,
 * where Vitest loads each module anew. `expect` and `vi` are Vitest's own.
 */

type Work = (...values: never[]) => unknown;
type Hook = () => unknown;
type Title = string;

interface Suite {
  readonly title: Title;
  readonly parent: Suite | undefined;
  readonly before: Hook[];
  readonly after: Hook[];
  readonly beforeEach: Hook[];
  readonly afterEach: Hook[];
  /** Whether `before` has run. */
  isReady: boolean;
}

/** A test, and where it stands. */
export interface CollectedTest {
  /** The same one each time that the file is run: its place in the file, and its name. */
  readonly id: string;
  /** The titles of what is around it, and its own. */
  readonly name: string;
  readonly suite: Suite;
  readonly work: () => unknown;
}

const newSuite = (title: Title, parent?: Suite): Suite => ({
  title,
  parent,
  before: [],
  after: [],
  beforeEach: [],
  afterEach: [],
  isReady: false,
});

/** From the outermost one to this one. */
const around = (suite: Suite): Suite[] => [...(suite.parent ? around(suite.parent) : []), suite];

/** The title of one row of a table: `%s` and `$name` stand for its values. */
function titleOf(title: Title, row: readonly unknown[], index: number): Title {
  const [first] = row;
  const named = title.replaceAll('%#', String(index)).replaceAll(/\$([\w.]+)/g, (whole, path: string) => {
    const value = path
      .split('.')
      .reduce<unknown>(
        (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
        first,
      );
    return value === undefined ? whole : String(value);
  });
  const places = named.match(/%[sdifjoO]/g)?.length ?? 0;
  return format(named, ...row.slice(0, places));
}

/** `(title, work)` or `(title, options, work)`: the limits in options are Vitest's business. */
const workOf = (given: readonly unknown[]): Work =>
  given.find((each): each is Work => typeof each === 'function') ?? (() => undefined);

/** What a file of tests declares while it is loaded. */
export class TestsOfAFile {
  readonly tests: CollectedTest[] = [];
  readonly #file: string;
  #suite = newSuite('');
  #finished: Hook[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  /** What the file imports from `vitest`, but for `expect` and `vi`. */
  readonly api = {
    describe: this.#withEach((title, work) => {
      const outer = this.#suite;
      this.#suite = newSuite(title, outer);
      work();
      this.#suite = outer;
    }),
    it: this.#withEach((title, work) => {
      const titles = [...around(this.#suite).map((suite) => suite.title), title].filter(Boolean);
      const name = titles.join(' ');
      this.tests.push({ id: `${this.#file}#${this.tests.length} ${name}`, name, suite: this.#suite, work });
    }),
    beforeAll: (hook: Hook): unknown => this.#suite.before.push(hook),
    afterAll: (hook: Hook): unknown => this.#suite.after.push(hook),
    beforeEach: (hook: Hook): unknown => this.#suite.beforeEach.push(hook),
    afterEach: (hook: Hook): unknown => this.#suite.afterEach.push(hook),
    onTestFinished: (hook: Hook): unknown => this.#finished.push(hook),
  };

  /** Runs a test with the hooks around it. */
  async run({ suite, work }: CollectedTest): Promise<void> {
    const suites = around(suite);
    for (const each of suites) {
      if (each.isReady) continue;
      each.isReady = true;
      for (const hook of each.before) await hook();
    }
    try {
      for (const { beforeEach } of suites) for (const hook of beforeEach) await hook();
      await work();
    } finally {
      await this.leave(suite);
    }
  }

  /** Runs the hooks behind a test: for one that hangs, so that it leaves nothing to those of the next mutants. */
  async leave(suite: Suite): Promise<void> {
    for (const hook of this.#finished.splice(0).reverse()) await hook();
    for (const { afterEach } of around(suite).reverse()) for (const hook of afterEach) await hook();
  }

  /** Runs the hooks behind the last test of each suite. */
  async end(): Promise<void> {
    const suites = new Set(this.tests.flatMap(({ suite }) => around(suite)).reverse());
    for (const { isReady, after } of suites) if (isReady) for (const hook of after) await hook();
  }

  #withEach(declare: (title: Title, work: () => unknown) => void) {
    const one = (title: Title, ...given: unknown[]): void => declare(title, workOf(given) as () => unknown);
    const each =
      (table: readonly unknown[]) =>
      (title: Title, ...given: unknown[]): void => {
        const isOfRows = table.every((row) => Array.isArray(row));
        for (const [index, row] of table.entries()) {
          const values: readonly unknown[] = isOfRows ? (row as unknown[]) : [row];
          declare(titleOf(title, values, index), () => workOf(given)(...(values as never[])));
        }
      };
    return Object.assign(one, { each });
  }
}
