import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^toolfuse$/, replacement: source('src/index.ts') },
      { find: /^toolfuse\/machines$/, replacement: source('machines/index.ts') },
      { find: /^toolfuse\/mcp$/, replacement: source('src/mcp/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // A machine that is busy with other things takes its time.
    testTimeout: 30_000,
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'] },
  },
});
