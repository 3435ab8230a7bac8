import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^toolfuse$/, replacement: source('src/index.ts') },
      { find: /^toolfuse\/inspect$/, replacement: source('src/inspect/index.ts') },
      { find: /^toolfuse\/machines$/, replacement: source('machines/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'] },
  },
});
