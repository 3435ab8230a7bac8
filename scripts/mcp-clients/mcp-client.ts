import { claudeCodeEnvironment } from '../../test/support/claude-code-environment.ts';

/** A real client of MCP servers, driven as its user drives it: by its own commands, with a home of its own. */
export interface McpClient {
  /** As toolfuse calls it. */
  readonly id: string;
  readonly title: string;
  readonly packageName: string;
  readonly version: string;
  /** The words that start it, in the folder where it is installed. */
  readonly program: (folder: string) => readonly string[];
  /** The variables of its environment besides the usual ones. */
  readonly environment: (model: string) => Readonly<Record<string, string>>;
  /** Its configuration, below the home of its user. */
  readonly file: string;
  /** What its configuration holds before it has a server; nothing by default. */
  readonly begin?: (model: string) => string;
  /** Its own command that adds a server, or what a user writes by hand where it has none. */
  readonly add: (server: ServerToAdd) => readonly string[] | { readonly text: string };
  /** Its command that lists servers, and what that says of one of them; undefined where it has none. */
  readonly list: ListOfServers | undefined;
  /** Asks the model once, without a person. */
  readonly run: (model: string) => readonly string[];
  /** Whether it rewrites its configuration whenever it runs, so that no bytes can be compared then. */
  readonly rewrites?: true;
}

interface ListOfServers {
  readonly words: readonly string[];
  /** What it says of a server that is there, and of one that is not. Codex starts none, and says what is configured. */
  readonly connected: RegExp;
  readonly failed: RegExp;
}

/** The key that the server with a URL wants. */
export const pagesKey = 'key-of-pages';

/** The variable that Codex reads it from. */
const pagesVariable = 'PAGES_KEY';

export interface ServerToAdd {
  readonly name: string;
  /** A command, or a URL. */
  readonly command: readonly string[] | undefined;
  readonly url: string | undefined;
}

const prompt = 'Look it up.';

/** Where the package has put its program for this machine. */
const platform = `${process.platform}-${process.arch}`;

const claudeCode: McpClient = {
  id: 'claude-code',
  title: 'Claude Code',
  packageName: '@anthropic-ai/claude-code',
  version: '2.1.332',
  program: (folder) => [`${folder}/node_modules/@anthropic-ai/claude-code-${platform}/claude`],
  environment: claudeCodeEnvironment,
  file: '.claude.json',
  add: ({ name, command, url }) => {
    const scope = ['mcp', 'add', '--scope', 'user'];
    if (command !== undefined) return [...scope, name, '--', ...command];
    return [
      ...scope,
      '--transport',
      'http',
      name,
      url ?? '',
      '--header',
      `Authorization: Bearer ${pagesKey}`,
    ];
  },
  list: { words: ['mcp', 'list'], connected: /Connected/, failed: /Failed/ },
  run: () => ['-p', prompt, '--allowed-tools', 'mcp__notes', 'mcp__pages', 'Bash'],
  rewrites: true,
};

const codex: McpClient = {
  id: 'codex',
  title: 'Codex',
  packageName: '@openai/codex',
  version: '0.171.0',
  program: (folder) => [process.execPath, `${folder}/node_modules/@openai/codex/bin/codex.js`],
  environment: () => ({ [pagesVariable]: pagesKey }),
  file: '.codex/config.toml',
  begin: (model) => `model = "fake"
model_provider = "fake"   # a server of this test

[model_providers.fake]
name = "fake"
base_url = "${model}/v1"
wire_api = "responses"
`,
  add: ({ name, command, url }) =>
    command === undefined
      ? ['mcp', 'add', name, '--url', url ?? '', '--bearer-token-env-var', pagesVariable]
      : ['mcp', 'add', name, '--', ...command],
  list: { words: ['mcp', 'list'], connected: /enabled/, failed: /enabled/ },
  run: () => ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', prompt],
};

const gemini: McpClient = {
  id: 'gemini',
  title: 'Gemini CLI',
  packageName: '@google/gemini-cli',
  version: '0.61.0',
  program: (folder) => [process.execPath, `${folder}/node_modules/.bin/gemini`],
  environment: (model) => ({
    GOOGLE_GEMINI_BASE_URL: model,
    GEMINI_API_KEY: 'none',
    GEMINI_CLI_TRUST_WORKSPACE: 'true',
  }),
  file: '.gemini/settings.json',
  begin: () => `{
  // How to sign in.
  "security": { "auth": { "selectedType": "gemini-api-key" } },
  "privacy": { "usageStatisticsEnabled": false }
}
`,
  add: ({ name, command, url }) => {
    const scope = ['mcp', 'add', '--scope', 'user'];
    if (command !== undefined) return [...scope, name, ...command];
    return [...scope, '--transport', 'http', name, url ?? '', '-H', `Authorization: Bearer ${pagesKey}`];
  },
  list: { words: ['mcp', 'list'], connected: /Connected/, failed: /Disconnected/ },
  run: () => ['--yolo', '-m', 'gemini-2.5-flash', '-p', prompt],
};

const opencode: McpClient = {
  id: 'opencode',
  title: 'opencode',
  packageName: 'opencode-ai',
  version: '1.18.33',
  program: (folder) => [`${folder}/node_modules/opencode-${platform}/bin/opencode`],
  environment: () => ({ OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_AUTOUPDATE: '1' }),
  file: '.config/opencode/opencode.jsonc',
  begin: (model) => `{
  // A server of this test.
  "provider": {
    "fake": {
      "npm": "@ai-sdk/openai-compatible",
      "options": { "baseURL": "${model}/v1", "apiKey": "none" },
      "models": { "fake": {} },
    },
  },
}
`,
  add: ({ name, command, url }) =>
    command === undefined
      ? ['mcp', 'add', name, '--url', url ?? '', '--header', `Authorization=Bearer ${pagesKey}`]
      : ['mcp', 'add', name, '--', ...command],
  list: { words: ['mcp', 'list'], connected: /connected/, failed: /failed/ },
  run: () => ['run', '-m', 'fake/fake', prompt],
};

const continueCli: McpClient = {
  id: 'continue',
  title: 'Continue',
  packageName: '@continuedev/cli',
  version: '1.5.47',
  program: (folder) => [process.execPath, `${folder}/node_modules/.bin/cn`],
  environment: () => ({ CONTINUE_TELEMETRY_ENABLED: '0' }),
  file: '.continue/config.yaml',
  begin: (model) => `name: mine
version: 1.0.0
schema: v1
models:
  - name: fake # a server of this test
    provider: openai
    model: fake
    apiKey: none
    apiBase: ${model}/v1
    roles: [chat]
mcpServers:
`,
  add: ({ name, command: [program, ...args] = [], url }) => ({
    text:
      url === undefined
        ? `  - name: ${name}\n    command: ${program}\n    args:\n${args.map((word) => `      - ${word}\n`).join('')}`
        : `  - name: ${name}\n    type: streamable-http\n    url: ${url}\n`,
  }),
  list: undefined,
  run: () => ['-p', '--auto', prompt],
};

/** The clients that can be had from npm, at the versions that the table was made with. */
export const mcpClients: readonly McpClient[] = [claudeCode, codex, gemini, opencode, continueCli];
