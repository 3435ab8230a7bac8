import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { build, type Plugin } from 'esbuild';

/** A file of tests with all that it imports from the project, as one function: to call it loads everything anew. */
export interface BundledTests {
  /** The path of the file of tests, from the root of the project. */
  readonly file: string;
  /** The sources inside, by their paths from the root of the project. */
  readonly sources: ReadonlySet<string>;
  readonly load: (require: (name: string) => unknown) => void;
}

/** Sources know where they are, though they run from one bundle. */
const placesOf = (root: string): Plugin => ({
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const contents = readFileSync(path, 'utf8');
      if (!path.startsWith(root) || !contents.includes('import.meta.url')) return undefined;
      const place = JSON.stringify(pathToFileURL(path).href);
      return { contents: contents.replaceAll('import.meta.url', place), loader: 'ts' };
    });
  },
});

/** Tests import the library by the names that users do. */
const byPublishedName = (root: string): Plugin => ({
  name: 'published-names',
  setup({ onResolve }) {
    onResolve({ filter: /^toolfuse$/ }, () => ({ path: join(root, 'src/index.ts') }));
    onResolve({ filter: /^toolfuse\/machines$/ }, () => ({ path: join(root, 'machines/index.ts') }));
  },
});

/** Thousands of mutants leave no time for thousands of runs. What few runs do not notice, more of them seldom do. */
const fewRuns = (root: string): Plugin => ({
  name: 'few-runs',
  setup({ onResolve }) {
    onResolve({ filter: /\/property\.ts$/ }, ({ importer }) =>
      importer.endsWith('/few-runs.ts') ? undefined : { path: join(root, 'test/support/few-runs.ts') },
    );
  },
});

export async function bundleTests(root: string, files: readonly string[]): Promise<BundledTests[]> {
  const { outputFiles, metafile } = await build({
    entryPoints: [...files],
    absWorkingDir: root,
    outdir: root,
    outbase: root,
    write: false,
    bundle: true,
    metafile: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    plugins: [byPublishedName(root), placesOf(root), fewRuns(root)],
    logLevel: 'error',
  });
  return outputFiles.map(({ path, text }) => {
    const output = relative(root, path);
    const { entryPoint = output, inputs } = metafile.outputs[output] ?? { inputs: {} };
    const script = new Script(`(function (require, module, exports) {${text}\n})`, { filename: entryPoint });
    return {
      file: entryPoint,
      sources: new Set(Object.keys(inputs)),
      load: (require) => script.runInThisContext()(require, { exports: {} }, {}),
    };
  });
}
