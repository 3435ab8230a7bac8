/**
 * Real MCP servers: those of scripts/servers/package.json, and how to start each. All look at their arguments before they reach for
 * anything, so that what they say is the same with and without a network.
 */
export interface RealServer {
  /** The name of its package. */
  readonly name: string;
  /** What it is written with. */
  readonly writtenWith: string;
  /** The name of its program, and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
}

const ofTypeScript = 'TypeScript';

export const realServers: readonly RealServer[] = [
  { name: 'kubernetes-mcp-server', writtenWith: 'Go', command: ['kubernetes-mcp-server'] },
  { name: '@azure/mcp', writtenWith: 'C#', command: ['azmcp', 'server', 'start'] },
  { name: '@eslint/mcp', writtenWith: ofTypeScript, command: ['mcp'] },
  { name: 'mongodb-mcp-server', writtenWith: ofTypeScript, command: ['mongodb-mcp-server'] },
  {
    name: 'figma-developer-mcp',
    writtenWith: ofTypeScript,
    command: ['figma-developer-mcp', '--stdio', '--figma-api-key', 'x'],
  },
  { name: '@upstash/context7-mcp', writtenWith: ofTypeScript, command: ['context7-mcp'] },
  {
    name: 'chrome-devtools-mcp',
    writtenWith: ofTypeScript,
    command: ['chrome-devtools-mcp', '--headless', '--no-usage-statistics'],
  },
  { name: '@wonderwhy-er/desktop-commander', writtenWith: ofTypeScript, command: ['desktop-commander'] },
  {
    name: 'firecrawl-mcp',
    writtenWith: ofTypeScript,
    command: ['firecrawl-mcp'],
    env: { FIRECRAWL_API_KEY: 'fc-x' },
  },
  {
    name: '@modelcontextprotocol/server-github',
    writtenWith: ofTypeScript,
    command: ['mcp-server-github'],
    env: { GITHUB_PERSONAL_ACCESS_TOKEN: 'x' },
  },
  {
    name: '@modelcontextprotocol/server-brave-search',
    writtenWith: ofTypeScript,
    command: ['mcp-server-brave-search'],
    env: { BRAVE_API_KEY: 'x' },
  },
  {
    name: '@modelcontextprotocol/server-gitlab',
    writtenWith: ofTypeScript,
    command: ['mcp-server-gitlab'],
    env: { GITLAB_PERSONAL_ACCESS_TOKEN: 'x' },
  },
  { name: 'mcp-obsidian', writtenWith: ofTypeScript, command: ['mcp-obsidian', '.'] },
  { name: '@cyanheads/git-mcp-server', writtenWith: ofTypeScript, command: ['git-mcp-server'] },
  {
    name: '@modelcontextprotocol/server-filesystem',
    writtenWith: ofTypeScript,
    command: ['mcp-server-filesystem', '.'],
  },
  { name: '@modelcontextprotocol/server-memory', writtenWith: ofTypeScript, command: ['mcp-server-memory'] },
  {
    name: '@modelcontextprotocol/server-sequential-thinking',
    writtenWith: ofTypeScript,
    command: ['mcp-server-sequential-thinking'],
  },
];
