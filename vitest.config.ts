import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { hungMs } from './test/support/hung.ts';

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

/** Tests that start programs. The negative patterns name what starts none: a process for each file takes longer than its tests. */
const withPrograms = [
  'test/!(licenses|peer-rules|size|source-maps).test.ts',
  'test/frameworks/*.test.ts',
  'test/examples/**/*.test.ts',
  'test/src/cli/{inspect,mcp,start}.test.ts',
  'test/src/cli/hook/command.test.ts',
  'test/src/cli/doctor/*.test.ts',
  'test/src/cli/wrap/packed.test.ts',
  'test/src/ai/sdk.test.ts',
  'test/src/langchain/langchain.test.ts',
  'test/src/openai-agents/openai-agents.test.ts',
  'test/src/mcp/real-servers.test.ts',
  'test/src/fleet/{real-,faults,failover,demo}*.test.ts',
  'test/src/proxy/!(absent-tools|log|server-name).test.ts',
  'test/src/proxy/client/!(gate|stdio-client).test.ts',
  'test/src/proxy/server/!(advice|client-era|forgotten-session|run-start|secrets|server-link).test.ts',
  'test/src/proxy/state/!(replace-file|server-identity).test.ts',
  'test/src/proxy/!(client|options|record|server|session|state|status|steps|wire)/**/*.test.ts',
  'test/src/inspect/!(ledger|options|plain-value|registry-source|ring|state-text).test.ts',
  'test/src/time/process.test.ts',
  'test/src/classify/real-errors.test.ts',
  'test/src/prometheus/real/*.test.ts',
];
const inBrowser = ['test/src/inspect/{page,classic}/*.test.ts', 'test/src/inspect/browser.test.ts'];

/** The files that take longest, most of the time for one thing after another: begun late, they would end alone. */
const longest = [
  '/examples/demo',
  '/test/types',
  '/conformance-suite',
  '/proxy/eras',
  '/proxy/faults',
  '/cli/mcp',
  '/proxy/transparent',
  '/proxy/http-',
];

/** Keeps the files of a project together, so that workers are used again, and begins with those that take longest. */
class ByProject extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = ['programs', 'browser', 'pure'];
    const rank = ({ project, moduleId }: TestSpecification): number => {
      const place = longest.findIndex((part) => moduleId.includes(part));
      return order.indexOf(project.name) * 100 + (place === -1 ? longest.length : place);
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  plugins: [xstate4ForItsInspector],
  resolve: {
    alias: [
      {
        find: '@langchain/core/messages',
        replacement: source('test/src/langchain/fixtures/no-messages.ts'),
      },
      { find: /^toolfuse$/, replacement: source('src/index.ts') },
      { find: /^toolfuse\/ai$/, replacement: source('src/ai/index.ts') },
      { find: /^toolfuse\/claude-agent$/, replacement: source('src/claude-agent/index.ts') },
      { find: /^toolfuse\/fleet$/, replacement: source('src/fleet/index.ts') },
      { find: /^toolfuse\/inspect$/, replacement: source('src/inspect/index.ts') },
      { find: /^toolfuse\/langchain$/, replacement: source('src/langchain/index.ts') },
      { find: /^toolfuse\/machines$/, replacement: source('machines/index.ts') },
      { find: /^toolfuse\/mcp$/, replacement: source('src/mcp/index.ts') },
      { find: /^toolfuse\/openai-agents$/, replacement: source('src/openai-agents/index.ts') },
      { find: /^toolfuse\/opentelemetry$/, replacement: source('src/opentelemetry/index.ts') },
      { find: /^toolfuse\/prometheus$/, replacement: source('src/prometheus/index.ts') },
      { find: /^toolfuse\/testing$/, replacement: source('src/testing/index.ts') },
      { find: /^toolfuse\/tools$/, replacement: source('src/tools/index.ts') },
    ],
  },
  test: {
    sequence: { sequencer: ByProject },
    maxWorkers: availableParallelism() + 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'programs',
          include: withPrograms,
          exclude: inBrowser,
          pool: 'forks',
          // Each in a process of its own: what one leaves behind, fake timers above all, would hang the next.
          isolate: true,
          globalSetup: 'test/support/programs.ts',
        },
      },
      { extends: true, test: { name: 'browser', include: inBrowser, pool: 'forks', isolate: false } },
      {
        extends: true,
        test: {
          name: 'pure',
          include: ['test/**/*.test.ts'],
          exclude: [...withPrograms, ...inBrowser],
          pool: 'threads',
          isolate: false,
        },
      },
    ],
    // Limits for tests that hang, not for slow ones. A wait inside a test gives up first, and says what it waited for.
    testTimeout: 2 * hungMs,
    hookTimeout: 2 * hungMs,
    expect: { poll: { timeout: hungMs } },
    // What is built is run as it is, and not from its sources.
    server: { deps: { inline: ['@xstate/inspect', 'xstate-v4'], external: [/\/dist\//] } },
  },
});
