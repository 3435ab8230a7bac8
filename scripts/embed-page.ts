import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/** How the page of the inspector is built, for a browser and with all that it needs. */
const options: BuildOptions & { write: false } = {
  entryPoints: ['src/inspect/page/main.tsx'],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  platform: 'browser',
  legalComments: 'none',
  write: false,
  outdir: 'page',
};

/** The files of the page by their names, each compressed by gzip and in base64. */
async function pageFiles(): Promise<Record<string, string>> {
  const { outputFiles } = await build(options);
  const files = new Map<string, Uint8Array>();
  for (const { path, contents } of outputFiles) files.set(path.replace(/^.*main\./, 'page.'), contents);
  for (const name of ['index.html', 'icon.svg']) {
    files.set(name, readFileSync(`src/inspect/page/static/${name}`));
  }
  return Object.fromEntries(
    [...files].map(([name, contents]) => [name, gzipSync(contents, { level: 9 }).toString('base64')]),
  );
}

/**
 * Puts the files of the page into the library itself, in place of the module that reads them from the disk, so that they are found
 * wherever a bundler moves the library.
 */
export const embedPage: Plugin = {
  name: 'embed-page',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]inspect[\\/]server[\\/]page-files\.ts$/ }, async () => ({
      contents: `const files = ${JSON.stringify(await pageFiles())};\nexport const pageFile = (name) => files[name];\n`,
      loader: 'js',
    }));
  },
};
