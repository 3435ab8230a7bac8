/** A set of packages that are installed together, apart from this repository's own. */
export interface Install {
  /** The packages, each at one version. */
  readonly packages: Readonly<Record<string, string>>;
  /** The set that has the Node.js to run it with. Default: the Node.js that runs the tests. */
  readonly node?: 'node-22';
  /** Whether the packages may run their install scripts: only the package `node` has to. */
  readonly scripts?: boolean;
  /** False to leave out what the packages can do without, such as the program of Claude Code for this machine. */
  readonly optional?: boolean;
  /**
   * True for a set that takes so long to install that it is left out, and its tests are skipped, until somebody asks for it:
   * `npm run frameworks -- NAME`.
   */
  readonly onRequest?: boolean;
}

/**
 * What the adapters are tested with: the newest version of each framework and the lowest that is supported. A change here
 * installs anew.
 */
export const installs = {
  'node-22': { packages: { node: '22.23.3' }, scripts: true },
  'ai-5-lowest': { packages: { ai: '5.0.11', zod: '3.25.76' } },
  'ai-5': { packages: { ai: '5.0.277', zod: '4.6.7' } },
  'ai-6': { packages: { ai: '6.0.326', zod: '4.6.7' } },
  'ai-7': { packages: { ai: '7.0.173', zod: '4.6.7' }, node: 'node-22' },
  'langchain-lowest': {
    packages: {
      langchain: '1.1.0',
      '@langchain/core': '1.4.0',
      '@langchain/langgraph': '1.7.3',
      zod: '4.6.7',
    },
  },
  langchain: {
    packages: {
      langchain: '1.5.14',
      '@langchain/core': '1.4.0',
      '@langchain/langgraph': '1.7.3',
      zod: '4.6.7',
    },
  },
  'claude-agent': {
    packages: { '@anthropic-ai/claude-agent-sdk': '0.3.332', zod: '4.6.7' },
    optional: false,
  },
  // The same with the program of Claude Code for this machine: 450 MB.
  'claude-code': {
    packages: { '@anthropic-ai/claude-agent-sdk': '0.3.332', zod: '4.6.7' },
    onRequest: true,
  },
  'openai-agents': { packages: { '@openai/agents': '0.20.0', zod: '4.6.7' } },
  anthropic: { packages: { '@anthropic-ai/sdk': '1.14.0', zod: '4.6.7' } },
  genai: { packages: { '@google/genai': '3.3.0' }, node: 'node-22' },
  // Its optional dependencies are those of Firebase and, which it cannot do without, a validator.
  genkit: { packages: { genkit: '1.42.0', '@cfworker/json-schema': '4.1.1' }, optional: false },
  mastra: { packages: { '@mastra/core': '1.71.0', zod: '4.6.7' }, node: 'node-22' },
  strands: { packages: { '@strands-agents/sdk': '1.19.0', zod: '4.6.7' }, node: 'node-22' },
  adk: { packages: { '@google/adk': '2.0.0', zod: '4.6.7' }, optional: false, onRequest: true },
  voltagent: {
    packages: { '@voltagent/core': '2.10.0', '@voltagent/logger': '2.0.2', ai: '6.0.326', zod: '4.6.7' },
    optional: false,
    onRequest: true,
  },
  // The official conformance suite of MCP.
  conformance: { packages: { '@modelcontextprotocol/conformance': '0.2.0-alpha.12' }, node: 'node-22' },
  // The SDK that `toolfuse mcp` sends to a collector with; the newest that Node.js 20 can run.
  opentelemetry: {
    packages: { '@opentelemetry/sdk-node': '0.223.0', '@opentelemetry/api': '1.9.1' },
    optional: false,
  },
  // What bundles apps that show the page of the inspector.
  webpack: { packages: { webpack: '5.113.0' } },
  // 340 MB, most of it its compiler.
  next: { packages: { next: '16.4.6', react: '19.2.0', 'react-dom': '19.2.0' }, onRequest: true },
  // What the recipes in docs/recipes.md are run with.
  web: {
    packages: {
      express: '5.3.0',
      '@types/express': '5.0.6',
      fastify: '5.12.8',
      'p-retry': '7.1.0',
      cockatiel: '4.0.0',
    },
  },
} as const satisfies Readonly<Record<string, Install>>;

export type InstallName = keyof typeof installs;
