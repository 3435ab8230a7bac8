import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

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

/** Vitest takes large files first, where it does not know yet how long they take: the soak is small, and takes longest. */
class SoakFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSoak = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith('/soak.test.ts');
    const sorted = await super.sort(files);
    return [...sorted.filter(isSoak), ...sorted.filter((file) => !isSoak(file))];
  }
}

export default defineConfig({
  plugins: [xstate4ForItsInspector],
  resolve: {
    alias: [
      { find: /^toolfuse$/, replacement: source('src/index.ts') },
      { find: /^toolfuse\/inspect$/, replacement: source('src/inspect/index.ts') },
      { find: /^toolfuse\/machines$/, replacement: source('machines/index.ts') },
      { find: /^toolfuse\/mcp$/, replacement: source('src/mcp/index.ts') },
      { find: /^toolfuse\/testing$/, replacement: source('src/testing/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    sequence: { sequencer: SoakFirst },
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
