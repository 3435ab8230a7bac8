import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** `@xstate/inspect` is of XState v4, which is installed by another name: the bundle of it is made likewise. */
const xstate4ForItsInspector = {
  name: 'xstate-4-for-its-inspector',
  enforce: 'pre',
  resolveId: (id: string, importer?: string) =>
    id === 'xstate' && importer?.includes('@xstate/inspect')
      ? source('node_modules/xstate-v4/es/index.js')
      : undefined,
} as const;

export default defineConfig({
  plugins: [xstate4ForItsInspector],
  resolve: {
    alias: [
      { find: /^toolfuse$/, replacement: source('src/index.ts') },
      { find: /^toolfuse\/inspect$/, replacement: source('src/inspect/index.ts') },
      { find: /^toolfuse\/machines$/, replacement: source('machines/index.ts') },
      { find: /^toolfuse\/mcp$/, replacement: source('src/mcp/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    expect: { poll: { timeout: 5_000 } },
    // What is built is run as it is, and not from its sources.
    server: { deps: { inline: ['@xstate/inspect', 'xstate-v4'], external: [/\/dist\//] } },
    // A machine that is busy with other things takes its time.
    testTimeout: 30_000,
    // Many tests wait for other processes: one worker more than there are cores would be idle else.
    maxWorkers: availableParallelism() + 1,
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'] },
  },
});
