import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';
import { embedPage } from './scripts/embed-page.ts';
import { mergeChunks } from './scripts/merge-chunks.ts';
import { thirdPartyLicenses } from './scripts/third-party-licenses.ts';
import { configSchema } from './src/proxy/options/schema.ts';

const common = { format: 'esm', target: 'node20' } as const;

/**
 * Bundled CommonJS modules ask for Node's own by `require`. Other bundlers move this code, also into CommonJS, where `import.meta` is
 * empty.
 */
const portableBanner = { js: 'const require = (name) => process.getBuiltinModule(name);' };

/** `ws` would load these if they were there; what is not Node's own cannot be loaded from the bundle. */
const withoutNativeParts = {
  'process.env.WS_NO_BUFFER_UTIL': '"true"',
  'process.env.WS_NO_UTF_8_VALIDATE': '"true"',
};

const banner = {
  js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
};

const classicNotice =
  '// With @xstate/inspect 0.8 and xstate 4 inside: MIT License, Copyright (c) 2015 David Khourshid.\n';

/** Dagre has one, which points at a file that is not published. THIRD-PARTY-LICENSES.txt says what it would say. */
const withoutLegalComments: NonNullable<Options['esbuildOptions']> = (options) => {
  options.legalComments = 'none';
};

const classic = {
  ...common,
  outDir: 'dist/inspect/classic',
  external: [/^toolfuse/],
  noExternal: [/./],
  define: { 'process.env.NODE_ENV': '"production"' },
  minify: true,
  esbuildOptions(options) {
    options.alias = { xstate: 'xstate-v4' };
  },
} satisfies Options;

const builds: Options[] = [
  // The library and its adapters, in one build: what two entries need is in one file, which is loaded once for both.
  {
    ...common,
    entry: {
      index: 'src/index.ts',
      ai: 'src/ai/index.ts',
      'claude-agent': 'src/claude-agent/index.ts',
      fleet: 'src/fleet/index.ts',
      langchain: 'src/langchain/index.ts',
      machines: 'machines/index.ts',
      mcp: 'src/mcp/index.ts',
      'openai-agents': 'src/openai-agents/index.ts',
      opentelemetry: 'src/opentelemetry/index.ts',
      prometheus: 'src/prometheus/index.ts',
      testing: 'src/testing/index.ts',
      tools: 'src/tools/index.ts',
    },
    external: [/^toolfuse/, /^@langchain/],
    // Of what users step into, with the sources: a map without them makes bundlers warn.
    sourcemap: true,
    async onSuccess() {
      for (const file of ['grafana-dashboard.json', 'prometheus-rules.yml']) {
        copyFileSync(`src/prometheus/ready-made/${file}`, `dist/${file}`);
      }
      // An entry imports chunks that it needs nothing of. They have no effects, and a bundler would warn of such imports. Their lines
      // stay, empty, so that the source maps still fit.
      for (const file of readdirSync('dist').filter((name) => name.endsWith('.js'))) {
        const text = readFileSync(`dist/${file}`, 'utf8');
        writeFileSync(`dist/${file}`, text.replaceAll(/^import "\.\/chunk-\w+\.js";$/gm, ''));
      }
    },
  },
  // The inspector, with its WebSocket server inside.
  {
    ...common,
    entry: { index: 'src/inspect/index.ts' },
    outDir: 'dist/inspect',
    external: [/^toolfuse/],
    noExternal: ['ws'],
    banner: portableBanner,
    define: withoutNativeParts,
    esbuildPlugins: [embedPage],
  },
  // What a browser gets of it: the same without the server.
  {
    ...common,
    entry: { browser: 'src/inspect/browser.ts' },
    outDir: 'dist/inspect',
    external: [/^toolfuse/],
    platform: 'browser',
  },
  // The inspector of XState v4, with that XState inside, for Node.js and for browsers.
  {
    ...classic,
    entry: { index: 'src/inspect/classic/index.ts' },
    banner: { js: `${classicNotice}${banner.js}` },
  },
  {
    ...classic,
    entry: { browser: 'src/inspect/classic/browser.ts' },
    platform: 'browser',
    banner: { js: classicNotice },
  },
  // Its page, with all that it needs.
  {
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    entry: { page: 'src/inspect/page/main.tsx' },
    outDir: 'dist/inspect/page',
    noExternal: [/./],
    minify: true,
    splitting: false,
    esbuildOptions: withoutLegalComments,
    publicDir: 'src/inspect/page/static',
  },
  // The command, with what it needs inside, so that `npx toolfuse` installs little else, and that a start reads few files.
  {
    ...common,
    entry: { index: 'src/cli/index.ts' },
    outDir: 'dist/cli',
    async onSuccess() {
      const groups = [
        { name: 'index', from: ['index'] },
        { name: 'command', from: ['commands', 'hook'] },
        // Without the library: the server starts once the options are read.
        { name: 'options', from: ['mcp'] },
        { name: 'library', from: ['decide'] },
        { name: 'proxy', from: ['serve-mcp'] },
      ];
      await mergeChunks('dist/cli', 'index.js', groups, { 'toolfuse/inspect': '../inspect/index.js' });
      writeFileSync('dist/mcp.schema.json', `${JSON.stringify(configSchema, null, 2)}\n`);
    },
    external: [/^toolfuse\/inspect$/],
    noExternal: [/^(?!toolfuse\/inspect$)/],
    esbuildOptions: withoutLegalComments,
  },
];

const licenses = thirdPartyLicenses();

export default defineConfig(
  builds.map((build) => ({ ...build, esbuildPlugins: [...(build.esbuildPlugins ?? []), licenses] })),
);
