import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { rollup } from 'rollup';

/** The chunks that one kind of start loads, by the modules of the sources that it begins with; `main` is the entry itself. */
export interface Group {
  readonly name: string;
  readonly from: readonly string[];
}

/** The files that a module loads before it runs itself: by `import`, and not by `import()`. */
function loadedBy(from: readonly string[], importsOf: (id: string) => readonly string[]): Set<string> {
  const found = new Set<string>();
  const visit = (id: string): void => {
    if (found.has(id)) return;
    found.add(id);
    for (const each of importsOf(id)) visit(each);
  };
  for (const each of from) visit(each);
  return found;
}

/**
 * Joins the chunks of a build by esbuild, which makes one of all modules that are shared by the same entries: some fifty small files,
 * each of which a start would wait for. What a group begins with and all that it loads at once becomes one file, but for what an
 * earlier group has. The files are CommonJS: Node.js starts the first one without its loader of ES modules.
 *
 * @param outside Where a module of the same package is that is not joined, relative to the folder: by the package's own name, it is
 * not found from there, since the folder has a `package.json`.
 */
export async function mergeChunks(
  folder: string,
  entry: string,
  groups: readonly Group[],
  outside: Readonly<Record<string, string>>,
): Promise<void> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.js'));
  const bundle = await rollup({
    input: join(folder, entry),
    external: (id) => !/^[./]/.test(id),
    // Esbuild has left out what is not needed.
    treeshake: false,
    preserveEntrySignatures: false,
  });
  const { output } = await bundle.generate({
    format: 'cjs',
    paths: outside,
    entryFileNames: entry,
    chunkFileNames: '[name].js',
    manualChunks(id, { getModuleInfo }) {
      const importsOf = (each: string): readonly string[] => getModuleInfo(each)?.importedIds ?? [];
      const nameOf = (from: string): string => {
        const found = names.find((name) => name === `${from}.js` || name.startsWith(`${from}-`));
        if (found === undefined) throw new Error(`${folder} has no chunk of ${from}`);
        return found;
      };
      const idOf = (from: string): string => join(id, '..', nameOf(from));
      return groups.find(({ from }) => loadedBy(from.map(idOf), importsOf).has(id))?.name;
    },
    plugins: [
      {
        name: 'minify',
        async renderChunk(code) {
          // Names are kept, for the stacks that users send us.
          const options = { minifyWhitespace: true, minifySyntax: true, lineLimit: 200 } as const;
          return { code: (await transform(code, { ...options, legalComments: 'none' })).code, map: null };
        },
      },
    ],
  });
  await bundle.close();
  for (const name of names) rmSync(join(folder, name));
  for (const file of output) {
    if (file.type === 'chunk') writeFileSync(join(folder, file.fileName), file.code);
  }
  // The package around it has ES modules.
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
}
