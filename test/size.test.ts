import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));

/** What an entry point adds to an application, as its bundler ships it: one file, minified and compressed, without xstate. */
async function bundled(entry: string, external: readonly string[] = []): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [join(dist, entry)],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    external: ['xstate', 'toolfuse', 'toolfuse/*', ...external],
    // The package as it is published, and not by this repository's paths to its sources.
    tsconfigRaw: {},
    write: false,
    logLevel: 'error',
  });
  return outputFiles.reduce((bytes, { contents }) => bytes + gzipSync(contents).length, 0);
}

const filesIn = (folder: string): string[] =>
  readdirSync(join(dist, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(dist, folder, name))
    .filter((path) => statSync(path).isFile());

/** What a folder takes on a disk. */
const stored = (folder: string): number =>
  filesIn(folder).reduce((bytes, path) => bytes + statSync(path).size, 0);

const sourceMaps = (): number =>
  filesIn('')
    .filter((path) => path.endsWith('.map'))
    .reduce((bytes, path) => bytes + statSync(path).size, 0);

/** What a browser downloads of a folder, each file compressed. */
const served = (folder: string): number =>
  filesIn(folder).reduce((bytes, path) => bytes + gzipSync(readFileSync(path)).length, 0);

interface Limit {
  readonly what: string;
  readonly measure: () => number | Promise<number>;
  readonly limit: number;
}

/** In bytes, a few percent above what was measured when the limit was last set. */
const limits: Limit[] = [
  { what: 'toolfuse, minified and compressed', measure: () => bundled('index.js'), limit: 55_300 },
  {
    what: 'toolfuse/machines, minified and compressed',
    measure: () => bundled('machines.js'),
    limit: 13_300,
  },
  { what: 'toolfuse/mcp, minified and compressed', measure: () => bundled('mcp.js'), limit: 8_750 },
  { what: 'toolfuse/tools, minified and compressed', measure: () => bundled('tools.js'), limit: 7_650 },
  { what: 'toolfuse/ai, minified and compressed', measure: () => bundled('ai.js'), limit: 8_000 },
  {
    what: 'toolfuse/claude-agent, minified and compressed',
    measure: () => bundled('claude-agent.js'),
    limit: 6_550,
  },
  {
    what: 'toolfuse/openai-agents, minified and compressed',
    measure: () => bundled('openai-agents.js'),
    limit: 7_500,
  },
  {
    what: 'toolfuse/langchain, minified and compressed',
    measure: () => bundled('langchain.js', ['@langchain/*']),
    limit: 7_650,
  },
  {
    what: 'toolfuse/prometheus, minified and compressed, without prom-client',
    measure: () => bundled('prometheus.js', ['prom-client']),
    limit: 4_600,
  },
  {
    what: 'toolfuse/opentelemetry, minified and compressed, without its API',
    measure: () => bundled('opentelemetry.js', ['@opentelemetry/api']),
    limit: 5_850,
  },
  {
    what: 'toolfuse/inspect for browsers, minified and compressed',
    measure: () => bundled('inspect/browser.js'),
    limit: 950,
  },
  // A good quarter of it is RE2 in JavaScript, which only --failure-pattern loads; another reads JSON with comments, TOML and YAML
  // for wrap and doctor, and is loaded by them alone.
  { what: 'the command, on disk', measure: () => stored('cli'), limit: 1_540_000 },
  // Two thirds are the sources themselves: a map without them makes bundlers warn.
  { what: 'the source maps of the library, on disk', measure: () => sourceMaps(), limit: 1_220_000 },
  { what: 'the page of the inspector, compressed', measure: () => served('inspect/page'), limit: 62_000 },
];

const inBytes = (size: number): string => `${size.toLocaleString('en')} bytes`;

describe('the size of', () => {
  it.each(limits)('$what stays within its limit', async ({ what, measure, limit }) => {
    const size = await measure();
    expect(
      size,
      `${what}: ${inBytes(size)}, ${inBytes(size - limit)} above the limit of ${inBytes(limit)}. ` +
        'If that is worth it, raise the limit in test/size.test.ts.',
    ).toBeLessThanOrEqual(limit);
  });
});
