import { writeFileSync } from 'node:fs';
import { defineConfig } from 'tsup';
import { configSchema } from './src/proxy/options/schema.ts';

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
    async onSuccess() {
      writeFileSync('dist/mcp.schema.json', `${JSON.stringify(configSchema, null, 2)}\n`);
    },
    external: [/^toolfuse/],
    noExternal: [/^(?!toolfuse)/],
    // Bundled CommonJS modules ask for Node's own by `require`.
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
  },
]);
