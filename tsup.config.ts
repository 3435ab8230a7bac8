import { defineConfig } from 'tsup';

const common = { format: 'esm', target: 'node20' } as const;

export default defineConfig([
  // The library: it runs wherever xstate does.
  {
    ...common,
    entry: { index: 'src/index.ts', machines: 'machines/index.ts', mcp: 'src/mcp/index.ts' },
    dts: true,
  },
  // The command, with what it needs beyond the library inside, so that `npx toolfuse` installs nothing else.
  {
    ...common,
    entry: { index: 'src/cli/index.ts' },
    outDir: 'dist/cli',
    external: [/^toolfuse/],
    noExternal: [/^(?!toolfuse)/],
    // Bundled CommonJS modules ask for Node's own by `require`.
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
  },
]);
