import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
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
    server: { deps: { external: [/\/dist\//] } },
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'] },
  },
});
